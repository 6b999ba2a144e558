use bytes::{Bytes, BytesMut};

use super::*;

mod compressed;
mod peer;
mod properties;

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A client's frame, with the shortest form of its length.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = payload.len();
    let mut frame = match length {
        0..=125 => vec![first, 0x80 | length as u8],
        126..=0xFFFF => [&[first, 0xFE][..], &(length as u16).to_be_bytes()].concat(),
        _ => [&[first, 0xFF][..], &(length as u64).to_be_bytes()].concat(),
    };
    frame.extend(KEY);
    frame.extend(payload.iter().zip(KEY.iter().cycle()).map(|(a, b)| a ^ b));
    frame
}

fn text(payload: &[u8]) -> Bytes {
    let mut frame = TextFrame::new();
    frame.payload().extend_from_slice(payload);
    frame.finish()
}

/// What bytes were decoded to.
struct Decoded {
    /// Without fragments, of which there were so many.
    incoming: Vec<Incoming>,
    fragments: usize,
    violation: Option<Violation>,
    /// The most bytes that waited in the buffer at once.
    max_buffered: usize,
}

/// Decodes `bytes`, of which `chunk` are read at a time. `share`: the decoded texts
/// go on sharing the buffer's memory.
fn decode(limit: usize, bytes: &[u8], share: bool, chunk: impl FnMut() -> usize) -> Decoded {
    decode_with(Decoder::new(limit, false), bytes, share, chunk)
}

fn decode_with(
    mut decoder: Decoder,
    bytes: &[u8],
    share: bool,
    mut chunk: impl FnMut() -> usize,
) -> Decoded {
    let mut buffer = BytesMut::new();
    let (mut incoming, mut fragments, mut max_buffered) = (Vec::new(), 0, 0);
    let mut rest = bytes;
    loop {
        let violation = loop {
            match decoder.next(&mut buffer) {
                Ok(Some(Incoming::Text(text))) if !share => {
                    incoming.push(Incoming::Text(Bytes::copy_from_slice(&text)));
                }
                Ok(Some(Incoming::Fragment)) => fragments += 1,
                Ok(Some(other)) => incoming.push(other),
                Ok(None) => break None,
                Err(violation) => break Some(violation),
            }
        };
        if violation.is_none() {
            max_buffered = max_buffered.max(buffer.len());
        }
        if violation.is_some() || rest.is_empty() {
            return Decoded {
                incoming,
                fragments,
                violation,
                max_buffered,
            };
        }
        let (come, later) = rest.split_at(chunk().min(rest.len()));
        buffer.extend_from_slice(come);
        rest = later;
    }
}

/// What `bytes` decode to under a limit of 1,000 bytes.
fn decoded(bytes: &[u8]) -> Result<Vec<Incoming>, Violation> {
    let decoded = decode(1_000, bytes, true, || usize::MAX);
    decoded.violation.map_or(Ok(decoded.incoming), Err)
}

fn text_of(payload: &'static [u8]) -> Incoming {
    Incoming::Text(Bytes::from_static(payload))
}

#[test]
fn rfc_examples_are_decoded_and_encoded() {
    let hello = [0x7f, 0x9f, 0x4d, 0x51, 0x58];
    let masked = |first: u8| [&[first, 0x85][..], &KEY, &hello].concat();
    assert_eq!(decoded(&masked(0x81)), Ok(vec![text_of(b"Hello")]));
    let ping = Incoming::Ping(Bytes::from_static(b"Hello"));
    assert_eq!(decoded(&masked(0x89)), Ok(vec![ping]));
    assert_eq!(decoded(&masked(0x8A)), Ok(vec![Incoming::Pong]));
    assert_eq!(text(b"")[..], [0x81, 0]);
    assert_eq!(text(b"Hello")[..], *b"\x81\x05Hello");
    assert_eq!(pong(b"Hello")[..], *b"\x8A\x05Hello");
    assert_eq!(text(&[b'a'; 256])[..4], [0x81, 0x7E, 0x01, 0x00]);
    assert_eq!(
        text(&[b'a'; 65_536])[..10],
        [0x81, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0]
    );
}

