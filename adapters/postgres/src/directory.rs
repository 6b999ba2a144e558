//! What the platform writes: users, brands, rooms and their participants. Nothing
//! outside this folder reads these tables, except `precondition` for the locks of
//! writes. (`rooms.last_seq` is ours: the number of the room's last event.)

pub(crate) mod cache;
pub(crate) mod people;
pub(crate) mod revisions;
pub(crate) mod rooms;
pub(crate) mod tariff;
