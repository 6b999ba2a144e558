/// A member of a room, connected once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    /// The number of the connection in this run.
    pub(crate) number: u64,
    /// The process of the server to which it connects.
    pub(crate) process: u64,
    pub(crate) room: u64,
    pub(crate) user: u64,
    /// Whether it writes.
    pub(crate) author: bool,
    /// Whether it offers compression. It counts the messages that it receives, and does not
    /// read them.
    pub(crate) compressed: bool,
    /// Whether it stops reading once it has joined.
    pub(crate) stalled: bool,
}
