//! Where the platform is notified of messages for users who are not connected.

use std::{path::PathBuf, sync::Arc};

use aftermatch::{HttpWebhook, SystemClock, WebhookAddress};
use aftermatch_webhook::Secrets;
use anyhow::{Context, bail};
use clap::Args;

const URL: &str = "CHAT_WEBHOOK_URL";
const SECRET_FILE: &str = "CHAT_WEBHOOK_SECRET_FILE";

#[derive(Args)]
pub(crate) struct Webhook {
    /// URL of the platform, to which messages for users who are not connected are posted.
    /// Without it, none are.
    #[arg(
        long = "webhook-url",
        env = "CHAT_WEBHOOK_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    webhook_url: Option<String>,
    /// File with the secret that signs these requests: whsec_ and base64, as Standard Webhooks
    /// has it. A second line may have the secret before, while it is replaced.
    #[arg(
        long = "webhook-secret-file",
        env = "CHAT_WEBHOOK_SECRET_FILE",
        value_name = "FILE"
    )]
    webhook_secret_file: Option<PathBuf>,
}

impl Webhook {
    pub(crate) fn is_given(&self) -> bool {
        self.webhook_url.is_some()
    }

    /// The address, if one is given. The parser of arguments would show a secret in it.
    pub(crate) fn address(&self) -> anyhow::Result<Option<WebhookAddress>> {
        let Some(url) = &self.webhook_url else {
            return Ok(None);
        };
        let address = WebhookAddress::parse(url);
        address.map(Some).with_context(|| URL.to_owned())
    }

    /// The platform, if it is to be notified.
    pub(crate) fn given(&self) -> anyhow::Result<Option<HttpWebhook>> {
        let (address, file) = match (self.address()?, &self.webhook_secret_file) {
            (None, None) => return Ok(None),
            (None, Some(_)) => bail!(
                "{SECRET_FILE} is set without {URL}: set {URL} to the platform's webhook, or leave \
                 the file out"
            ),
            (Some(_), None) => bail!(
                "{URL} is set without {SECRET_FILE}: requests are signed with a secret. Write one \
                 into a file: echo \"whsec_$(openssl rand -base64 32)\""
            ),
            (Some(address), Some(file)) => (address, file),
        };
        let source = format!("{} ({SECRET_FILE})", file.display());
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read the secret of the webhook in {source}"))?;
        let secrets = Secrets::parse(&text).with_context(|| source)?;
        let webhook = HttpWebhook::new(&address, secrets, Arc::new(SystemClock));
        webhook.map(Some).with_context(|| URL.to_owned())
    }
}
