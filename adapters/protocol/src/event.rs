//! Room events: what everyone joined receives without asking, and what it looks
//! like for those with another view of it.

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
