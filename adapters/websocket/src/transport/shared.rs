use bytes::Bytes;

use super::outbox::Outbox;

/// A text frame for any number of connections. It is compressed when the first of them needs
/// that, and once for all.
pub(crate) struct Shared {
    plain: Bytes,
    compressed: Option<Bytes>,
}

impl Shared {
    /// The frame as this connection receives it.
    pub(crate) fn to(&mut self, outbox: &Outbox) -> Bytes {
        if !outbox.compresses(&self.plain) {
            return self.plain.clone();
        }
        let plain = &self.plain;
        let compressed = self
            .compressed
            .get_or_insert_with(|| outbox.compress(plain));
        compressed.clone()
    }
}

impl From<Bytes> for Shared {
    fn from(plain: Bytes) -> Self {
        Self {
            plain,
            compressed: None,
        }
    }
}
