use flate2::{Compress, Compression, FlushCompress};

use super::*;

/// The first byte of a compressed text in one frame.
const COMPRESSED: u8 = 0xC1;

/// What a client makes of a text.
fn deflate(text: &[u8], flush: FlushCompress) -> Vec<u8> {
    let mut stream = Compress::new(Compression::best(), false);
    let mut out = Vec::with_capacity(text.len() + 100);
    stream
        .compress_vec(text, &mut out, flush)
        .expect("deflated");
    out
}

/// A compressed payload as the RFC wants it: without the empty block at its end.
fn payload_of(text: &[u8]) -> Vec<u8> {
    let mut payload = deflate(text, FlushCompress::Sync);
    assert_eq!(payload.split_off(payload.len() - 4), [0, 0, 0xFF, 0xFF]);
    payload
}

/// What `bytes` decode to under a limit of 1,000 bytes, where compression was negotiated.
fn decoded(bytes: &[u8]) -> Result<Vec<Incoming>, Violation> {
    let mut results = [1, 3, usize::MAX].map(|chunk| {
        let decoded = decode_with(Decoder::new(1_000, true), bytes, true, || chunk);
        decoded.violation.map_or(Ok(decoded.incoming), Err)
    });
    let [one, three, all] = &mut results;
    assert_eq!(one, all);
    assert_eq!(three, all);
    std::mem::replace(all, Ok(Vec::new()))
}

fn text_from(payload: &[u8]) -> Result<Vec<Incoming>, Violation> {
    decoded(&frame(COMPRESSED, payload))
}

fn texts(text: &[u8]) -> Result<Vec<Incoming>, Violation> {
    Ok(vec![Incoming::Text(Bytes::copy_from_slice(text))])
}

/// The examples of RFC 7692, section 7.2.3.
#[test]
fn examples_of_rfc_are_decoded() {
    let hello = [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00];
    let stored = [
        0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00,
    ];
    let last_block = [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00];
    let two_blocks = [
        0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00,
    ];
    for payload in [&hello[..], &stored, &last_block, &two_blocks] {
        assert_eq!(text_from(payload), texts(b"Hello"), "{payload:x?}");
    }
    let fragments = [frame(0x41, &hello[..3]), frame(0x80, &hello[3..])].concat();
    assert_eq!(decoded(&fragments), texts(b"Hello"));
}

#[test]
fn compressed_messages_of_any_shape_are_decoded() {
    let text = "Hello, Hello, hello! ".repeat(40);
    let payload = payload_of(text.as_bytes());
    assert_eq!(text_from(&payload), texts(text.as_bytes()));
    for empty in [&[][..], &[0]] {
        assert_eq!(text_from(empty), texts(b""));
    }
    let (before, after) = payload.split_at(payload.len() / 2);
    let fragments = [
        frame(0x41, b""),
        frame(0x00, before),
        frame(0x89, b"?"),
        frame(0x80, after),
        frame(0x81, b"plain"),
        frame(0xC2, &payload),
    ];
    let expected = vec![
        Incoming::Ping(Bytes::from_static(b"?")),
        Incoming::Text(text.into()),
        text_of(b"plain"),
        Incoming::Binary,
    ];
    assert_eq!(decoded(&fragments.concat()), Ok(expected));
}

#[test]
fn several_last_blocks_are_one_message() {
    let block = deflate(b"Hello", FlushCompress::Finish);
    let all = [&block[..], &block, &block, &[0]].concat();
    assert_eq!(text_from(&all), texts(b"HelloHelloHello"));
}

#[test]
fn compression_bit_is_for_first_frames_only() {
    let violation = Err(Violation::Protocol("a reserved bit"));
    let hello = payload_of(b"Hello");
    let inside = [frame(0x41, &hello), frame(0xC0, b"")].concat();
    for bytes in [
        frame(0xC8, b""),
        frame(0xC9, b""),
        frame(0xCA, b""),
        frame(0xC0, &hello),
        frame(0xE1, &hello),
        frame(0xD1, &hello),
        inside,
    ] {
        assert_eq!(decoded(&bytes), violation, "{bytes:x?}");
    }
    assert_eq!(super::decoded(&frame(COMPRESSED, &hello)), violation);
}

#[test]
fn corrupt_messages_are_violations() {
    let payload = payload_of("any text, of some length".repeat(9).as_bytes());
    let cut = &payload[..payload.len() - 3];
    let far = payload_of(b"Hello, Hello").split_off(5);
    let without_end = [&payload[..], &deflate(b"more", FlushCompress::Sync)[..3]].concat();
    for bad in [&[0xFF; 9][..], b"Hello", &[0x07], cut, &far, &without_end] {
        assert_eq!(text_from(bad), Err(Violation::Corrupt), "{bad:x?}");
    }
    assert_eq!(Violation::Corrupt.close().code, 1007);
}

#[test]
fn limit_is_for_inflated_text() {
    let whole = payload_of(&[b'a'; 1_000]);
    assert_eq!(text_from(&whole), texts(&[b'a'; 1_000]));
    for length in [1_001, 1_000_000] {
        let bomb = payload_of(&vec![b'a'; length]);
        for bytes in [frame(COMPRESSED, &bomb), frame(0x41, &bomb)] {
            let bytes = [bytes, frame(0x80, b"")].concat();
            assert_eq!(decoded(&bytes), Err(Violation::TooBig), "{length}");
        }
    }
    let header = frame(COMPRESSED, &[0; 1_001])[..8].to_vec();
    assert_eq!(decoded(&header), Err(Violation::TooBig));
}

/// Reads frames of the server as a client does.
fn received(frames: &[Bytes]) -> Vec<Incoming> {
    let masked = frames.iter().flat_map(|sent| frame(sent[0], payload(sent)));
    let bytes: Vec<u8> = masked.collect();
    let decoded = decode_with(Decoder::new(1 << 20, true), &bytes, true, || usize::MAX);
    assert_eq!(decoded.violation, None);
    decoded.incoming
}

#[test]
fn compressed_frame_is_smaller_and_the_same_text() {
    for length in [100, 3_000, 100_000] {
        let words = (0..).flat_map(|n: u32| format!("{} words ", n % 99).into_bytes());
        let words: Vec<u8> = words.take(length).collect();
        let plain = text(&words);
        let compressed = deflated(&plain).expect("smaller");
        assert!(compressed.len() < plain.len());
        assert_eq!(received(&[compressed]), [Incoming::Text(words.into())]);
    }
}

#[test]
fn frame_that_would_not_be_smaller_is_not_compressed() {
    for payload in [&b""[..], b"Hello", b"0123456789abcdefghijklmnopqrstuvwxyz"] {
        assert_eq!(deflated(&text(payload)), None);
    }
}

#[test]
fn fragments_are_compressed_one_by_one() {
    let mut message = TextFrame::new();
    let mut frames = Vec::new();
    let mut whole = Vec::new();
    for part in ["begin ".repeat(100), String::new(), "end ".repeat(100)] {
        message.payload().extend_from_slice(part.as_bytes());
        whole.extend_from_slice(part.as_bytes());
        frames.extend(message.deflated_fragment());
    }
    frames.extend(message.deflated_finish());
    let bits: Vec<_> = frames.iter().map(|frame| frame[0]).collect();
    assert_eq!(bits, [0x41, 0x00, 0x00, 0x80]);
    let text = received(&frames).pop();
    assert_eq!(text, Some(Incoming::Text(whole.into())));
}
