//! Access tokens that the program issues itself: for its demo, and for operators.

use std::time::Duration;

use aftermatch::{Jwt, SystemClock};
use aftermatch_jwt::Grant;
use aftermatch_ports::{Clock, model::UserId};
use anyhow::Context;

/// An access token for `user`, valid from now on for `ttl`.
pub(crate) fn issue(jwt: &Jwt, user: UserId, ttl: Duration) -> anyhow::Result<String> {
    let issued = SystemClock.now().unix_seconds();
    let ttl = i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX);
    let mut id = [0; 16];
    getrandom::fill(&mut id).context("cannot create a random token id")?;
    let id = format!("{:032x}", u128::from_be_bytes(id));
    let token = jwt.issue(Grant {
        user,
        issued,
        expires: issued.saturating_add(ttl),
        id: &id,
    });
    token.context("cannot sign a token")
}
