//! The decoder of frames, against anything that a client may send.
//!
//! The input is a limit, a place where the bytes are cut, which also says whether compression
//! was negotiated, and the bytes.

#![no_main]

/// The codec itself, from its source: so nothing of it has to be public.
#[path = "../../adapters/websocket/src/transport"]
mod transport {
    #[allow(dead_code, reason = "not all of it can be checked without a socket")]
    pub mod frame;
}

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;

use self::transport::frame::{self, Decoder, Incoming, TextFrame, Violation};

/// The longest header of a client's frame.
const MAX_HEADER: usize = 14;

/// The most payload bytes of a control frame.
const MAX_CONTROL: usize = 125;

/// In the place of the cut: compression was negotiated.
const COMPRESSION: u8 = 0x80;

const KEY: [u8; 4] = [1, 2, 3, 4];

fuzz_target!(|input: &[u8]| {
    let [limit, cut, bytes @ ..] = input else {
        return;
    };
    let limit = 4 * usize::from(*limit);
    let compression = cut & COMPRESSION != 0;
    let cut = usize::from(cut & !COMPRESSION).min(bytes.len());
    let (before, after) = bytes.split_at(cut);
    let decoded = |chunks: &[&[u8]]| Decoded::of(limit, compression, chunks.iter().copied());
    let whole = decoded(&[bytes]);
    assert_eq!(whole, decoded(&[before, after]));
    assert_eq!(whole, decoded(&bytes.chunks(1).collect::<Vec<_>>()));
    for incoming in whole.incoming {
        check_encoded(incoming, limit);
    }
});

/// What was decoded, up to the first frame after which nothing may be decoded.
#[derive(Debug, PartialEq)]
struct Decoded {
    incoming: Vec<Incoming>,
    violation: Option<Violation>,
}

impl Decoded {
    fn of<'a>(limit: usize, compression: bool, chunks: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut decoder = Decoder::new(limit, compression);
        let mut buffer = BytesMut::new();
        let mut incoming = Vec::new();
        for chunk in chunks {
            buffer.extend_from_slice(chunk);
            loop {
                match decoder.next(&mut buffer) {
                    Ok(Some(last @ Incoming::Close(_))) => {
                        incoming.push(last);
                        return Self::new(incoming, None);
                    }
                    Ok(Some(next)) => incoming.push(next),
                    Ok(None) => break,
                    Err(violation) => return Self::new(incoming, Some(violation)),
                }
            }
            // All of a header and a message but the last byte.
            assert!(buffer.len() < limit.max(MAX_CONTROL) + MAX_HEADER);
        }
        Self::new(incoming, None)
    }

    fn new(incoming: Vec<Incoming>, violation: Option<Violation>) -> Self {
        Self {
            incoming,
            violation,
        }
    }
}

/// The same, encoded by the service and sent back by a client, is decoded to the same.
fn check_encoded(incoming: Incoming, limit: usize) {
    let frame = match &incoming {
        Incoming::Text(text) => {
            assert!(text.len() <= limit);
            let mut frame = TextFrame::new();
            frame.payload().extend_from_slice(text);
            frame.finish()
        }
        Incoming::Ping(payload) => {
            let mut ping = frame::pong(payload).to_vec();
            ping[0] = frame::ping()[0];
            ping.into()
        }
        Incoming::Close(Some(code)) => frame::close(*code, "a reason"),
        Incoming::Binary | Incoming::Fragment | Incoming::Pong | Incoming::Close(None) => return,
    };
    let compressed = frame::deflated(&frame).filter(|_| matches!(incoming, Incoming::Text(_)));
    let expected = Decoded::new(vec![incoming], None);
    for frame in [Some(frame), compressed].into_iter().flatten() {
        assert!(frame.len() <= limit.max(MAX_CONTROL) + MAX_HEADER);
        assert_eq!(Decoded::of(limit, true, [&*masked(&frame)]), expected);
    }
}

/// A frame of the service as a client sends it.
fn masked(frame: &[u8]) -> Vec<u8> {
    let header = match frame[1] {
        126 => 4,
        127 => 10,
        _ => 2,
    };
    let (header, payload) = frame.split_at(header);
    let mut masked = [header, &KEY].concat();
    masked[1] |= 0x80;
    let payload = payload.iter().zip(KEY.iter().cycle());
    masked.extend(payload.map(|(byte, key)| byte ^ key));
    masked
}
