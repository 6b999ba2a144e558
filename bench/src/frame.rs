//! WebSocket frames as a client reads and writes them, without an allocation per
//! frame.
//!
//! Reading is done by hand: it happens for every delivered frame, and
//! `FrameHeader::parse` takes five times as long (17 ns in place of 3). The tool
//! shares the cores with the server, so that would change what is measured.

use tungstenite::{
    Result,
    protocol::frame::{
        FrameHeader,
        coding::{Data, OpCode},
    },
};

pub(crate) const FINAL: u8 = 0x80;
const RESERVED: u8 = 0x70;
const COMPRESSED: u8 = 0x40;
const MASKED: u8 = 0x80;

/// One mask for all frames. Masks must be unpredictable only to protect proxies
/// from scripts in browsers, and there are none here. A mask of zeros would save
/// work at both ends, and make the server look faster than it is.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame that the server sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub(crate) opcode: OpCode,
    pub(crate) compressed: bool,
    pub(crate) payload: &'a [u8],
}

/// The first frame in `bytes`, and the bytes after it. `None` if the frame is
/// incomplete. `compression`: whether it was negotiated.
///
/// # Errors
/// What the server did wrong, as the end of a sentence.
pub(crate) fn decode(
    bytes: &[u8],
    compression: bool,
) -> Result<Option<(Frame<'_>, &[u8])>, &'static str> {
    let [first, second, rest @ ..] = bytes else {
        return Ok(None);
    };
    let opcode = OpCode::from(first & 0x0f);
    if first & FINAL == 0 || opcode == OpCode::Data(Data::Continue) {
        return Err("sent a fragmented message, which this tool does not read");
    }
    let compressed = compression && first & COMPRESSED != 0;
    if (first & RESERVED != 0 && !compressed) || second & MASKED != 0 {
        return Err("sent a compressed or masked frame, which was not negotiated");
    }
    let (length, rest) = match (*second, rest) {
        (126, [a, b, rest @ ..]) => (u64::from(u16::from_be_bytes([*a, *b])), rest),
        (127, _) => match rest.split_first_chunk::<8>() {
            Some((length, rest)) => (u64::from_be_bytes(*length), rest),
            None => return Ok(None),
        },
        (126, _) => return Ok(None),
        (length, rest) => (u64::from(length), rest),
    };
    let length = usize::try_from(length).map_err(|_| "sent a frame that is too long")?;
    Ok(rest.split_at_checked(length).map(|(payload, rest)| {
        let frame = Frame {
            opcode,
            compressed,
            payload,
        };
        (frame, rest)
    }))
}

/// Appends a masked frame to `out`.
pub(crate) fn encode(out: &mut Vec<u8>, opcode: OpCode, payload: &[u8]) -> Result<()> {
    let header = FrameHeader {
        opcode,
        mask: Some(MASK),
        ..FrameHeader::default()
    };
    header.format(payload.len() as u64, out)?;
    let begin = out.len();
    out.extend_from_slice(payload);
    let (chunks, rest) = out.get_mut(begin..).unwrap_or_default().as_chunks_mut();
    for chunk in chunks {
        *chunk = (u32::from_ne_bytes(*chunk) ^ u32::from_ne_bytes(MASK)).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(MASK) {
        *byte ^= mask;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    const TEXT: OpCode = OpCode::Data(Data::Text);

    fn server_frame(header: FrameHeader, payload: &[u8]) -> Vec<u8> {
        let mut frame = Vec::new();
        let length = payload.len() as u64;
        header.format(length, &mut frame).expect("a header");
        frame.extend(payload);
        frame
    }

    fn text_frame(payload: &[u8]) -> Vec<u8> {
        server_frame(text_header(), payload)
    }

    fn text_header() -> FrameHeader {
        FrameHeader {
            opcode: TEXT,
            ..FrameHeader::default()
        }
    }

    #[test]
    fn frames_of_any_length_are_decoded() {
        let payloads = [vec![1; 125], vec![2; 126], vec![3; 65_536], vec![]];
        let stream: Vec<u8> = payloads
            .iter()
            .flat_map(|payload| text_frame(payload))
            .collect();
        let mut rest = stream.as_slice();
        for payload in &payloads {
            let (frame, after) = decode(rest, false).expect("valid").expect("complete");
            assert_eq!(frame.opcode, TEXT);
            assert_eq!(frame.payload, payload);
            rest = after;
        }
        assert!(rest.is_empty());
    }

    #[test]
    fn incomplete_frame_is_not_decoded() {
        for payload in [vec![7; 3], vec![7; 300], vec![7; 70_000]] {
            let whole = text_frame(&payload);
            for end in [0, 1, 2, 3, 5, 9, whole.len() - 1] {
                if end < whole.len() {
                    assert_eq!(decode(&whole[..end], false), Ok(None), "{end} bytes");
                }
            }
        }
    }

    #[test]
    fn forbidden_server_frame_is_an_error() {
        let mut fragment = text_header();
        fragment.is_final = false;
        let mut continuation = text_header();
        continuation.opcode = OpCode::Data(Data::Continue);
        let mut masked = text_header();
        masked.mask = Some(MASK);
        let mut compressed = text_header();
        compressed.rsv1 = true;
        for header in [fragment, continuation, masked, compressed] {
            let frame = server_frame(header.clone(), b"text");
            assert!(decode(&frame, false).is_err(), "{header:?}");
        }
    }

    #[test]
    fn negotiated_compression_is_seen() {
        let mut header = text_header();
        header.rsv1 = true;
        let frame = server_frame(header, b"text");
        let (frame, _) = decode(&frame, true).expect("valid").expect("complete");
        assert!(frame.compressed);
    }

    #[test]
    fn encoded_frame_has_masked_payload() {
        for length in [0, 5, 125, 126, 65_535, 65_536] {
            let payload: Vec<u8> = (0..length).map(|byte: usize| byte as u8).collect();
            let mut sent = vec![0xee];
            encode(&mut sent, TEXT, &payload).expect("written to memory");
            assert_eq!(sent[0], 0xee);

            let mut cursor = Cursor::new(&sent[1..]);
            let (header, read) = FrameHeader::parse(&mut cursor)
                .expect("valid")
                .expect("complete");
            assert_eq!((header.opcode, header.is_final), (TEXT, true));
            assert_eq!(read, length as u64);
            let mask = header.mask.expect("a mask");
            let masked = &sent[1 + cursor.position() as usize..];
            let unmasked: Vec<u8> = masked
                .iter()
                .zip(mask.iter().cycle())
                .map(|(byte, mask)| byte ^ mask)
                .collect();
            assert_eq!(unmasked, payload);
        }
    }
}
