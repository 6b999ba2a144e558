//! The log of each room: its messages, what happened to them, and how far each
//! user has read. New messages are in `insert`.

mod delta;
mod edits;
mod history;
pub(crate) mod message_row;
mod messages;
mod read_positions;
