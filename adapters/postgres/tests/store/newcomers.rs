//! Processes that come, go, hang and come back.

use std::{sync::Arc, time::Duration};

use crate::{
    relay::{event, event_of},
    support::{options, store, town, with_world},
};
use aftermatch_ports::{
    Changes, Interest, Relay, RemoteEvent, Revisions, Urgency,
    model::{
        Author, ClientMsgId, EventKind, Message, MessageId, Profile, RequestId, Revision,
        RoomEvent, RoomId, Seq, Text, UserId,
    },
};
use aftermatch_postgres::{Options, Postgres};
use aftermatch_testdb::{Database, Platform, Proxy};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{sleep, timeout},
};

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(30);

/// A process that receives all the time, and wants room 21.
pub(crate) struct Process {
    pub(crate) store: Arc<Postgres>,
    received: mpsc::Receiver<RemoteEvent>,
    receiving: JoinSet<()>,
}

impl Process {
    /// A process that is ready.
    pub(crate) async fn start(database: &Database) -> Self {
        let store = Arc::new(store(database).await);
        store.room_wanted(RoomId(21), Some(Urgency::AtOnce));
        store.ready().await;
        // More than any test publishes.
        let (sender, received) = mpsc::channel(100_000);
        let receiver = store.clone();
        let mut receiving = JoinSet::new();
        receiving.spawn(async move {
            loop {
                for event in receiver.receive().await {
                    let _ = sender.send(event).await;
                }
            }
        });
        Self {
            store,
            received,
            receiving,
        }
    }

    pub(crate) fn publish(&self, event: &RoomEvent) {
        self.store.publish(event, Revision(7));
    }

    /// The next event that it receives.
    pub(crate) async fn next(&mut self) -> RemoteEvent {
        let next = timeout(LIMIT, self.received.recv()).await;
        next.expect("an event in time").expect("it receives")
    }

    /// Receives this event. Numbers of others may come before it.
    pub(crate) async fn expect(&mut self, event: &RoomEvent) {
        let expected = RemoteEvent::of(event, Revision(7));
        loop {
            let received = self.next().await;
            if received == expected {
                return;
            }
            assert_eq!(received.content, None);
        }
    }

    /// Stops it as a crash would, or at least stops polling it.
    async fn end(mut self) {
        self.receiving.shutdown().await;
    }
}

