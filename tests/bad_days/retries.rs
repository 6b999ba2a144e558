//! Everybody tries again what was not answered, under the name it had.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    hash::{BuildHasher, RandomState},
    net::SocketAddr,
};

use aftermatch_testdb::{Platform, fresh};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

use crate::{
    client::Client,
    records::{gapless, records},
    service::{Service, import, settle, world},
    socket::Socket,
};

const AUTHORS: i64 = 50;
const MESSAGES: usize = 40;
const ALL: usize = AUTHORS as usize * MESSAGES;

/// So many requests of one author are under way at once.
const AHEAD: usize = 4;

/// So often the program is killed.
const KILLS: usize = 3;

fn named(text: &str, name: &str) -> Value {
    json!({"action": "create_message", "msg_text": text, "client_msg_id": name})
}

/// What somebody was told of a message of one's own.
struct Told {
    status: u64,
    text: String,
    id: i64,
    seq: i64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_tried_until_it_is_answered_is_there_once_however_often_the_program_is_killed() {
    let database = fresh().await;
    import(database.url(), &world(AUTHORS, 1)).await;
    let mut service = Service::serving(database.url()).await;
    let (move_to, address) = watch::channel(service.address().await);
    let (tell, mut all_told) = mpsc::channel(ALL);
    let mut authors = JoinSet::new();
    for author in 1..=AUTHORS {
        let author = Author {
            author,
            left: (0..MESSAGES).collect(),
            tell: tell.clone(),
        };
        authors.spawn(author.write(address.clone()));
    }
    drop(tell);
    let chance = RandomState::new();
    let moment = |kill| kill * ALL / (KILLS + 1) + chance.hash_one(kill) as usize % 200;
    let mut kills = 0;
    let mut told = Vec::new();
    while let Some(answer) = all_told.recv().await {
        told.push(answer);
        if kills < KILLS && told.len() >= moment(kills + 1) {
            kills += 1;
            service.kill().await;
            service = Service::serving(database.url()).await;
            move_to.send_replace(service.address().await);
        }
    }
    while let Some(done) = authors.join_next().await {
        done.expect("no author fails");
    }

    let platform = Platform::connect(database.url()).await;
    gapless(&platform).await;
    let kept = records(&platform).await;
    let texts: BTreeSet<_> = kept.iter().map(|kept| kept.text.as_str()).collect();
    assert_eq!((kept.len(), texts.len()), (ALL, ALL), "each of them once");
    let kept: HashMap<_, _> = kept.iter().map(|kept| (kept.id, kept)).collect();
    let mut created = BTreeSet::new();
    for Told {
        status,
        text,
        id,
        seq,
    } in told
    {
        let kept = kept[&id];
        assert_eq!((&kept.text, kept.seq), (&text, seq));
        assert!(status == 200 || created.insert(id), "created twice: {text}");
    }
}

struct Author {
    author: i64,
    /// The numbers of the messages that were not answered so far.
    left: BTreeSet<usize>,
    tell: mpsc::Sender<Told>,
}

impl Author {
    /// Writes everything, wherever the service has moved to.
    async fn write(mut self, mut address: watch::Receiver<SocketAddr>) {
        loop {
            let now = *address.borrow_and_update();
            if self.write_at(now).await.is_some() {
                return;
            }
            address.changed().await.expect("it comes again");
        }
    }

    /// Writes what is left, unless the connection breaks.
    async fn write_at(&mut self, address: SocketAddr) -> Option<()> {
        let mut socket = Socket::open(address, self.author).await?;
        let join = json!({"action": "join_room", "room_pk": 1, "request_id": "join"});
        socket.send(&join).await?;
        let mut next: VecDeque<_> = self.left.iter().copied().collect();
        let mut ahead = 0;
        while !self.left.is_empty() {
            while ahead < AHEAD
                && let Some(nth) = next.pop_front()
            {
                let name = self.name(nth);
                let mut request = named(&format!("{name}!"), &name);
                request["request_id"] = json!(name);
                socket.send(&request).await?;
                ahead += 1;
            }
            let frame = socket.next().await?;
            let mut left = self.left.iter().copied();
            let Some(nth) = left.find(|nth| frame["request_id"] == self.name(*nth)) else {
                continue;
            };
            ahead -= 1;
            if frame["response_status"] == 503 {
                next.push_back(nth);
                continue;
            }
            self.left.remove(&nth);
            let told = self.told(nth, &frame);
            self.tell.send(told).await.expect("somebody counts");
        }
        Some(())
    }

    /// What the author calls a message.
    fn name(&self, nth: usize) -> String {
        format!("{}-{nth}", self.author)
    }

    fn told(&self, nth: usize, frame: &Value) -> Told {
        let data = &frame["data"];
        let number = |value: &Value| value.as_i64().unwrap_or_else(|| panic!("{frame}"));
        assert_eq!(data["client_msg_id"], self.name(nth), "{frame}");
        let status = frame["response_status"].as_u64().expect("a status");
        assert!(matches!(status, 200 | 201), "{frame}");
        Told {
            status,
            text: data["text"].as_str().expect("a text").to_owned(),
            id: number(&data["id"]),
            seq: number(&data["seq"]),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_sent_fifty_times_at_once_through_two_programs_is_written_and_told_once() {
    let database = fresh().await;
    settle(database.url()).await;
    let services = [
        Service::serving(database.url()).await,
        Service::serving(database.url()).await,
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
    let sent = sent.map(|sender| sender.request(named("once", "the-one")));
    let ids = join_all(sent).await;
    let answers = senders.iter_mut().zip(ids);
    let answers = join_all(answers.map(|(sender, id)| told_and_answered(sender, id))).await;

    let (told, _) = &answers[0];
    let created = answers.iter().filter(|(_, status)| *status == 201).count();
    assert_eq!(created, 1);
    assert!(answers.iter().all(|(data, _)| data == told), "{told}");
    for listener in &mut listeners {
        assert_eq!(listener.hear().await["data"], *told);
    }
    // What everybody hears next is something else.
    let next = services[0].joined(3, 1).await.create("next").await;
    assert_eq!(next["data"]["seq"], json!(2));
    for client in senders.iter_mut().chain(&mut listeners) {
        assert_eq!(client.hear().await["data"], next["data"]);
    }
}

/// Hears the one message being created, and the answer to the own request, which
/// is the same or another frame. Returns the message and the answer's status.
async fn told_and_answered(sender: &mut Client, id: i64) -> (Value, u64) {
    let (mut told, mut answer) = (None, None);
    while told.is_none() || answer.is_none() {
        let frame = sender.hear().await;
        if frame["request_id"] == id {
            answer = frame["response_status"].as_u64();
        }
        if frame["response_status"] == 201 {
            assert_eq!(told, None, "told twice: {frame}");
            told = Some(frame["data"].clone());
        } else {
            assert_eq!(frame["response_status"], 200, "{frame}");
            assert_eq!(frame["request_id"], id, "{frame}");
        }
    }
    told.zip(answer).expect("both")
}
