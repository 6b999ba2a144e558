//! The program on the live database of a platform that goes on writing its own tables.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "every function here belongs to a test"
)]

mod crashes;
mod platform;
mod story;
