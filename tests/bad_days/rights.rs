//! The platform takes rights away by SQL, while there is always something to hear.

use std::{net::SocketAddr, time::Duration};

use aftermatch_testdb::{Platform, fresh};
use serde_json::{Value, json};
use tokio::time::{Instant, interval, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

use crate::{
    client::Client,
    service::{PATIENCE, Service, create, import, token, world},
    socket::Socket,
};

/// Two seconds are what is promised; the third is for machines that are slow.
const SOON: Duration = Duration::from_secs(3);

/// An author writes so often.
const PACE: Duration = Duration::from_millis(10);

/// What is taken from whom, and what comes of it.
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
async fn what_is_sent_two_seconds_after_a_right_was_taken_is_not_heard() {
    let database = fresh().await;
    let mut world = world(7, 2);
    world["users"][2]["admin"] = json!(true);
    // Administrators write here.
    world["brands"][0]["tariff"] = json!("business");
    world["brands"][0]["tariff_until"] = json!("2099-01-01T00:00:00Z");
    // The sixth brand is no participant.
    world["rooms"][0]["participants"] = json!([101, 102, 104, 105, 107]);
    import(database.url(), &world).await;
    let platform = Platform::connect(database.url()).await;
    let service = Service::serving(database.url()).await;
    let address = service.address().await;

    let (begun, stop) = (Instant::now(), CancellationToken::new());
    let author = tokio::spawn(write(address, 1, begun, stop.clone()));
    // Nobody stops this one: it is refused, as its room is gone.
    let refused_author = tokio::spawn(write(address, 2, begun, CancellationToken::new()));
    let mut evicted = Vec::new();
    for case in &CASES {
        let (listener, mut writer) = (case.joined(address).await, case.joined(address).await);
        let listening = tokio::spawn(listen(listener));
        writer.hear().await;
        let taken = sqlx::query(case.sql).execute(platform.pool()).await;
        taken.expect("the right is taken");
        let taken = begun.elapsed();

        let refused = refused(&mut writer, create("too late"));
        timeout(PATIENCE, refused).await.expect("an answer in time");
        let heard = timeout(PATIENCE, listening).await;
        let (end, last, listener) = heard.expect("an end in time").expect("it ends well");
        assert_eq!(end, case.end, "{}", case.sql);
        assert!(last < taken + SOON, "{}: {taken:?}, {last:?}", case.sql);
        if matches!(end, End::RoomClosed(_)) {
            evicted.push(listener);
        }
    }
    let end = timeout(PATIENCE, refused_author).await;
    end.expect("an answer in time").expect("it ends well");
    stop.cancel();
    author.await.expect("it ends well");
    for listener in &mut evicted {
        listener.hears_nothing().await;
    }
    let count = "SELECT count(*) FROM messages WHERE text = 'too late'";
    let count = sqlx::query_scalar::<_, i64>(count).fetch_one(platform.pool());
    assert_eq!(count.await.expect("a number"), 0);
}

impl Case {
    async fn joined(&self, address: SocketAddr) -> Client {
        let mut client = Client::connect(address, self.path, &token(self.user)).await;
        let join = json!({"action": "join_room", "room_pk": self.room});
        assert_eq!(client.ask(join).await["response_status"], 200);
        client
    }
}

/// Writes what time it is, until it is stopped or refused.
async fn write(address: SocketAddr, room: i64, begun: Instant, stop: CancellationToken) {
    let mut socket = Socket::open(address, 1).await.expect("a connection");
    let join = json!({"action": "join_room", "room_pk": room, "request_id": "join"});
    socket.send(&join).await.expect("a connection");
    let mut pace = interval(PACE);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = pace.tick() => {
                let mut now = create(&begun.elapsed().as_millis().to_string());
                now["request_id"] = json!("now");
                socket.send(&now).await.expect("a connection");
            }
            frame = socket.next() => {
                let frame = frame.expect("a connection");
                if frame["request_id"] == "now" && frame["response_status"] != 201 {
                    assert_eq!(room, 2, "{frame}");
                    return;
                }
            }
        }
    }
}

/// Listens until it is sent away: how, and when what it heard last was sent.
async fn listen(mut client: Client) -> (End, Duration, Client) {
    let mut last = 0;
    loop {
        let text = match client.frame().await {
            Message::Close(close) => {
                let code = close.expect("a code").code.into();
                return (End::Closed(code), Duration::from_millis(last), client);
            }
            other => other.into_text().expect("a text frame"),
        };
        let frame: Value = serde_json::from_str(&text).expect("JSON");
        if frame["action"] == "room_closed" {
            let reasons = ["brand_removed", "brand_lost", "room_removed"];
            let reason = reasons
                .into_iter()
                .find(|reason| frame["data"]["reason"] == *reason);
            let end = End::RoomClosed(reason.expect("a reason"));
            return (end, Duration::from_millis(last), client);
        }
        assert_eq!(frame["action"], "create_message", "{frame}");
        let sent = frame["data"]["text"].as_str().map(str::parse);
        last = sent.expect("a text").expect("a time");
    }
}

/// Asks for something that is refused, if only by being closed.
async fn refused(client: &mut Client, action: Value) {
    let id = client.request(action).await;
    loop {
        let Message::Text(text) = client.frame().await else {
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
