//! The demo: how a service in memory shows that it can be tried.

pub(crate) mod banner;
pub(crate) mod people;

use std::time::Duration;

/// How long a token of the demo is valid.
const TOKEN_TTL: Duration = Duration::from_secs(24 * 60 * 60);
