//! Room events: the frames that everyone joined receives, and their variants for the
//! requester and for clients that missed them.

mod data;
mod frames;
mod notice;
pub(crate) mod published;

#[cfg(test)]
pub(crate) use self::notice::EVICTIONS;
pub use self::{
    frames::{event, existing_message, partly_deleted, replayed},
    notice::{reason, room_closed},
};
