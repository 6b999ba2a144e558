//! The codec against an independent client.

use std::io::{self, Cursor, Read, Write};

use proptest::{collection::vec, prelude::*};
use tungstenite::{
    Message, WebSocket,
    protocol::{
        Role,
        frame::{
            Frame,
            coding::{Data, OpCode},
        },
    },
};

use super::*;

/// The bytes of both directions.
struct Pipe {
    to_client: Cursor<Vec<u8>>,
    to_server: Vec<u8>,
}

impl Read for Pipe {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.to_client.read(into)? {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            some => Ok(some),
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to_server.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A client that the server has sent these frames.
fn client(frames: &[Bytes]) -> WebSocket<Pipe> {
    let pipe = Pipe {
        to_client: Cursor::new(frames.concat()),
        to_server: Vec::new(),
    };
    WebSocket::from_raw_socket(pipe, Role::Client, None)
}

/// What the server decodes from this client.
fn received(client: &WebSocket<Pipe>) -> Vec<Incoming> {
    let decoded = decode(1 << 20, &client.get_ref().to_server, true, || 700);
    assert_eq!(decoded.violation, None);
    decoded.incoming
}

fn part(payload: &'static str, data: Data, last: bool) -> Message {
    Message::Frame(Frame::message(payload, OpCode::Data(data), last))
}

#[test]
fn client_frames_are_decoded() {
    let mut client = client(&[]);
    for message in [
        Message::text("текст"),
        Message::binary(vec![0; 70_000]),
        Message::Ping(Bytes::from_static(b"?")),
        Message::Pong(Bytes::new()),
        part("in ", Data::Text, false),
        Message::Ping(Bytes::new()),
        part("two", Data::Continue, true),
    ] {
        client.send(message).expect("sent");
    }
    client.close(None).expect("sent");
    client.flush().expect("sent");
    let expected = vec![
        text_of("текст".as_bytes()),
        Incoming::Binary,
        Incoming::Ping(Bytes::from_static(b"?")),
        Incoming::Pong,
        Incoming::Ping(Bytes::new()),
        text_of(b"in two"),
        Incoming::Close(None),
    ];
    assert_eq!(received(&client), expected);
}

#[test]
fn control_frames_are_read_and_answered() {
    let reason = "the server is going away";
    let mut client = client(&[ping(), pong(b"!"), close(1001, reason)]);
    assert_eq!(client.read().expect("ping"), Message::Ping(Bytes::new()));
    assert_eq!(
        client.read().expect("pong"),
        Message::Pong(Bytes::from_static(b"!"))
    );
    let Message::Close(Some(close)) = client.read().expect("close") else {
        panic!("no close frame");
    };
    assert_eq!((u16::from(close.code), &*close.reason), (1001, reason));
    // A client of this library responds when it reads on.
    let _ = client.read();
    let answers = [Incoming::Pong, Incoming::Close(Some(1001))];
    assert_eq!(received(&client), answers);
}

#[test]
fn texts_of_every_header_size_are_read() {
    let lengths = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000];
    let texts = lengths.map(|length| "a".repeat(length));
    let mut client = client(&texts.each_ref().map(|payload| text(payload.as_bytes())));
    for text in texts {
        assert!(client.read().expect("a text") == Message::text(text));
    }
}

proptest! {
    #[test]
    fn texts_survive_round_trip(texts in vec(".{0,200}", 1..10)) {
        let frames: Vec<Bytes> = texts.iter().map(|payload| text(payload.as_bytes())).collect();
        let mut client = client(&frames);
        for text in &texts {
            let message = client.read().expect("a text");
            prop_assert_eq!(&message, &Message::text(text.as_str()));
            client.send(message).expect("sent");
        }
        let echoes: Vec<Incoming> = texts.into_iter().map(|text| Incoming::Text(text.into())).collect();
        prop_assert_eq!(received(&client), echoes);
    }
}
