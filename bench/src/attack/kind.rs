//! The attacks, by name.

use clap::ValueEnum;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::{
    bytes::{batch, fragments, frame},
    line::Plan,
};
use crate::{envelope, target::Target, world::World};

const TEXT: OpCode = OpCode::Data(Data::Text);
const BINARY: OpCode = OpCode::Data(Data::Binary);
const PING: OpCode = OpCode::Control(Control::Ping);

/// Bytes of the malformed message: almost as many as a frame may have.
const MALFORMED_BYTES: usize = 65_000;

/// Bytes of text in a message.
const TEXT_BYTES: usize = 512;

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Kind {
    /// Only uses the CPU, and connects to nothing: shows what that alone does to times.
    Burn,
    /// Empty pings.
    Pings,
    /// `leave_room`, without having joined one.
    Leave,
    /// `list` of a brand.
    List,
    /// 64 KiB of JSON that ends in the middle.
    Malformed,
    /// Binary frames.
    Binary,
    /// Text that is not JSON.
    NotJson,
    /// Actions that do not exist.
    Unknown,
    /// `create_message`, each connection in a room of its own.
    Create,
    /// `join_room` in the last room, with all that has ever happened there.
    Join,
    /// `list` of all rooms, read at 1 MB/s. Needs the `--url` of administrators.
    AdminList,
    /// Messages in fragments of one byte.
    Fragments,
    /// Handshakes, each closed at once.
    Connect,
    /// Handshakes with a token that is refused.
    Refused,
    /// A hundred sockets for each connection, on which nothing is sent.
    Silent,
    /// `GET /metrics`.
    Metrics,
    /// `GET /docs/asyncapi.json`.
    Docs,
}

impl Kind {
    /// What the attacker with this number does.
    pub(super) fn plan(self, target: &Target, world: World, number: u64) -> anyhow::Result<Plan> {
        let own_room = world.rooms - number;
        let user = match self {
            Self::Join => world.user(world.rooms, number),
            Self::AdminList => world.administrator(),
            _ => world.user(own_room, 0),
        };
        let hello = target.handshake(0, user, false)?.into_bytes();
        let text = |json: &str| frame(TEXT, json.as_bytes());
        let requests = |json: &str| anyhow::Ok(batch(&text(json)?));
        let flood = |batch: Vec<u8>| Plan::flood(hello.clone(), batch);
        Ok(match self {
            Self::Burn => Plan::Burn,
            Self::Pings => flood(batch(&frame(PING, b"")?)),
            Self::Leave => flood(requests(r#"{"action":"leave_room","request_id":1}"#)?),
            Self::List => flood(requests(r#"{"action":"list","request_id":1}"#)?),
            Self::Malformed => {
                let numbers = "1,".repeat(MALFORMED_BYTES / 2);
                flood(text(&format!(r#"{{"action":"list","rest":[{numbers}"#))?)
            }
            Self::Binary => flood(batch(&frame(BINARY, b"x")?)),
            Self::NotJson => flood(requests("x")?),
            Self::Unknown => flood(requests(r#"{"action":"attack","request_id":1}"#)?),
            Self::Create => {
                let words = "x".repeat(TEXT_BYTES);
                let create =
                    format!(r#"{{"action":"create_message","msg_text":"{words}","request_id":1}}"#);
                flood(requests(&create)?).joining(text(&envelope::join(own_room))?)
            }
            Self::Join => {
                let room = world.rooms;
                flood(requests(&format!(
                    r#"{{"action":"join_room","room_pk":{room},"since_seq":0,"request_id":1}}"#
                ))?)
            }
            Self::AdminList => {
                Plan::read_slowly(hello, text(r#"{"action":"list","request_id":1}"#)?)
            }
            Self::Fragments => flood(batch(&fragments(r#"{"action":"list","request_id":1}"#)?)),
            Self::Connect => Plan::Connect(hello),
            Self::Refused => Plan::Connect(get("/ws/chat/", "Authorization: Bearer a.b.c\r\n")),
            Self::Silent => Plan::Silent,
            Self::Metrics => Plan::requests(batch(&get("/metrics", ""))),
            Self::Docs => Plan::requests(batch(&get("/docs/asyncapi.json", ""))),
        })
    }
}

fn get(path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n").into_bytes()
}
