//! The bytes of an attack.

use tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::frame::{self, FINAL};

/// Bytes of one write.
const BATCH_BYTES: usize = 64 * 1024;

pub(super) fn frame(opcode: OpCode, payload: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    frame::encode(&mut bytes, opcode, payload)?;
    Ok(bytes)
}

/// As many of them as fit into one write.
pub(super) fn batch(one: &[u8]) -> Vec<u8> {
    one.repeat((BATCH_BYTES / one.len()).max(1))
}

/// A message in fragments of one byte.
pub(super) fn fragments(text: &str) -> anyhow::Result<Vec<u8>> {
    let mut message = Vec::new();
    let last = text.len().saturating_sub(1);
    for (at, byte) in text.bytes().enumerate() {
        let kind = if at == 0 { Data::Text } else { Data::Continue };
        let mut fragment = frame(OpCode::Data(kind), &[byte])?;
        if let (true, Some(first)) = (at < last, fragment.first_mut()) {
            *first &= !FINAL;
        }
        message.extend(fragment);
    }
    Ok(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_last_fragment_is_final() {
        let message = fragments("abc").expect("a message");
        let firsts: Vec<_> = message.chunks(7).map(|fragment| fragment[0]).collect();
        assert_eq!(firsts, [0x01, 0x00, 0x80]);
    }
}
