//! What the platform writes: users, brands, rooms and their participants. Nothing
//! outside this folder reads these tables, except `precondition` for the locks of
//! writes. (`rooms.epoch`, `last_seq` and `last_at` are ours: the room's log and its last
//! event.)

pub(crate) mod cache;
pub(crate) mod candidates;
pub(crate) mod lanes;
pub(crate) mod people;
pub(crate) mod revisions;
mod room_words;
pub(crate) mod rooms;
pub(crate) mod tariff;
pub(crate) mod upsert;
pub(crate) mod write;
