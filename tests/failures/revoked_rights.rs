//! The platform takes rights away by SQL during a constant flow of messages.

use std::{net::SocketAddr, time::Duration};

use aftermatch_test_support::{
    Client, PROGRAM_TIMEOUT, Platform, Program, create, fresh, import, token_for, worlds,
};
use serde_json::{Value, json};
use tokio::time::{interval, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

/// How soon a client must have been removed: two seconds are promised, and machines are
/// slow.
const BOUND: Duration = Duration::from_secs(3);

/// The time between two messages of an author.
const WRITE_INTERVAL: Duration = Duration::from_millis(10);

/// A right that is taken, and how its owner's connection ends.
struct Case {
    sql: &'static str,
    user: i64,
    path: &'static str,
    room: i64,
    end: End,
}

#[derive(Debug, PartialEq, Eq)]
enum End {
    Closed(u16),
    RoomClosed(&'static str),
}

const CASES: [Case; 5] = [
    Case {
        sql: "UPDATE users SET active = false WHERE id = 2",
        user: 2,
        path: "/ws/chat/",
        room: 1,
        end: End::Closed(4401),
    },
    Case {
        sql: "UPDATE users SET admin = false WHERE id = 3",
        user: 3,
        path: "/ws/admin-chat/",
        room: 1,
        end: End::Closed(4403),
    },
    Case {
        sql: "DELETE FROM participants WHERE room_id = 1 AND brand_id = 104",
        user: 4,
        path: "/ws/chat/",
        room: 1,
        end: End::RoomClosed("brand_removed"),
    },
    Case {
        sql: "UPDATE brands SET user_id = 11 - user_id WHERE user_id IN (5, 6)",
        user: 5,
        path: "/ws/chat/",
        room: 1,
        end: End::RoomClosed("brand_lost"),
    },
    Case {
        sql: "DELETE FROM rooms WHERE id = 2",
        user: 7,
        path: "/ws/chat/",
        room: 2,
        end: End::RoomClosed("room_removed"),
    },
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn revoked_right_ends_delivery_within_promise() {
    let database = fresh().await;
    let mut world = worlds::many_members(7, 2);
    world["users"][2]["admin"] = json!(true);
    // Administrators may write in this room.
    world["brands"][0]["tariff"] = json!("business");
    world["brands"][0]["tariff_until"] = json!("2099-01-01T00:00:00Z");
    // The sixth brand is no participant.
    world["rooms"][0]["participants"] = json!([101, 102, 104, 105, 107]);
    import(database.url(), &world).await;
    let platform = Platform::connect(database.url()).await;
    let service = Program::serving(database.url()).await;
    let address = service.address().await;

    let stop = CancellationToken::new();
    let author = tokio::spawn(write(address, 1, stop.clone()));
    // Nobody stops this author: it is refused when its room is removed.
    let refused_author = tokio::spawn(write(address, 2, CancellationToken::new()));
    let mut evicted = Vec::new();
    for case in &CASES {
        let (listener, mut writer) = (case.joined(address).await, case.joined(address).await);
        let listening = tokio::spawn(listen(listener));
        writer.receive().await;
        let taken = sqlx::query(case.sql).execute(platform.pool()).await;
        taken.expect("the right is taken");
        let (removed, ()) = tokio::join!(
            timeout(BOUND, listening),
            refused(&mut writer, create("too late"))
        );
        let (end, listener) = removed.expect("removed in time").expect("no panic");
        assert_eq!(end, case.end, "{}", case.sql);
        if matches!(end, End::RoomClosed(_)) {
            evicted.push(listener);
        }
    }
    let end = timeout(PROGRAM_TIMEOUT, refused_author).await;
    end.expect("a response in time").expect("no panic");
    stop.cancel();
    author.await.expect("no panic");
    for listener in &mut evicted {
        listener.expect_silence().await;
    }
    let count = "SELECT count(*) FROM messages WHERE text = 'too late'";
    let count = sqlx::query_scalar::<_, i64>(count).fetch_one(platform.pool());
    assert_eq!(count.await.expect("a number"), 0);
}

impl Case {
    async fn joined(&self, address: SocketAddr) -> Client {
        let mut client = Client::connect(address, self.path, &token_for(self.user)).await;
        let join = json!({"action": "join_room", "room_pk": self.room});
        assert_eq!(client.request(join).await["response_status"], 200);
        client
    }
}

/// Writes at a steady pace until it is stopped or refused.
async fn write(address: SocketAddr, room: i64, stop: CancellationToken) {
    let mut client = Client::connect(address, "/ws/chat/", &token_for(1)).await;
    let join = json!({"action": "join_room", "room_pk": room, "request_id": "join"});
    client.try_send(&join).await.expect("a connection");
    let mut next = create("on and on");
    next["request_id"] = json!("next");
    let mut ticks = interval(WRITE_INTERVAL);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => client.try_send(&next).await.expect("a connection"),
            frame = client.try_receive() => {
                let frame = frame.expect("a connection");
                if frame["request_id"] == "next" && frame["response_status"] != 201 {
                    assert_eq!(room, 2, "{frame}");
                    return;
                }
            }
        }
    }
}

/// Receives messages until the client is removed. Returns how that happened.
async fn listen(mut client: Client) -> (End, Client) {
    loop {
        let text = match client.receive_frame().await {
            Message::Close(close) => {
                let code = close.expect("a code").code.into();
                return (End::Closed(code), client);
            }
            other => other.into_text().expect("a text frame"),
        };
        let frame: Value = serde_json::from_str(&text).expect("JSON");
        if frame["action"] == "room_closed" {
            let reasons = ["brand_removed", "brand_lost", "room_removed"];
            let mut reasons = reasons.into_iter();
            let reason = reasons.find(|reason| frame["data"]["reason"] == *reason);
            return (End::RoomClosed(reason.expect("a reason")), client);
        }
        assert_eq!(frame["action"], "create_message", "{frame}");
    }
}

/// Sends an action that must be refused. A closed connection counts as a refusal.
async fn refused(client: &mut Client, action: Value) {
    let id = client.send_action(action).await;
    loop {
        let Message::Text(text) = client.receive_frame().await else {
            return;
        };
        let frame: Value = serde_json::from_str(&text).expect("JSON");
        if frame["request_id"] == id {
            let status = frame["response_status"].as_u64().expect("a status");
            assert!((400..500).contains(&status), "{frame}");
            return;
        }
    }
}
