//! What operators do: migrate, check, inspect, import, ask for the health.

pub(crate) mod check;
mod health;
pub(crate) mod import;
pub(crate) mod inspect;
pub(crate) mod migrate;
mod schema;