/// Listens, and rechecks until the changes are known.
pub(crate) async fn settle(store: &Postgres) {
    let settled = async {
        store.ready().await;
        while store.changes().await.expect("a recheck") == Changes::Unknown {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LIMIT, settled).await.expect("it settles");
}

/// Rechecks until the changes are unknown.
async fn unsettle(store: &Postgres) {
    let unsettled = async {
        while store.changes().await.expect("a recheck") != Changes::Unknown {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LIMIT, unsettled).await.expect("it is noticed");
}

#[tokio::test]
async fn newcomer_receives_every_event_once_ready() {
    let (database, _platform) = with_world(&town(vec![])).await;
    let mut here = Process::start(&database).await;
    let template = event(&here.store, 1).await;
    for seq in 1..=100 {
        let mut newcomer = Process::start(&database).await;
        let [first, second] = [seq, seq + 1_000].map(|seq| RoomEvent {
            seq: Seq(seq),
            ..template.clone()
        });
        here.publish(&first);
        newcomer.expect(&first).await;
        newcomer.publish(&second);
        here.expect(&second).await;
        newcomer.end().await;
    }
}

#[tokio::test]
async fn newcomers_at_once_receive_each_other() {
    let (database, _platform) = with_world(&town(vec![])).await;
    for seq in 1..=20 {
        let start = || Process::start(&database);
        let (mut first, mut second, mut third) = tokio::join!(start(), start(), start());
        let event = event(&first.store, seq).await;
        first.publish(&event);
        second.expect(&event).await;
        third.expect(&event).await;
        third.publish(&event);
        first.expect(&event).await;
        second.expect(&event).await;
        for process in [first, second, third] {
            process.end().await;
        }
    }
}

/// More than one statement sends.
#[tokio::test]
async fn burst_arrives_completely_in_order() {
    let (database, _platform) = with_world(&town(vec![])).await;
    let here = Process::start(&database).await;
    let mut there = Process::start(&database).await;
    let template = event(&here.store, 1).await;
    let events = (1..=9_000).map(Seq).map(|seq| RoomEvent {
        seq,
        ..template.clone()
    });
    for event in events.clone() {
        here.publish(&event);
    }
    for event in events {
        there.expect(&event).await;
    }
}

#[tokio::test]
async fn events_arrive_as_they_were() {
    let (database, _platform) = with_world(&town(vec![])).await;
    let here = Process::start(&database).await;
    let mut there = Process::start(&database).await;
    let odd = "  \"two\n lines\" \\ \u{1}\u{2028} ж 🦀 \r\n";
    let created = |text: &str, id: Option<&str>| {
        EventKind::Created(Message {
            id: MessageId(5),
            room: RoomId(21),
            author: Author {
                id: UserId(1),
                profile: Profile::new("{}"),
            },
            text: Text::stored(text),
            attachments: None,
            created_at: crate::support::at(1),
            edited_at: None,
            client_msg_id: id.map(|id| ClientMsgId::new(id).expect("a valid id")),
            seq: Seq(1),
            changed_seq: Seq(1),
        })
    };
    let edited = |text: &str| EventKind::Edited {
        id: MessageId(i64::MAX),
        text: Text::stored(text),
    };
    let deleted = |ids: &[i64], missing: &[i64]| EventKind::Deleted {
        ids: ids.iter().copied().map(MessageId).collect(),
        missing: missing.iter().map(|id| MessageId(*id).into()).collect(),
    };
    let kinds = [
        created(odd, None),
        created("x", Some("a.B:c-1_")),
        edited(odd),
        deleted(&[3, 1, 2], &[9]),
        edited(&"ж".repeat(3_500)),
    ];
    let template = event(&here.store, 1).await;
    let ids = [
        None,
        Some(odd),
        Some("null"),
        Some("1.50"),
        Some("{\"a\" :1}"),
    ];
    for (seq, (kind, id)) in (1..).zip(kinds.into_iter().zip(ids)) {
        let event = RoomEvent {
            seq: Seq(seq),
            request_id: id.map_or(RequestId::NONE, RequestId::new),
            ..event_of(&template, kind)
        };
        here.publish(&event);
        there.expect(&event).await;
    }
    let large = event_of(&template, edited(&"x".repeat(8_000)));
    here.publish(&large);
    let expected = RemoteEvent {
        content: None,
        ..RemoteEvent::of(&large, Revision(7))
    };
    assert_eq!(there.next().await, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overflow_still_sends_last_number_of_room() {
    let (database, _platform) = with_world(&town(vec![])).await;
    let here = Process::start(&database).await;
    let mut there = Process::start(&database).await;
    let template = event(&here.store, 1).await;
    for seq in 1..=30_000 {
        let event = RoomEvent {
            seq: Seq(seq),
            ..template.clone()
        };
        here.publish(&event);
    }
    while there.next().await.seq != Seq(30_000) {}
}

#[tokio::test]
async fn paused_process_delays_nobody() {
    let (database, _platform) = with_world(&town(vec![])).await;
    let paused = Process::start(&database).await;
    let store = paused.store.clone();
    // Its connection stays, and with it the lock.
    paused.end().await;
    let here = Process::start(&database).await;
    // It may write what no number shows.
    for _ in 0..3 {
        assert_eq!(
            here.store.changes().await.expect("a recheck"),
            Changes::Unknown
        );
    }
    drop(store);
    settle(&here.store).await;
}

#[tokio::test]
async fn process_that_came_or_went_is_noticed() {
    let (database, _platform) = with_world(&town(vec![])).await;
    let here = Process::start(&database).await;
    settle(&here.store).await;
    let there = Process::start(&database).await;
    unsettle(&here.store).await;
    settle(&here.store).await;
    // It may have committed something, and died before it notified the others.
    there.end().await;
    unsettle(&here.store).await;
    settle(&here.store).await;
}

/// Ends the listening connections.
async fn end_listeners(platform: &Platform) -> i64 {
    let listeners = "SELECT count(pg_terminate_backend(pid)) FROM pg_locks
        WHERE locktype = 'advisory'
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let ended = sqlx::query_scalar(listeners).fetch_one(platform.pool());
    ended.await.expect("an answer")
}

#[tokio::test]
async fn lost_listener_is_noticed_and_replaced() {
    let (database, platform) = with_world(&town(vec![])).await;
    let mut here = Process::start(&database).await;
    let mut there = Process::start(&database).await;
    for seq in 1..=2 {
        settle(&here.store).await;
        settle(&there.store).await;
        assert_eq!(end_listeners(&platform).await, 2, "both listen");
        unsettle(&here.store).await;
        unsettle(&there.store).await;
        here.store.ready().await;
        there.store.ready().await;
        let event = event(&here.store, seq).await;
        here.publish(&event);
        there.publish(&event);
        there.expect(&event).await;
        here.expect(&event).await;
    }
}

#[tokio::test]
async fn ready_without_database_returns() {
    let (database, _platform) = with_world(&town(vec![])).await;
    let proxy = Proxy::before(database.url()).await;
    let options = Options {
        url: proxy.url().to_owned(),
        ..options(&database)
    };
    let away = Postgres::connect(&options).await.expect("a connection");
    proxy.cut().await;
    timeout(LIMIT, away.ready()).await.expect("it returns");
}

#[tokio::test]
async fn announced_silent_change_is_compared() {
    let (database, platform) = with_world(&town(vec![])).await;
    let here = Process::start(&database).await;
    settle(&here.store).await;
    let everything = sqlx::query("NOTIFY chat_rights, 'everything'").execute(platform.pool());
    everything.await.expect("a notification");
    unsettle(&here.store).await;
    settle(&here.store).await;
}
