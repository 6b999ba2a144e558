//! Every action: what it does, who hears of it, and when it is refused.

mod deleting;
mod history;
mod joining;
mod listing;
mod marking;
mod retrying;
mod told;
mod writing;

use crate::harness::{answer_bytes, create, delete, edit, written};
