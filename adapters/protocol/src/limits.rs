//! The limits of the wire that no operator can change. Each number is written once:
//! here, or in the core if a rule depends on it.

use aftermatch_ports::model::{ClientMsgId, Reason, SearchWords};
pub use aftermatch_ports::{
    MAX_DELETED,
    model::access::{MAX_IDS, MAX_REPLAY},
};

/// The longest string a `request_id` may be, in characters.
pub const MAX_REQUEST_ID_CHARS: usize = 64;

/// The longest `client_msg_id`, in characters.
pub const MAX_CLIENT_MSG_ID_CHARS: usize = ClientMsgId::MAX_CHARS;

/// The longest text to search for, in characters.
pub const MAX_SEARCH_CHARS: usize = SearchWords::MAX_CHARS;

/// The longest `reason` of a deletion, in characters.
pub const MAX_REASON_CHARS: usize = Reason::MAX_CHARS;

/// The longest `epoch` that a client sends back, in characters.
pub const MAX_EPOCH_CHARS: usize = 64;

/// The most rooms in one page of a list.
pub const MAX_ROOMS: usize = 1_000;

/// The most rooms in a list of rooms to follow.
pub const MAX_FOLLOWED: usize = 100;

/// The most messages, versions, or edits and deletions in one response, and the size of a
/// numbered page.
pub const MAX_MESSAGES: usize = 100;

/// The number of them in a response if the client gives no `limit`.
pub const DEFAULT_MESSAGES: usize = 50;
