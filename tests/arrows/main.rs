//! The arrows are law: which crate may name which, and which file may use which.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "every function here belongs to a test"
)]

mod crates;
mod files;
