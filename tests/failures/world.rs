//! The database that most of these tests start with, and what is promised while it fails.

use std::time::Duration;

use aftermatch_test_support::{Client, import, worlds};
use serde_json::Value;
use tokio::time::timeout;

/// A request is answered within this time, whatever the database does.
pub const PROMISE: Duration = Duration::from_secs(3);

/// Users 1 to this one have a brand each, and all of them are in all rooms.
pub const AUTHORS: i64 = 10;
/// Rooms 1 to this one.
pub const ROOMS: i64 = 6;

/// Migrates the database behind `url` and imports that world.
pub async fn prepare(url: &str) {
    import(url, &worlds::many_members(AUTHORS, ROOMS)).await;
}

/// Sends an action while the database is out of reach. It must be refused as promised.
pub async fn expect_unavailable(client: &mut Client, action: Value) {
    let refused = client.expect_refusal(action.clone(), 503, "unavailable");
    let in_time = timeout(PROMISE, refused).await;
    in_time.unwrap_or_else(|_| panic!("no response in time: {action}"));
}
