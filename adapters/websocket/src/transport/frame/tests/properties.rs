//! The decoder against any input.

use proptest::{collection::vec, prelude::*};

use super::*;

/// One message as a client sends it.
#[derive(Debug, Clone)]
struct Sent {
    text: bool,
    fragments: Vec<Vec<u8>>,
    /// Pings, each with the index of the fragment before it.
    pings: Vec<(usize, Vec<u8>)>,
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    let length = prop_oneof![
        8 => 0..40_usize,
        4 => 100..300_usize,
        2 => 3_000..9_000_usize,
        1 => 65_500..65_600_usize,
    ];
    // Bytes whose period is no multiple of the mask's.
    (length, any::<u8>()).prop_map(|(length, first)| {
        let bytes = (0..=250_u8).cycle().map(|byte| byte.wrapping_add(first));
        bytes.take(length).collect()
    })
}

fn sent() -> impl Strategy<Value = Sent> {
    let pings = vec((0..5_usize, vec(any::<u8>(), 0..=125)), 0..4);
    (any::<bool>(), vec(payload(), 1..6), pings).prop_map(|(text, fragments, pings)| Sent {
        text,
        fragments,
        pings,
    })
}

impl Sent {
    /// Adds its frames to `bytes`, and what they are decoded to to `expected`.
    fn send(&self, bytes: &mut Vec<u8>, expected: &mut Vec<Incoming>) {
        let last = self.fragments.len() - 1;
        for (index, fragment) in self.fragments.iter().enumerate() {
            let opcode = match (index, self.text) {
                (0, true) => 0x1,
                (0, false) => 0x2,
                _ => 0x0,
            };
            let fin = if index == last { 0x80 } else { 0 };
            bytes.extend(frame(fin | opcode, fragment));
            for (_, ping) in self.pings.iter().filter(|(at, _)| *at == index && fin == 0) {
                bytes.extend(frame(0x89, ping));
                expected.push(Incoming::Ping(ping.clone().into()));
            }
        }
        expected.push(match self.text {
            true => Incoming::Text(self.fragments.concat().into()),
            false => Incoming::Binary,
        });
    }
}

/// Frames, most of them valid, and bytes that are no frames.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![
        12 => prop::sample::select(vec![0x81, 0x01, 0x00, 0x80, 0x82, 0x02, 0x89, 0x8A, 0x88]),
        1 => any::<u8>(),
    ];
    let piece = prop_oneof![
        6 => (first, vec(any::<u8>(), 0..130)).prop_map(|(first, payload)| frame(first, &payload)),
        2 => vec(any::<u8>(), 500..6_000).prop_map(|payload| frame(0x81, &payload)),
        1 => vec(any::<u8>(), 0..30),
    ];
    vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

/// The sizes of reads, repeated.
fn chunks() -> impl Strategy<Value = Vec<usize>> {
    let chunk = prop_oneof![3 => 1..20_usize, 2 => 20..2_000_usize, 1 => Just(usize::MAX)];
    vec(chunk, 1..20)
}

proptest! {
    #[test]
    fn message_is_decoded_whatever_the_chunks(
        sent in vec(sent(), 1..4),
        chunks in chunks(),
        share in any::<bool>(),
    ) {
        let (mut bytes, mut expected) = (Vec::new(), Vec::new());
        for message in &sent {
            message.send(&mut bytes, &mut expected);
        }
        let limit = 5 * 65_600;
        let mut chunks = chunks.iter().cycle().copied();
        let decoded = decode(limit, &bytes, share, || chunks.next().unwrap());
        prop_assert_eq!(decoded.violation, None);
        prop_assert!(decoded.incoming == expected);
    }

    #[test]
    fn buffer_keeps_to_limit_for_any_input(
        bytes in noise(),
        chunks in chunks(),
        share in any::<bool>(),
        limit in 0..8_000_usize,
    ) {
        let mut chunks = chunks.iter().cycle().copied();
        let decoded = decode(limit, &bytes, share, || chunks.next().unwrap());
        // All of a header and a message but the last byte.
        let max_buffered = limit.max(125) + 14;
        prop_assert!(decoded.max_buffered < max_buffered, "{} bytes", decoded.max_buffered);
        for incoming in decoded.incoming {
            if let Incoming::Text(text) = incoming {
                prop_assert!(text.len() <= limit);
            }
        }
    }

    #[test]
    fn random_bytes_take_little_memory(bytes in vec(any::<u8>(), 0..300), chunks in chunks()) {
        let mut chunks = chunks.iter().cycle().copied();
        let decoded = decode(1_000, &bytes, false, || chunks.next().unwrap());
        prop_assert!(decoded.max_buffered < 1_014);
    }
}
