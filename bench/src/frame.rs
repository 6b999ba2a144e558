//! WebSocket framing from the client's end, with nothing allocated per frame.
//! A load tool on a general library would measure the library.

/// A frame of text.
pub(crate) const TEXT: u8 = 0x1;
/// The other end wants to close, or agrees to.
pub(crate) const CLOSE: u8 = 0x8;
/// The other end asks for a sign of life.
pub(crate) const PING: u8 = 0x9;
/// A sign of life.
pub(crate) const PONG: u8 = 0xA;

const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;

/// One key for all frames. Keys have to be beyond guessing to protect proxies
/// from scripts in browsers, and here is neither; that of zeros, which would
/// spare both ends the work, would flatter the server.
const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame that the server sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub(crate) opcode: u8,
    pub(crate) payload: &'a [u8],
}

/// The frame that `bytes` begin with and the bytes after it; `None` while some
/// of it is yet to come.
pub(crate) fn decode(bytes: &[u8]) -> Result<Option<(Frame<'_>, &[u8])>, &'static str> {
    let (first, second, rest) = match bytes {
        [first, second, rest @ ..] => (*first, *second, rest),
        _ => return Ok(None),
    };
    let opcode = first & 0x0f;
    if first & FINAL == 0 || opcode == 0 {
        return Err("sent a fragmented message, which this tool does not read");
    }
    if first & 0x70 != 0 || second & MASKED != 0 {
        return Err("sent a frame that no server may send");
    }
    let (length, rest) = match (second, rest) {
        (126, [a, b, rest @ ..]) => (u64::from(u16::from_be_bytes([*a, *b])), rest),
        (127, _) => match rest.split_first_chunk::<8>() {
            Some((length, rest)) => (u64::from_be_bytes(*length), rest),
            None => return Ok(None),
        },
        (126, _) => return Ok(None),
        (length, rest) => (u64::from(length), rest),
    };
    let length = usize::try_from(length).map_err(|_| "sent a frame beyond all bounds")?;
    Ok(rest
        .split_at_checked(length)
        .map(|(payload, rest)| (Frame { opcode, payload }, rest)))
}

/// Appends a frame to `out`, masked as those of clients are.
pub(crate) fn encode(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    out.push(FINAL | opcode);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(length @ ..126), _) => out.push(MASKED | length),
        (_, Ok(length)) => {
            out.push(MASKED | 126);
            out.extend_from_slice(&length.to_be_bytes());
        }
        _ => {
            out.push(MASKED | 127);
            out.extend_from_slice(&payload.len().to_be_bytes());
        }
    }
    out.extend_from_slice(&KEY);
    let begin = out.len();
    out.extend_from_slice(payload);
    let masked = out.get_mut(begin..).unwrap_or_default();
    for chunk in masked.chunks_mut(KEY.len()) {
        for (byte, key) in chunk.iter_mut().zip(KEY) {
            *byte ^= key;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_server(opcode: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![FINAL | opcode];
        match payload.len() {
            length @ 0..126 => frame.push(length as u8),
            length @ 126..65536 => {
                frame.push(126);
                frame.extend((length as u16).to_be_bytes());
            }
            length => {
                frame.push(127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend(payload);
        frame
    }

    #[test]
    fn frames_of_all_three_lengths_are_read_one_after_the_other() {
        let payloads = [vec![1; 125], vec![2; 126], vec![3; 65_536], vec![]];
        let stream: Vec<u8> = payloads
            .iter()
            .flat_map(|payload| from_server(TEXT, payload))
            .collect();
        let mut rest = stream.as_slice();
        for payload in &payloads {
            let (frame, after) = decode(rest).expect("a frame").expect("all of it");
            assert_eq!(frame.opcode, TEXT);
            assert_eq!(frame.payload, payload);
            rest = after;
        }
        assert!(rest.is_empty());
    }

    #[test]
    fn a_frame_is_waited_for_until_its_last_byte() {
        for payload in [vec![7; 3], vec![7; 300], vec![7; 70_000]] {
            let whole = from_server(TEXT, &payload);
            for end in [0, 1, 2, 3, 5, 9, whole.len() - 1] {
                if end < whole.len() {
                    assert_eq!(decode(&whole[..end]), Ok(None), "{end} bytes");
                }
            }
        }
    }

    #[test]
    fn what_a_server_may_not_send_is_noticed() {
        assert!(decode(&[TEXT, 0]).is_err(), "a first fragment");
        assert!(decode(&[FINAL, 0]).is_err(), "a continuation");
        assert!(decode(&[FINAL | TEXT, MASKED, 1, 2, 3, 4]).is_err());
        assert!(decode(&[FINAL | 0x40 | TEXT, 0]).is_err(), "compressed");
    }

    #[test]
    fn what_is_sent_comes_back_when_it_is_unmasked() {
        for length in [0, 5, 125, 126, 65_535, 65_536] {
            let payload: Vec<u8> = (0..length).map(|byte: usize| byte as u8).collect();
            let mut sent = vec![0xee];
            encode(&mut sent, TEXT, &payload);
            assert_eq!(sent[..2], [0xee, FINAL | TEXT]);
            assert_eq!(sent[2] & MASKED, MASKED);
            let masked = &sent[sent.len() - length..];
            let unmasked: Vec<u8> = masked
                .iter()
                .zip(KEY.iter().cycle())
                .map(|(byte, key)| byte ^ key)
                .collect();
            assert_eq!(unmasked, payload);
            let mut plain = sent[1..sent.len() - length - 4].to_vec();
            plain[1] &= !MASKED;
            plain.extend(&payload);
            let (frame, rest) = decode(&plain).expect("a frame").expect("all of it");
            assert_eq!((frame.payload, rest), (payload.as_slice(), &[][..]));
        }
    }
}
