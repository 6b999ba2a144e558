//! A room that is frozen while its authors write.

use std::cell::Cell;

use crate::support::{draft, precondition, store, town, with_world};
use aftermatch_ports::{CreateOne, Outcome, Precondition};
use aftermatch_postgres::Postgres;
use aftermatch_testdb::Platform;

/// Writes as long as the precondition holds: no longer than until the room is frozen.
async fn write_on(store: &Postgres, precondition: Precondition, is_frozen: &Cell<bool>) {
    loop {
        let is_late = is_frozen.get();
        let written = store.create_one(precondition, draft("on and on", None));
        match written.await.expect("an answer") {
            Outcome::Committed(_) => assert!(!is_late, "a write began after the freeze"),
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
    let is_frozen = Cell::new(false);
    let freeze = async {
        while last_seq(&platform).await < 20 {}
        let freeze = "UPDATE rooms SET frozen = true WHERE id = 21 RETURNING last_seq";
        let frozen_at = sqlx::query_scalar::<_, i64>(freeze).fetch_one(platform.pool());
        let frozen_at = frozen_at.await.expect("the room is frozen");
        is_frozen.set(true);
        frozen_at
    };
    let (frozen_at, ..) = tokio::join!(
        freeze,
        write_on(&store, ann, &is_frozen),
        write_on(&store, ann, &is_frozen),
        write_on(&store, bob, &is_frozen)
    );
    assert_eq!(last_seq(&platform).await, frozen_at);
}
