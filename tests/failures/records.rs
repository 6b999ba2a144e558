//! What the database holds.

use aftermatch_test_support::{PROGRAM_TIMEOUT, Platform};
use sqlx::FromRow;
use tokio::time::timeout;

use crate::world::ROOMS;

/// A stored message.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Record {
    pub id: i64,
    pub room_id: i64,
    pub user_id: i64,
    pub seq: i64,
    pub text: String,
}

/// All messages of a database in which nothing was deleted, by room and number.
pub async fn records(platform: &Platform) -> Vec<Record> {
    let select = "SELECT id, room_id, user_id, seq, text FROM messages ORDER BY room_id, seq";
    let records = sqlx::query_as(select).fetch_all(platform.pool()).await;
    records.expect("the messages")
}

/// Checks that the messages of each room are numbered 1, 2, … without a gap, up to the
/// last number of the room. Only for rooms whose events all created messages. Returns the
/// last numbers, from room 1 on.
pub async fn gapless(platform: &Platform) -> Vec<i64> {
    let records = records(platform).await;
    let rooms = sqlx::query_scalar("SELECT last_seq FROM rooms ORDER BY id");
    let last: Vec<i64> = rooms.fetch_all(platform.pool()).await.expect("the rooms");
    for (room, &last) in (1..=ROOMS).zip(&last) {
        let seqs = records.iter().filter(|record| record.room_id == room);
        let seqs: Vec<_> = seqs.map(|record| record.seq).collect();
        assert!(
            seqs.iter().copied().eq(1..=last),
            "room {room}: {seqs:?}, last {last}"
        );
    }
    last
}

/// Waits until no program is connected: the statements of a killed one have ended.
pub async fn no_connections(platform: &Platform) {
    let count = "SELECT count(*) FROM pg_stat_activity
        WHERE application_name = 'aftermatch' AND datname = current_database()";
    let disconnected = async {
        let count = || sqlx::query_scalar::<_, i64>(count).fetch_one(platform.pool());
        while count().await.expect("a number") > 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PROGRAM_TIMEOUT, disconnected)
        .await
        .expect("they are closed in time");
}
