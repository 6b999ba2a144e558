//! Encodes the types of the protocol as WebSocket frames.

use aftermatch_protocol::response::Frame;
use bytes::Bytes;

use crate::transport::frame::TextFrame;

/// The text frame with this JSON, which is written to its final place at once.
pub(crate) fn text(json: &impl Frame) -> Bytes {
    let mut frame = TextFrame::new();
    json.write(frame.payload());
    frame.finish()
}
