//! The log of each room: its events as they were, its messages as they are, and how
//! far each user has read. `write` adds to it.

mod audit;
mod delta;
mod events;
mod history;
mod logged;
pub(crate) mod message_row;
mod messages;
mod purge;
mod read_positions;
mod search;
mod versions;
