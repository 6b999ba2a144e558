//! What a receiver downloads for the event of a new message, in each way to receive it.

use std::{
    io::{Read, Write, stdout},
    net::TcpStream,
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use clap::Args;
use serde_json::json;
use tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::{frame, target::Target};

/// The rooms of `bench/product.json`. In each, the author is the user of the first brand.
const ROOMS: u64 = 4;

/// What two brands write to each other.
const TEXTS: [&str; 7] = [
    "Добрый день! Спасибо за мэтч.",
    "Давайте сделаем совместный набор к Новому году?",
    "Нам подходит. Когда вы готовы показать первые образцы? Мы хотели бы начать съёмку уже в \
     начале следующего месяца.",
    "Да",
    "Отправила вам прайс и фотографии на почту, посмотрите, пожалуйста, до пятницы. Если что-то \
     не подойдёт по цвету, у нас есть ещё два варианта упаковки.",
    "👍",
    "Созвонимся завтра в 12:00?",
];

const TIMEOUT: Duration = Duration::from_secs(10);

/// How events are received: compressed, and without the room.
const WAYS: [(bool, bool); 4] = [(false, false), (true, false), (false, true), (true, true)];

#[derive(Args)]
pub(crate) struct Bytes {
    #[command(flatten)]
    target: Target,
}

struct Client {
    stream: TcpStream,
    compressed: bool,
    received: Vec<u8>,
}

impl Bytes {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let mut totals = [0; WAYS.len()];
        for room in 1..=ROOMS {
            let user = 2 * room - 1;
            let mut author = self.join(room, user, (false, false))?;
            let receivers = WAYS.map(|way| self.join(room, user + 1, way));
            let mut receivers = receivers.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
            for text in TEXTS {
                author.send(&json!({"action": "create_message", "msg_text": text,
                    "request_id": "5f0c8a52-6a1a-4b7e-9c59-0e3a1c1e7b11"}))?;
                author.next_text()?;
                for (total, receiver) in totals.iter_mut().zip(&mut receivers) {
                    *total += receiver.next_text()?;
                }
            }
        }
        self.report(totals)
    }

    fn join(
        &self,
        room: u64,
        user: u64,
        (compressed, lean): (bool, bool),
    ) -> anyhow::Result<Client> {
        let addresses = self.target.addresses()?;
        let address = addresses.first().context("there is no process")?;
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        let handshake = self.target.handshake(0, user, compressed)?;
        let mut client = Client {
            stream,
            compressed,
            received: Vec::new(),
        };
        client.stream.write_all(handshake.as_bytes())?;
        client.upgraded()?;
        client.send(
            &json!({"action": "join_room", "room_pk": room, "lean": lean, "request_id": 1}),
        )?;
        client.next_text()?;
        Ok(client)
    }

    fn report(&self, totals: [usize; WAYS.len()]) -> anyhow::Result<()> {
        let [plain, ..] = totals;
        let events = TEXTS.len() * usize::try_from(ROOMS)?;
        let mut out = stdout().lock();
        writeln!(
            out,
            "| the event of a new message | bytes | of all |\n|---|--:|--:|"
        )?;
        for ((compressed, lean), total) in WAYS.into_iter().zip(totals) {
            let room = if lean {
                "without the room (`lean`)"
            } else {
                "with the room"
            };
            let compressed = if compressed { ", compressed" } else { "" };
            let (bytes, permille) = (total / events, 1000 * total / plain.max(1));
            let (percent, tenth) = (permille / 10, permille % 10);
            writeln!(
                out,
                "| {room}{compressed} | {bytes} | {percent}.{tenth} % |"
            )?;
        }
        Ok(())
    }
}

impl Client {
    fn send(&mut self, request: &serde_json::Value) -> anyhow::Result<()> {
        let mut bytes = Vec::new();
        let text = OpCode::Data(Data::Text);
        frame::encode(&mut bytes, text, request.to_string().as_bytes())?;
        Ok(self.stream.write_all(&bytes)?)
    }

    /// Reads the response to the handshake.
    fn upgraded(&mut self) -> anyhow::Result<()> {
        loop {
            let mut head = self.received.windows(4);
            if let Some(end) = head.position(|four| four == b"\r\n\r\n") {
                let head: Vec<_> = self.received.drain(..end + 4).collect();
                let head = String::from_utf8_lossy(&head);
                ensure!(head.starts_with("HTTP/1.1 101 "), "refused: {head}");
                let accepted = head.contains("permessage-deflate");
                ensure!(accepted == self.compressed, "not as it was offered: {head}");
                return Ok(());
            }
            self.read()?;
        }
    }

    /// The bytes of the next text frame, with its header.
    fn next_text(&mut self) -> anyhow::Result<usize> {
        loop {
            let before = self.received.len();
            let decoded = frame::decode(&self.received, self.compressed);
            let next = decoded.map_err(anyhow::Error::msg)?;
            if let Some((frame, rest)) = next {
                let is_text = frame.opcode == OpCode::Data(Data::Text);
                let length = before - rest.len();
                self.received.drain(..length);
                if is_text {
                    return Ok(length);
                }
                continue;
            }
            self.read()?;
        }
    }

    fn read(&mut self) -> anyhow::Result<()> {
        let mut bytes = [0; 64 * 1024];
        match self.stream.read(&mut bytes)? {
            0 => bail!("the server closed the connection"),
            read => self
                .received
                .extend_from_slice(bytes.get(..read).unwrap_or_default()),
        }
        Ok(())
    }
}
