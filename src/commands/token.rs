//! `aftermatch token`.

use std::io::Write;

use aftermatch::Jwt;
use aftermatch_ports::model::UserId;
use anyhow::Context;

use crate::{access_token, settings::Token};

pub(super) fn run(settings: &Token) -> anyhow::Result<()> {
    let secret = settings.secret.given()?.context(
        "no secret: set CHAT_JWT_SECRET or CHAT_JWT_SECRET_FILE to the secret of the service \
         (a service with a random secret prints tokens when it starts)",
    )?;
    let user = UserId(settings.user);
    let token = access_token::issue(&Jwt::new(&secret), user, settings.ttl)?;
    writeln!(std::io::stdout(), "{token}")?;
    Ok(())
}
