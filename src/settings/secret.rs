//! The secret that signs access tokens.

use std::path::{Path, PathBuf};

use aftermatch::Jwt;
use anyhow::{Context, bail, ensure};
use clap::Args;

use super::values::moment;

/// The secret is given in the environment or in a file, never as an argument:
/// every user of the machine can see arguments.
pub(crate) const VARIABLE: &str = "CHAT_JWT_SECRET";

/// The same for the secret before it.
pub(crate) const PREVIOUS_VARIABLE: &str = "CHAT_JWT_PREVIOUS_SECRET";

/// HS256 is weaker with a secret that is shorter than its hash, 32 bytes.
pub(crate) const MIN_BYTES: usize = 32;

/// With a shorter one, which can be guessed, no database is served.
const MIN_BYTES_FOR_DATABASE: usize = 16;

#[derive(Args)]
pub(crate) struct Secret {
    /// File with the secret that signs access tokens (HS256). The secret itself can
    /// be set in the environment as CHAT_JWT_SECRET, instead. Without a secret, a
    /// service in memory uses a random one.
    #[arg(
        long = "jwt-secret-file",
        env = "CHAT_JWT_SECRET_FILE",
        value_name = "FILE"
    )]
    file: Option<PathBuf>,
}

/// The secret of this run.
pub(crate) struct SigningSecret {
    pub(crate) bytes: Vec<u8>,
    /// It is random, because none is given. Nothing but this run accepts its
    /// tokens.
    pub(crate) is_random: bool,
}

impl Secret {
    /// The given secret, or a random one.
    pub(crate) fn given_or_random(&self) -> anyhow::Result<SigningSecret> {
        if let Some(bytes) = self.given()? {
            return Ok(SigningSecret {
                bytes,
                is_random: false,
            });
        }
        let mut bytes = vec![0; MIN_BYTES];
        getrandom::fill(&mut bytes).context("cannot create a random secret")?;
        Ok(SigningSecret {
            bytes,
            is_random: true,
        })
    }

    /// The secret of the platform, for a service with a database.
    pub(crate) fn of_platform(&self) -> anyhow::Result<SigningSecret> {
        let secret = self.given()?.context(
            "no secret: with a database, set CHAT_JWT_SECRET or CHAT_JWT_SECRET_FILE to the secret \
             that the platform signs access tokens with",
        )?;
        ensure!(
            secret.len() >= MIN_BYTES_FOR_DATABASE,
            "the secret has {} bytes (CHAT_JWT_SECRET or CHAT_JWT_SECRET_FILE): at least \
             {MIN_BYTES_FOR_DATABASE} are needed, or it can be guessed. Is it a placeholder?",
            secret.len(),
        );
        Ok(SigningSecret {
            bytes: secret,
            is_random: false,
        })
    }

    /// The secret, if one is given.
    pub(crate) fn given(&self) -> anyhow::Result<Option<Vec<u8>>> {
        given(VARIABLE, self.file.as_deref())
    }
}

/// The platform changes its secret: for a time, tokens of both are accepted.
#[derive(Args)]
pub(crate) struct PreviousSecret {
    /// File with the secret before the present one. Access tokens that were signed with it
    /// are accepted, too. The secret itself can be set in the environment as
    /// CHAT_JWT_PREVIOUS_SECRET, instead.
    #[arg(
        long = "jwt-previous-secret-file",
        env = "CHAT_JWT_PREVIOUS_SECRET_FILE",
        value_name = "FILE"
    )]
    previous_file: Option<PathBuf>,
    /// Until when the previous secret is accepted, such as 2027-01-31T12:00:00Z. By default
    /// as long as it is set.
    #[arg(long = "jwt-previous-until", env = "CHAT_JWT_PREVIOUS_UNTIL", value_name = "MOMENT", value_parser = moment)]
    previous_until: Option<i64>,
}

impl PreviousSecret {
    /// The previous secret, if one is given.
    pub(crate) fn given(&self) -> anyhow::Result<Option<Vec<u8>>> {
        given(PREVIOUS_VARIABLE, self.previous_file.as_deref())
    }

    /// Lets `jwt`, which has the secret `present`, accept tokens of the previous one.
    pub(crate) fn accepted_by(&self, jwt: Jwt, present: &SigningSecret) -> anyhow::Result<Jwt> {
        let Some(previous) = self.given()? else {
            ensure!(
                self.previous_until.is_none(),
                "CHAT_JWT_PREVIOUS_UNTIL is set, but no previous secret: set \
                 {PREVIOUS_VARIABLE} or {PREVIOUS_VARIABLE}_FILE, or remove it"
            );
            return Ok(jwt);
        };
        ensure!(
            !present.is_random,
            "{PREVIOUS_VARIABLE} is set, but no present secret: set {VARIABLE} or {VARIABLE}_FILE"
        );
        ensure!(
            previous != present.bytes,
            "{PREVIOUS_VARIABLE} is the same secret as {VARIABLE}: set the one that was in use \
             before, or remove it"
        );
        Ok(jwt.accepting_previous(&previous, self.previous_until))
    }
}

/// The secret in the variable or in the file. Files have the same name with `_FILE`.
fn given(variable: &str, file: Option<&Path>) -> anyhow::Result<Option<Vec<u8>>> {
    let value = std::env::var_os(variable).filter(|secret| !secret.is_empty());
    let (bytes, source) = match (value, file) {
        (Some(_), Some(_)) => {
            bail!("{variable} and {variable}_FILE are both set: remove one")
        }
        (None, None) => return Ok(None),
        (Some(secret), None) => (secret.into_encoded_bytes(), variable.to_owned()),
        (None, Some(file)) => {
            let source = format!("{} ({variable}_FILE)", file.display());
            (read(file, &source)?, source)
        }
    };
    ensure!(
        !bytes.is_empty(),
        "{source} is empty: it must contain the secret that signs access tokens"
    );
    if bytes.len() < MIN_BYTES {
        tracing::warn!(
            bytes = bytes.len(),
            "the secret in {variable} is short: HS256 needs at least {MIN_BYTES} bytes"
        );
    }
    Ok(Some(bytes))
}

/// The secret in a file. `source` names the file and its setting.
pub(super) fn read(file: &Path, source: &str) -> anyhow::Result<Vec<u8>> {
    let bytes =
        std::fs::read(file).with_context(|| format!("cannot read the secret in {source}"))?;
    // Editors end a file with a line break, which is not part of the secret.
    Ok(bytes.trim_ascii_end().to_vec())
}
