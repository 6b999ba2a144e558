use bytes::Bytes;

use super::frame;
use crate::metrics::Metrics;

/// A text frame for any number of connections. It is compressed when the first of them needs
/// that, and once for all.
pub(crate) struct Shared {
    plain: Bytes,
    compressed: Option<Bytes>,
}

impl Shared {
    /// Of the text, in bytes.
    pub(super) fn length(&self) -> usize {
        frame::payload(&self.plain).len()
    }

    pub(super) fn plain(&self) -> Bytes {
        self.plain.clone()
    }

    /// The frame for those who compress: compressed, if that makes it smaller.
    pub(super) fn compressed(&mut self, metrics: &Metrics) -> Bytes {
        let plain = &self.plain;
        let compress = || {
            let compressed = frame::deflated(plain).unwrap_or_else(|| plain.clone());
            metrics.compressed(plain.len(), compressed.len());
            compressed
        };
        self.compressed.get_or_insert_with(compress).clone()
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
