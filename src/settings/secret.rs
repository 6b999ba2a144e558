//! The secret that signs access tokens.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use clap::Args;

/// The secret is given in the environment or in a file, never as an argument:
/// every user of the machine can see arguments.
pub(super) const VARIABLE: &str = "CHAT_JWT_SECRET";

/// HS256 is weaker with a secret that is shorter than its hash, 32 bytes.
const MIN_BYTES: usize = 32;

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
    pub(crate) fn of_platform(&self) -> anyhow::Result<Vec<u8>> {
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
        Ok(secret)
    }

    /// The secret, if one is given.
    pub(crate) fn given(&self) -> anyhow::Result<Option<Vec<u8>>> {
        let variable = std::env::var_os(VARIABLE).filter(|secret| !secret.is_empty());
        let (bytes, source) = match (variable, &self.file) {
            (Some(_), Some(_)) => {
                bail!("CHAT_JWT_SECRET and CHAT_JWT_SECRET_FILE are both set: remove one")
            }
            (None, None) => return Ok(None),
            (Some(secret), None) => (secret.into_encoded_bytes(), VARIABLE.to_owned()),
            (None, Some(file)) => (
                read(file)?,
                format!("{} (CHAT_JWT_SECRET_FILE)", file.display()),
            ),
        };
        ensure!(
            !bytes.is_empty(),
            "{source} is empty: it must contain the secret that signs access tokens"
        );
        if bytes.len() < MIN_BYTES {
            tracing::warn!(
                bytes = bytes.len(),
                "the secret is short: HS256 needs at least {MIN_BYTES} bytes"
            );
        }
        Ok(Some(bytes))
    }
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = std::fs::read(file).with_context(|| {
        let name = file.display();
        format!("cannot read the secret in {name} (CHAT_JWT_SECRET_FILE)")
    })?;
    // Editors end a file with a line break, which is not part of the secret.
    Ok(bytes.trim_ascii_end().to_vec())
}
