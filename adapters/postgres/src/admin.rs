//! What operators do: migrate, check, import, ask for the health.

pub(crate) mod check;
mod health;
pub(crate) mod import;
pub(crate) mod migrate;