#[test]
fn fragments_and_control_frames_interleave() {
    let bytes = [
        frame(0x01, b"He"),
        frame(0x89, b"?"),
        frame(0x00, b""),
        frame(0x8A, b""),
        frame(0x80, b"llo"),
        frame(0x82, b"binary"),
        frame(0x02, b"bin"),
        frame(0x80, b"ary"),
        frame(0x81, b"not UTF-8: \xFF"),
        frame(0x88, b"\x03\xE8bye"),
    ]
    .concat();
    let expected = vec![
        Incoming::Ping(Bytes::from_static(b"?")),
        Incoming::Pong,
        text_of(b"Hello"),
        Incoming::Binary,
        Incoming::Binary,
        text_of(b"not UTF-8: \xFF"),
        Incoming::Close(Some(1000)),
    ];
    assert_eq!(decoded(&bytes), Ok(expected));
}

#[test]
fn invalid_frames_are_violations() {
    let long = [&[0x81, 0xFE, 0, 125][..], &KEY].concat();
    let longer = [&[0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF][..], &KEY].concat();
    let top_bit = [&[0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0][..], &KEY].concat();
    let inside = |first| [frame(0x01, b"a"), frame(first, b"b")].concat();
    let after_end = [inside(0x80), frame(0x80, b"c")].concat();
    for (bytes, reason) in [
        (b"\x81\x05Hello".to_vec(), "a frame without a mask"),
        (frame(0xC1, b"a"), "a reserved bit"),
        (frame(0xA1, b"a"), "a reserved bit"),
        (frame(0x91, b"a"), "a reserved bit"),
        (frame(0x83, b"a"), "a reserved opcode"),
        (frame(0x87, b"a"), "a reserved opcode"),
        (frame(0x8B, b"a"), "a reserved opcode"),
        (frame(0x8F, b"a"), "a reserved opcode"),
        (frame(0x09, b"a"), "a control frame in fragments"),
        (frame(0x08, b""), "a control frame in fragments"),
        (frame(0x89, &[0; 126]), "a control frame over 125 bytes"),
        (frame(0x8A, &[0; 70_000]), "a control frame over 125 bytes"),
        (frame(0x80, b"a"), "nothing to continue"),
        (frame(0x00, b"a"), "nothing to continue"),
        (after_end, "nothing to continue"),
        (inside(0x81), "a message inside a message"),
        (inside(0x02), "a message inside a message"),
        (long, "a length longer than it need be"),
        (longer, "a length longer than it need be"),
        (top_bit, "a length with its top bit set"),
        (frame(0x88, b"\x03"), "half a close code"),
    ] {
        let violation = Violation::Protocol(reason);
        assert_eq!(decoded(&bytes), Err(violation), "{bytes:x?}");
        assert_eq!(violation.close().code, 1002);
    }
}

#[test]
fn close_codes_are_checked() {
    assert_eq!(decoded(&frame(0x88, b"")), Ok(vec![Incoming::Close(None)]));
    for code in [1000, 1003, 1007, 1011, 1012, 1014, 3000, 4401, 4999] {
        let close = frame(0x88, &u16::to_be_bytes(code));
        assert_eq!(decoded(&close), Ok(vec![Incoming::Close(Some(code))]));
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535] {
        let close = frame(0x88, &u16::to_be_bytes(code));
        let violation = Violation::Protocol("a close code that must not be sent");
        assert_eq!(decoded(&close), Err(violation), "{code}");
    }
}

#[test]
fn close_reason_must_be_utf8() {
    let close = |reason: &[u8]| frame(0x88, &[b"\x03\xE8", reason].concat());
    for good in ["", "bye", "пока", "🦀", "\0"] {
        let incoming = vec![Incoming::Close(Some(1000))];
        assert_eq!(decoded(&close(good.as_bytes())), Ok(incoming), "{good}");
    }
    for bad in [
        &b"\xFF"[..],
        b"bye\xC3",
        b"\xC0\x80",
        b"\xED\xA0\x80",
        b"\xF4\x90\x80\x80",
    ] {
        assert_eq!(decoded(&close(bad)), Err(Violation::NotUtf8), "{bad:x?}");
    }
    assert_eq!(Violation::NotUtf8.close().code, 1007);
}

