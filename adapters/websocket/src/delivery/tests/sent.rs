//! What a client was sent, and what waits for it.

use std::{io::Read, os::fd::AsFd};

use bytes::Bytes;
use tokio::io::AsyncReadExt;

use super::Client;
use crate::transport::outbox_tests::waiting;

impl Client {
    /// The next event that arrives at the client's own end of the connection.
    pub(super) async fn arrival(&mut self) -> i64 {
        let mut bytes = vec![0; 4096];
        let length = self.socket.read(&mut bytes).await.expect("a frame");
        seq_of(&Bytes::copy_from_slice(&bytes[..length]))
    }

    /// The frames that wait for this client, taken out: the `seq` of each event, 0
    /// for any other frame.
    pub(super) fn waiting(&self) -> Vec<i64> {
        waiting(self.outbox()).iter().map(seq_of).collect()
    }

    /// The same of all frames that were delivered.
    pub(super) fn received(&self) -> Vec<i64> {
        let texts = self.texts();
        let seqs = texts
            .iter()
            .map(|text| seq_of(&Bytes::copy_from_slice(text.as_bytes())));
        seqs.collect()
    }

    /// The texts of all frames that were delivered, taken out.
    pub(super) fn texts(&self) -> Vec<String> {
        let socket = self.socket.as_fd().try_clone_to_owned();
        let mut socket = std::net::TcpStream::from(socket.expect("another handle"));
        let mut bytes = Vec::new();
        // It does not block: it ends with an error.
        let _ = socket.read_to_end(&mut bytes);
        bytes.extend(waiting(self.outbox()).concat());
        texts_of(&bytes)
    }

    /// The reasons of all notices that were delivered, and `response` for any event.
    pub(super) fn notices(&self) -> Vec<String> {
        let texts = self.texts();
        let reason = |text: &String| {
            let reason = text.split_once("\"reason\":\"")?.1;
            Some(reason.split_once('"')?.0.to_owned())
        };
        let kinds = texts.iter();
        kinds
            .map(|text| reason(text).unwrap_or_else(|| "response".to_owned()))
            .collect()
    }
}

/// The texts of these frames, which a server sent.
fn texts_of(mut bytes: &[u8]) -> Vec<String> {
    let mut texts = Vec::new();
    while let [0x81, length, rest @ ..] = bytes {
        let (length, rest) = match (*length, rest) {
            (126, [high, low, rest @ ..]) => (usize::from(u16::from_be_bytes([*high, *low])), rest),
            (127, length) => {
                let (length, rest) = length.split_at(8);
                let length = u64::from_be_bytes(length.try_into().expect("8 bytes"));
                (usize::try_from(length).expect("a length"), rest)
            }
            (length, rest) => (usize::from(length), rest),
        };
        let (text, rest) = rest.split_at(length);
        texts.push(String::from_utf8_lossy(text).into_owned());
        bytes = rest;
    }
    assert!(bytes.is_empty(), "only whole frames");
    texts
}

fn seq_of(frame: &Bytes) -> i64 {
    let text = String::from_utf8_lossy(frame);
    let digits = text.split_once("\"seq\":").map_or("0", |(_, rest)| rest);
    let digits = digits.split('}').next();
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}
