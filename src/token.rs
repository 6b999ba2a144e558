//! `aftermatch token`.

use std::{io::Write, time::Duration};

use aftermatch::SystemClock;
use aftermatch_jwt::{Grant, Jwt};
use aftermatch_ports::{Clock, model::UserId};
use anyhow::Context;

use crate::settings::Token;

/// Prints a token for the user that was named.
pub(crate) fn print(arguments: &Token) -> anyhow::Result<()> {
    let secret = arguments.secret.given()?.context(
        "no secret: set CHAT_JWT_SECRET or CHAT_JWT_SECRET_FILE to that of the service \
         (one that made its own secret shows tokens when it starts)",
    )?;
    let token = issue(&Jwt::new(&secret), UserId(arguments.user), arguments.ttl)?;
    writeln!(std::io::stdout(), "{token}")?;
    Ok(())
}

/// An access token for `user`, good from now on for `ttl`.
pub(crate) fn issue(jwt: &Jwt, user: UserId, ttl: Duration) -> anyhow::Result<String> {
    let issued = SystemClock.now().unix_seconds();
    let ttl = i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX);
    let mut id = [0; 16];
    getrandom::fill(&mut id).context("no random numbers to be had")?;
    let id = format!("{:032x}", u128::from_be_bytes(id));
    let token = jwt.issue(Grant {
        user,
        issued,
        expires: issued.saturating_add(ttl),
        id: &id,
    });
    token.context("cannot sign a token")
}
