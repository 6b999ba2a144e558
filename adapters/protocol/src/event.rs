//! Room events: the frames that everyone joined receives, and their variants for the
//! requester and for clients that missed them.

mod data;
mod frames;
mod inbox;
mod notice;
pub(crate) mod published;

pub use self::{
    frames::{event, existing_message, partly_deleted, replayed},
    inbox::{presence, read, room_added, room_changed, room_removed, typing},
    notice::{reason, room_closed},
};
#[cfg(test)]
pub(crate) use self::{inbox::REMOVALS, notice::EVICTIONS};
