//! The exact bytes of requests and responses.

use std::io::{self, ErrorKind};

use bytes::Bytes;
use tungstenite::handshake::derive_accept_key;

const DIGITS: usize = 19;
const JOIN: &[u8] = br#"{"action":"join_room","room_pk":"#;

/// A frame from a client.
pub(crate) enum Incoming {
    Join(u64),
    /// With the digits of the request id.
    Create([u8; DIGITS]),
    Pong,
}

/// The response to the handshake at the start of `bytes`, and the length of the
/// handshake. `None` if it is incomplete.
pub(crate) fn handshake(bytes: &[u8]) -> io::Result<Option<(Bytes, usize)>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = bytes.get(..end).unwrap_or_default();
    let key = head.split(|byte| *byte == b'\n').find_map(|line| {
        let (name, value) = line.split_at_checked(18)?;
        name.eq_ignore_ascii_case(b"sec-websocket-key:")
            .then(|| value.trim_ascii())
    });
    let response = format!(
        "HTTP/1.1 101 Switching Protocols\r\n\
         Connection: Upgrade\r\n\
         Upgrade: websocket\r\n\
         Sec-WebSocket-Accept: {}\r\n\r\n",
        derive_accept_key(key.ok_or(ErrorKind::InvalidData)?)
    );
    Ok(Some((response.into(), end + 4)))
}

/// The first frame in `bytes`, and its length. `None` if it is incomplete. Its
/// payload is unmasked in place.
pub(crate) fn decode(bytes: &mut [u8]) -> io::Result<Option<(Incoming, usize)>> {
    let [first, second, rest @ ..] = bytes else {
        return Ok(None);
    };
    let (length, header, rest) = match (*second, rest) {
        (masked @ 128..=253, rest) => (usize::from(masked - 128), 2, rest),
        (254, [a, b, rest @ ..]) => (usize::from(u16::from_be_bytes([*a, *b])), 4, rest),
        (254, _) => return Ok(None),
        _ => return Err(ErrorKind::InvalidData.into()),
    };
    let Some((key, rest)) = rest.split_first_chunk_mut::<4>() else {
        return Ok(None);
    };
    let Some(payload) = rest.get_mut(..length) else {
        return Ok(None);
    };
    for four in payload.chunks_mut(4) {
        four.iter_mut()
            .zip(&*key)
            .for_each(|(byte, key)| *byte ^= key);
    }
    let incoming = match *first {
        0x81 => request(payload)?,
        0x8A => Incoming::Pong,
        _ => return Err(ErrorKind::InvalidData.into()),
    };
    Ok(Some((incoming, header + 4 + length)))
}

fn request(payload: &[u8]) -> io::Result<Incoming> {
    if let Some(room) = payload.strip_prefix(JOIN) {
        let digits = room.iter().take_while(|byte| byte.is_ascii_digit());
        let room = digits.fold(0_u64, |room, digit| {
            room.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'))
        });
        return Ok(Incoming::Join(room));
    }
    let id = payload
        .strip_suffix(b"}")
        .and_then(<[u8]>::split_last_chunk);
    let (_, id) = id.ok_or(ErrorKind::InvalidData)?;
    Ok(Incoming::Create(*id))
}

/// Prepared frames, all of the same size.
pub(crate) struct Frames {
    pub(crate) joined: Bytes,
    /// Without the digits of the id and the brace after them.
    created: Vec<u8>,
}

impl Frames {
    pub(crate) fn new(payload_bytes: u16) -> Self {
        let frame = |action, status, id| {
            let begin = r#"{"errors":[],"data":{"text":""#;
            let end = format!(
                r#""}},"action":"{action}","response_status":{status},"request_id":{id}}}"#
            );
            let text = usize::from(payload_bytes).saturating_sub(begin.len() + end.len());
            let [high, low] = payload_bytes.to_be_bytes();
            let payload = format!("{begin}{:x<text$}{end}", "");
            [&[0x81, 126, high, low], payload.as_bytes()].concat()
        };
        let mut created = frame("create_message", 201, 10_u64.pow(18));
        created.truncate(created.len() - DIGITS - 1);
        Self {
            joined: frame("join_room", 200, 1).into(),
            created,
        }
    }

    /// The frame of a created message.
    pub(crate) fn created(&self, id: [u8; DIGITS]) -> Bytes {
        let mut frame = Vec::with_capacity(self.created.len() + DIGITS + 1);
        frame.extend_from_slice(&self.created);
        frame.extend_from_slice(&id);
        frame.push(b'}');
        frame.into()
    }
}

/// A ping without a payload.
pub(crate) const PING: Bytes = Bytes::from_static(&[0x89, 0]);
