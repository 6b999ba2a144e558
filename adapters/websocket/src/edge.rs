//! From a request for an endpoint to a session, or to a refusal.

pub(crate) mod extensions;
mod handshake;
pub(crate) mod limiter;
pub(crate) mod origin;
mod refusal;
mod upgrade;

pub(crate) use self::{refusal::no_such_path, upgrade::UpgradeHandler};
