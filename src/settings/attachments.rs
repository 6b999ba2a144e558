//! The secret that the platform signs attachments with.

use std::path::PathBuf;

use aftermatch::AttachmentSignatures;
use anyhow::ensure;
use clap::Args;

use super::secret::{MIN_BYTES, read};

#[derive(Args)]
pub(crate) struct Attachments {
    /// File with the secret that the platform signs attachments with (HMAC-SHA256). Without
    /// it, messages with attachments are refused.
    #[arg(
        long = "attachment-secret-file",
        env = "CHAT_ATTACHMENT_SECRET_FILE",
        value_name = "FILE"
    )]
    attachment_secret_file: Option<PathBuf>,
}

impl Attachments {
    /// Verification of attachments, if there can be some.
    pub(crate) fn signatures(&self) -> anyhow::Result<Option<AttachmentSignatures>> {
        let Some(file) = &self.attachment_secret_file else {
            return Ok(None);
        };
        let source = format!("{} (CHAT_ATTACHMENT_SECRET_FILE)", file.display());
        let secret = read(file, &source)?;
        ensure!(
            secret.len() >= MIN_BYTES,
            "the secret in {source} has {} bytes: at least {MIN_BYTES} are needed, or it can be \
             guessed. It must be the one that the platform signs attachments with",
            secret.len(),
        );
        Ok(AttachmentSignatures::new(&secret))
    }
}
