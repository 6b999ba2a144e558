//! A room that is frozen while its authors write.

use crate::support::{NO_REQUEST, draft, precondition, store, town, with_world};
use aftermatch_ports::{Messages, Outcome, Precondition};
use aftermatch_postgres::Postgres;
use aftermatch_testdb::Platform;

/// Writes as long as the precondition holds.
async fn write_on(store: &Postgres, precondition: Precondition) {
    loop {
        let written = store.create(precondition, draft("on and on", None), NO_REQUEST);
        match written.await.expect("an answer") {
            Outcome::Committed(_) => {}
            Outcome::Conflict => return,
        }
    }
}

async fn last_seq(platform: &Platform) -> i64 {
    let last = sqlx::query_scalar("SELECT last_seq FROM rooms WHERE id = 21");
    last.fetch_one(platform.pool()).await.expect("the room")
}

/// Authors whose writes were authorized before. Alone, and with one statement for several.
#[tokio::test]
async fn nothing_is_committed_after_room_is_frozen() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    let [ann, bob] = [
        precondition(&store, 21, 1).await,
        precondition(&store, 21, 2).await,
    ];
    let freeze = async {
        while last_seq(&platform).await < 20 {}
        let freeze = "UPDATE rooms SET frozen = true WHERE id = 21 RETURNING last_seq";
        let frozen_at = sqlx::query_scalar::<_, i64>(freeze).fetch_one(platform.pool());
        frozen_at.await.expect("the room is frozen")
    };
    let (frozen_at, ..) = tokio::join!(
        freeze,
        write_on(&store, ann),
        write_on(&store, ann),
        write_on(&store, bob)
    );
    assert_eq!(last_seq(&platform).await, frozen_at);
}
