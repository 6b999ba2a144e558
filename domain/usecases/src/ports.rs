use std::sync::Arc;

use aftermatch_ports::{
    Broadcast, Clock, Directory, History, Inbox, Log, Messages, Online, People, Presence,
    ReadPositions, Relay, Revisions, Rooms, Seats, Signals, Signatures, Tokens,
};

/// Everything the use cases need from the outside.
pub struct Ports {
    /// Users, brands and rooms, to write.
    pub directory: Arc<dyn Directory>,
    /// The users of the platform.
    pub people: Arc<dyn People>,
    /// The rooms.
    pub rooms: Arc<dyn Rooms>,
    /// Writing messages.
    pub messages: Arc<dyn Messages>,
    /// What happened in each room.
    pub log: Arc<dyn Log>,
    /// Reading messages.
    pub history: Arc<dyn History>,
    /// How far users have read.
    pub read_positions: Arc<dyn ReadPositions>,
    /// Changes in the store by others.
    pub revisions: Arc<dyn Revisions>,
    /// Events between processes.
    pub relay: Arc<dyn Relay>,
    /// Who has joined which room here.
    pub seats: Arc<dyn Seats>,
    /// Delivery to everyone joined here.
    pub broadcast: Arc<dyn Broadcast>,
    /// The newest state of rooms, to everyone here who follows them.
    pub inbox: Arc<dyn Inbox>,
    /// What is in no log.
    pub signals: Arc<dyn Signals>,
    /// Which brands are online.
    pub online: Arc<dyn Online>,
    /// Who is connected here.
    pub presence: Arc<dyn Presence>,
    /// Verification of tokens.
    pub tokens: Arc<dyn Tokens>,
    /// Verification of attachments. `None`: this service takes none.
    pub signatures: Option<Arc<dyn Signatures>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The longest text of a message, in Unicode scalar values.
    pub max_text_chars: usize,
    /// How far the clock of the issuer of tokens may differ, in seconds.
    pub token_leeway: u32,
}
