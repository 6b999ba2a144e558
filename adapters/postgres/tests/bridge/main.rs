//! A chat on the live database of a platform.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "all of this is tests"
)]

mod checks;
mod directory;
mod grants;
mod install;
mod messages;
mod strange;
mod support;
mod triggers;
