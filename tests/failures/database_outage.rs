//! The database goes away while clients chat, and comes back.

use aftermatch_test_support::{
    Client, Database, Platform, Program, Proxy, RawSocket, Server, create, fresh, masked,
};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    records::{gapless, records},
    world::{PROMISE, expect_unavailable, prepare},
};

/// Clients that need the database for different actions. Each is in a room of its own,
/// except the one that only listens.
struct Clients {
    writer: Client,
    listener: Client,
    editor: Client,
    deleter: Client,
    lister: Client,
    joiner: Client,
    pinger: RawSocket,
    /// The ids of messages written before the outage: by the writer, the editor and the
    /// deleter.
    messages: [Value; 3],
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

impl Clients {
    async fn of(service: &Program) -> Self {
        let mut writer = service.joined(1, 1).await;
        let mut editor = service.joined(2, 2).await;
        let mut deleter = service.joined(3, 3).await;
        let messages = [
            writer.create("written before").await,
            editor.create("to be edited").await,
            deleter.create("to be deleted").await,
        ];
        Self {
            writer,
            editor,
            deleter,
            messages: messages.map(|response| response["data"]["id"].clone()),
            listener: service.joined(4, 1).await,
            lister: service.chat(5).await,
            joiner: service.chat(6).await,
            pinger: service.handshake(7).await.raw(),
        }
    }

    /// Every action and a handshake are refused within the promised time. Nobody is
    /// disconnected, and a ping is answered.
    async fn expect_unavailable(&mut self, service: &Program) {
        let [_, edited, deleted] = &self.messages;
        let handshake = async {
            let response = timeout(PROMISE, service.handshake(8)).await;
            response
                .expect("a response in time")
                .expect_refusal(503, "a handshake");
        };
        let ping = async {
            self.pinger.send(&masked(0x89, b"there?")).await;
            assert_eq!(
                self.pinger.receive_frame().await,
                (0x8A, b"there?".to_vec())
            );
        };
        tokio::join!(
            expect_unavailable(&mut self.writer, create("lost")),
            expect_unavailable(&mut self.editor, edit(edited, "lost")),
            expect_unavailable(&mut self.deleter, delete(deleted)),
            expect_unavailable(&mut self.lister, list()),
            expect_unavailable(&mut self.joiner, join(5)),
            handshake,
            ping,
        );
    }

    /// Every action succeeds on the connections from before the outage.
    async fn expect_recovery(&mut self, service: &Program) {
        let [_, edited, deleted] = &self.messages;
        // A message that was refused as unavailable may have been committed. Then it is
        // delivered as soon as the database is back.
        let created = self.writer.request_amid_events(create("again")).await;
        let mut event = self.listener.receive().await;
        while event["data"]["text"] == "lost" {
            event = self.listener.receive().await;
        }
        assert_eq!(event, created);
        for (client, action) in [
            (&mut self.editor, edit(edited, "edited")),
            (&mut self.deleter, delete(deleted)),
            (&mut self.lister, list()),
            (&mut self.joiner, join(5)),
        ] {
            let response = client.request_amid_events(action).await;
            assert_eq!(response["response_status"], 200, "{response}");
        }
        service.joined(8, 6).await.create("new here").await;
    }
}

/// A service that reaches its database through a proxy, and its clients.
async fn behind_proxy() -> (Database, Proxy, Program, Clients) {
    let database = fresh().await;
    prepare(database.url()).await;
    let proxy = Proxy::before(database.url()).await;
    let service = Program::serving(proxy.url()).await;
    let clients = Clients::of(&service).await;
    (database, proxy, service, clients)
}

#[tokio::test]
async fn connection_cut_refuses_until_healed() {
    let (_database, proxy, service, mut clients) = behind_proxy().await;
    proxy.cut().await;
    clients.expect_unavailable(&service).await;
    clients.expect_unavailable(&service).await;
    proxy.heal().await;
    clients.expect_recovery(&service).await;
}

#[tokio::test]
async fn connection_frozen_refuses_until_healed() {
    let (_database, proxy, service, mut clients) = behind_proxy().await;
    proxy.freeze();
    clients.expect_unavailable(&service).await;
    clients.expect_unavailable(&service).await;
    proxy.heal().await;
    clients.expect_recovery(&service).await;
}

#[tokio::test]
async fn connection_frozen_then_cut_recovers() {
    let (_database, proxy, service, mut clients) = behind_proxy().await;
    proxy.freeze();
    clients.expect_unavailable(&service).await;
    proxy.cut().await;
    proxy.heal().await;
    clients.expect_recovery(&service).await;
}

#[tokio::test]
async fn database_crash_keeps_answered_messages() {
    let server = Server::start().await;
    prepare(server.url()).await;
    let service = Program::serving(server.url()).await;
    let mut clients = Clients::of(&service).await;
    let platform = Platform::connect(server.url()).await;
    let before = records(&platform).await;
    assert_eq!(before.len(), 3);

    server.stop().await;
    clients.expect_unavailable(&service).await;
    server.start_again().await;
    assert_eq!(records(&platform).await, before);
    gapless(&platform).await;
    clients.expect_recovery(&service).await;
}
