//! The statements that insert messages.
//!
//! | file | what it does |
//! |---|---|
//! | `strategy` | which statement: `single`, `fast_path` or `partial` |
//! | `rejected` | why a message was not inserted |
//! | `batch` | what these statements share |

mod batch;
mod fast_path;
mod partial;
mod rejected;
mod single;
mod strategy;

pub(super) use self::{rejected::explain, strategy::insert};
