//! Clients send unanswered messages again, with the client message ids they had.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    hash::{BuildHasher, RandomState},
    net::SocketAddr,
};

use aftermatch_test_support::{Client, Platform, Program, fresh, import, token_for, worlds};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

use crate::{
    records::{gapless, records},
    world::prepare,
};

const AUTHORS: i64 = 50;
const MESSAGES: usize = 40;
const ALL: usize = AUTHORS as usize * MESSAGES;

/// How many requests one author has open at once.
const OPEN: usize = 4;

/// How often the program is killed.
const KILLS: usize = 3;

/// Creates a message with a client message id.
fn with_id(text: &str, client_msg_id: &str) -> Value {
    json!({"action": "create_message", "msg_text": text, "client_msg_id": client_msg_id})
}

/// The response to a message.
struct Answer {
    status: u64,
    text: String,
    id: i64,
    seq: i64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retries_across_kills_store_each_message_once() {
    let database = fresh().await;
    import(database.url(), &worlds::many_members(AUTHORS, 1)).await;
    let mut service = Program::serving(database.url()).await;
    let (new_address, address) = watch::channel(service.address().await);
    let (answered, mut responses) = mpsc::channel(ALL);
    let mut authors = JoinSet::new();
    for author in 1..=AUTHORS {
        let author = Author {
            author,
            left: (0..MESSAGES).collect(),
            answered: answered.clone(),
        };
        authors.spawn(author.write(address.clone()));
    }
    drop(answered);
    let chance = RandomState::new();
    let moment = |kill| kill * ALL / (KILLS + 1) + chance.hash_one(kill) as usize % 200;
    let mut kills = 0;
    let mut all = Vec::new();
    while let Some(response) = responses.recv().await {
        all.push(response);
        if kills < KILLS && all.len() >= moment(kills + 1) {
            kills += 1;
            service.kill().await;
            service = Program::serving(database.url()).await;
            new_address.send_replace(service.address().await);
        }
    }
    while let Some(done) = authors.join_next().await {
        done.expect("no author fails");
    }

    let platform = Platform::connect(database.url()).await;
    gapless(&platform).await;
    let stored = records(&platform).await;
    let texts: BTreeSet<_> = stored.iter().map(|stored| stored.text.as_str()).collect();
    assert_eq!((stored.len(), texts.len()), (ALL, ALL), "each of them once");
    let stored: HashMap<_, _> = stored.iter().map(|stored| (stored.id, stored)).collect();
    let mut created = BTreeSet::new();
    for Answer {
        status,
        text,
        id,
        seq,
    } in all
    {
        let stored = stored[&id];
        assert_eq!((&stored.text, stored.seq), (&text, seq));
        assert!(status == 200 || created.insert(id), "created twice: {text}");
    }
}

struct Author {
    author: i64,
    /// The numbers of the messages that were not answered yet.
    left: BTreeSet<usize>,
    answered: mpsc::Sender<Answer>,
}

impl Author {
    /// Writes everything, and follows the service to its new address.
    async fn write(mut self, mut address: watch::Receiver<SocketAddr>) {
        loop {
            let now = *address.borrow_and_update();
            if self.write_at(now).await.is_some() {
                return;
            }
            address.changed().await.expect("the service starts again");
        }
    }

    /// Writes what is left, unless the connection breaks.
    async fn write_at(&mut self, address: SocketAddr) -> Option<()> {
        let mut socket = Client::try_connect(address, "/ws/chat/", &token_for(self.author)).await?;
        let join = json!({"action": "join_room", "room_pk": 1, "request_id": "join"});
        socket.try_send(&join).await?;
        let mut next: VecDeque<_> = self.left.iter().copied().collect();
        let mut open = 0;
        while !self.left.is_empty() {
            while open < OPEN
                && let Some(nth) = next.pop_front()
            {
                let id = self.client_msg_id(nth);
                let mut request = with_id(&format!("{id}!"), &id);
                request["request_id"] = json!(id);
                socket.try_send(&request).await?;
                open += 1;
            }
            let frame = socket.try_receive().await?;
            let mut left = self.left.iter().copied();
            let Some(nth) = left.find(|nth| frame["request_id"] == self.client_msg_id(*nth)) else {
                continue;
            };
            open -= 1;
            if frame["response_status"] == 503 {
                next.push_back(nth);
                continue;
            }
            self.left.remove(&nth);
            let response = self.response(nth, &frame);
            self.answered.send(response).await.expect("a receiver");
        }
        Some(())
    }

    /// The client message id of a message.
    fn client_msg_id(&self, nth: usize) -> String {
        format!("{}-{nth}", self.author)
    }

    fn response(&self, nth: usize, frame: &Value) -> Answer {
        let data = &frame["data"];
        let number = |value: &Value| value.as_i64().unwrap_or_else(|| panic!("{frame}"));
        assert_eq!(data["client_msg_id"], self.client_msg_id(nth), "{frame}");
        let status = frame["response_status"].as_u64().expect("a status");
        assert!(matches!(status, 200 | 201), "{frame}");
        Answer {
            status,
            text: data["text"].as_str().expect("a text").to_owned(),
            id: number(&data["id"]),
            seq: number(&data["seq"]),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_duplicates_through_two_processes_deliver_once() {
    let database = fresh().await;
    prepare(database.url()).await;
    let services = [
        Program::serving(database.url()).await,
        Program::serving(database.url()).await,
    ];
    let mut senders = Vec::new();
    let mut listeners = Vec::new();
    for service in &services {
        listeners.push(service.joined(2, 1).await);
        for _ in 0..25 {
            senders.push(service.joined(1, 1).await);
        }
    }
    let sent = senders.iter_mut();
    let sent = sent.map(|sender| sender.send_action(with_id("once", "the-one")));
    let ids = join_all(sent).await;
    let responses = senders.iter_mut().zip(ids);
    let responses = join_all(responses.map(|(sender, id)| event_and_response(sender, id))).await;

    let (event, _) = &responses[0];
    let created = responses
        .iter()
        .filter(|(_, status)| *status == 201)
        .count();
    assert_eq!(created, 1);
    assert!(responses.iter().all(|(data, _)| data == event), "{event}");
    for listener in &mut listeners {
        assert_eq!(listener.receive().await["data"], *event);
    }
    // The next event is another message for everybody.
    let next = services[0].joined(3, 1).await.create("next").await;
    assert_eq!(next["data"]["seq"], json!(2));
    for client in senders.iter_mut().chain(&mut listeners) {
        assert_eq!(client.receive().await["data"], next["data"]);
    }
}

/// Receives the event of the message and the response to the client's own request, which
/// may be the same frame. Returns the message and the status of the response.
async fn event_and_response(sender: &mut Client, id: i64) -> (Value, u64) {
    let (mut event, mut status) = (None, None);
    while event.is_none() || status.is_none() {
        let frame = sender.receive().await;
        if frame["request_id"] == id {
            status = frame["response_status"].as_u64();
        }
        if frame["response_status"] == 201 {
            assert_eq!(event, None, "delivered twice: {frame}");
            event = Some(frame["data"].clone());
        } else {
            assert_eq!(frame["response_status"], 200, "{frame}");
            assert_eq!(frame["request_id"], id, "{frame}");
        }
    }
    event.zip(status).expect("both")
}
