//! The database goes away while people talk, and comes back.

use aftermatch_testdb::{Platform, Proxy, Server, fresh};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    client::Client,
    raw::{Raw, masked},
    records::{gapless, records},
    service::{PROMISE, Service, answered, create, settle, unavailable},
};

/// People who each want something else of the database, each in a room of its
/// own but for the one who only listens.
struct People {
    writer: Client,
    listener: Client,
    editor: Client,
    deleter: Client,
    lister: Client,
    joiner: Client,
    pinger: Raw,
    /// What was answered before: of the writer, the editor and the deleter.
    kept: [Value; 3],
}

fn edit(id: &Value, text: &str) -> Value {
    json!({"action": "edit_message", "msg_id": id, "edited_msg_text": text})
}

fn delete(id: &Value) -> Value {
    json!({"action": "delete_messages", "msg_id_list": [id]})
}

fn list() -> Value {
    json!({"action": "list"})
}

fn join(room: i64) -> Value {
    json!({"action": "join_room", "room_pk": room})
}

impl People {
    async fn of(service: &Service) -> Self {
        let mut writer = service.joined(1, 1).await;
        let mut editor = service.joined(2, 2).await;
        let mut deleter = service.joined(3, 3).await;
        let kept = [
            writer.create("kept").await,
            editor.create("to be edited").await,
            deleter.create("to be deleted").await,
        ];
        Self {
            writer,
            editor,
            deleter,
            kept: kept.map(|answer| answer["data"]["id"].clone()),
            listener: service.joined(4, 1).await,
            lister: service.chat(5).await,
            joiner: service.chat(6).await,
            pinger: service.handshake(7).await.raw(),
        }
    }

    /// Everybody is told within what is promised, at the same time; nobody is
    /// disconnected; what needs no database is answered.
    async fn are_held_up(&mut self, service: &Service) {
        let [_, edited, deleted] = &self.kept;
        let handshake = async {
            let answer = timeout(PROMISE, service.handshake(8)).await;
            answer
                .expect("an answer in time")
                .is_refused(503, "a handshake");
        };
        let ping = async {
            self.pinger.send(&masked(0x89, b"there?")).await;
            assert_eq!(self.pinger.frame().await, (0x8A, b"there?".to_vec()));
        };
        tokio::join!(
            unavailable(&mut self.writer, create("lost")),
            unavailable(&mut self.editor, edit(edited, "lost")),
            unavailable(&mut self.deleter, delete(deleted)),
            unavailable(&mut self.lister, list()),
            unavailable(&mut self.joiner, join(5)),
            handshake,
            ping,
        );
    }

    /// Everybody gets what they want, on the connections that they had.
    async fn go_on(&mut self, service: &Service) {
        let [_, edited, deleted] = &self.kept;
        // What was said to be unavailable may have been kept after all: then it is
        // heard as soon as the database is there, as nobody's.
        let told = answered(&mut self.writer, create("again")).await;
        let mut heard = self.listener.hear().await;
        while heard["data"]["text"] == "lost" && heard["request_id"].is_null() {
            heard = self.listener.hear().await;
        }
        assert_eq!(heard, told);
        for (client, action) in [
            (&mut self.editor, edit(edited, "edited")),
            (&mut self.deleter, delete(deleted)),
            (&mut self.lister, list()),
            (&mut self.joiner, join(5)),
        ] {
            let answer = answered(client, action).await;
            assert_eq!(answer["response_status"], 200, "{answer}");
        }
        service.joined(8, 6).await.create("new here").await;
    }
}

#[tokio::test]
async fn a_broken_line_is_told_and_forgotten_when_it_is_whole() {
    let database = fresh().await;
    settle(database.url()).await;
    let proxy = Proxy::before(database.url()).await;
    let service = Service::serving(proxy.url()).await;
    let mut people = People::of(&service).await;
    proxy.cut().await;
    people.are_held_up(&service).await;
    people.are_held_up(&service).await;
    proxy.heal().await;
    people.go_on(&service).await;
}

#[tokio::test]
async fn a_line_that_hangs_is_told_and_forgotten_when_it_moves() {
    let database = fresh().await;
    settle(database.url()).await;
    let proxy = Proxy::before(database.url()).await;
    let service = Service::serving(proxy.url()).await;
    let mut people = People::of(&service).await;
    proxy.freeze();
    people.are_held_up(&service).await;
    people.are_held_up(&service).await;
    proxy.heal().await;
    people.go_on(&service).await;
}

#[tokio::test]
async fn a_line_that_hangs_and_breaks_is_forgotten_when_it_is_whole() {
    let database = fresh().await;
    settle(database.url()).await;
    let proxy = Proxy::before(database.url()).await;
    let service = Service::serving(proxy.url()).await;
    let mut people = People::of(&service).await;
    proxy.freeze();
    people.are_held_up(&service).await;
    proxy.cut().await;
    proxy.heal().await;
    people.go_on(&service).await;
}

#[tokio::test]
async fn a_server_that_crashes_loses_nothing_that_was_answered() {
    let server = Server::start().await;
    settle(server.url()).await;
    let service = Service::serving(server.url()).await;
    let mut people = People::of(&service).await;
    let platform = Platform::connect(server.url()).await;
    let before = records(&platform).await;
    assert_eq!(before.len(), 3);

    server.stop().await;
    people.are_held_up(&service).await;
    server.start_again().await;
    assert_eq!(records(&platform).await, before);
    gapless(&platform).await;
    people.go_on(&service).await;
}