#[test]
fn oversized_message_is_refused_by_header() {
    let header = |bytes: Vec<u8>, payload: usize| bytes[..bytes.len() - payload].to_vec();
    let whole = [0; 1_000];
    for first in [0x81, 0x82, 0x01, 0x02] {
        assert!(decoded(&frame(first, &whole)).is_ok());
        let over = header(frame(first, &[0; 1_001]), 1_001);
        assert_eq!(decoded(&over), Err(Violation::TooBig));
        // The limit is for all fragments together.
        let begun = [
            frame(first & 0x0F, &whole[1..]),
            frame(0x00, b"a"),
            header(frame(0x00, b"b"), 1),
        ]
        .concat();
        assert_eq!(decoded(&begun), Err(Violation::TooBig));
    }
    let greatest = [&[0x81, 0xFF, 0x7F][..], &[0xFF; 7], &KEY].concat();
    assert_eq!(decoded(&greatest), Err(Violation::TooBig));
    assert_eq!(Violation::TooBig.close().code, 1009);
}

#[test]
fn announced_payload_takes_no_memory() {
    for first in [0x81, 0x82, 0x01] {
        for (come, max_buffered) in [(8, 2_048), (3_000, 6_144)] {
            let begun = &frame(first, &[b'a'; 60_000])[..come];
            let decoded = decode(65_536, begun, false, || usize::MAX);
            assert!(
                decoded.max_buffered <= max_buffered,
                "{} bytes",
                decoded.max_buffered
            );
        }
    }
}

#[test]
fn each_fragment_is_reported_and_the_message_once() {
    for (first, read) in [(0x01, 1), (0x02, 3), (0x01, usize::MAX)] {
        let mut bytes = frame(first, b"");
        bytes.extend(frame(0x00, b"a"));
        bytes.extend(frame(0x89, b"ping"));
        bytes.extend(frame(0x00, b""));
        bytes.extend(frame(0x80, b"b"));
        let decoded = decode(1_000, &bytes, true, || read);
        assert_eq!(decoded.fragments, 3);
        assert_eq!(decoded.incoming.len(), 2, "the ping and the message");
    }
}

#[test]
fn message_is_encoded_in_fragments() {
    let mut message = TextFrame::new();
    message.payload().extend_from_slice(b"Hel");
    assert_eq!(message.fragment()[..], *b"\x01\x03Hel");
    assert_eq!(message.fragment()[..], *b"\x00\x00");
    message.payload().extend_from_slice(&[b'l'; 200]);
    assert_eq!(message.finish()[..5], *b"\x80\x7E\x00\xC8l");
}

#[test]
fn tiny_fragments_take_little_memory() {
    let mut bytes = frame(0x01, b"");
    for _ in 0..1_000 {
        bytes.extend(frame(0x00, b"a"));
        bytes.extend(frame(0x00, b"").repeat(10));
    }
    bytes.extend(frame(0x80, b""));
    let mut decoded = decode(1_000, &bytes, true, || 1_500);
    assert!(
        decoded.max_buffered <= 2 * 1024,
        "{} bytes",
        decoded.max_buffered
    );
    let Some(Incoming::Text(text)) = decoded.incoming.pop() else {
        panic!("no text");
    };
    assert_eq!(text, [b'a'; 1_000][..]);
    let memory = text.try_into_mut().expect("no other owner");
    assert_eq!(memory.capacity(), 1_000);
}

#[test]
fn whole_frame_is_not_copied() {
    let mut buffer = BytesMut::from(&frame(0x81, b"Hello")[..]);
    let begin = buffer.as_ptr().addr();
    let Ok(Some(Incoming::Text(text))) = Decoder::new(1_000, false).next(&mut buffer) else {
        panic!("no text");
    };
    assert_eq!(text.as_ptr().addr(), begin + 6);
}

#[test]
fn control_frames_are_cut_to_limit() {
    assert_eq!(ping()[..], [0x89, 0]);
    assert_eq!(close(1001, "bye")[..], *b"\x88\x05\x03\xE9bye");
    assert_eq!(close(1000, "")[..], *b"\x88\x02\x03\xE8");
    let cut = close(1000, &"a".repeat(200));
    assert_eq!((cut[1], cut.len()), (125, 127));
    // The cut is moved to the beginning of a letter.
    let cut = close(1000, &"ж".repeat(100));
    assert_eq!((cut[1], &cut[4..]), (124, "ж".repeat(61).as_bytes()));
    assert_eq!(pong(&[0; 200]).len(), 127);
}
