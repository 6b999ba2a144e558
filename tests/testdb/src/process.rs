//! A server of ours, from Docker or from local binaries.

use url::Url;

use crate::{
    choice::{self, Source},
    container::Container,
    durability::Durability,
    local::Local,
};

pub(crate) enum Process {
    Container(Container),
    Local(Local),
}

impl Process {
    /// Starts a server from the first source that gives one.
    pub(crate) async fn start(durability: Durability) -> Result<Self, String> {
        let mut failures = String::new();
        for source in choice::sources()? {
            let (name, started) = match source {
                Source::Docker => (
                    "docker",
                    Container::start(durability).await.map(Self::Container),
                ),
                Source::Local => ("local", Local::start(durability).await.map(Self::Local)),
            };
            match started {
                Ok(process) => return Ok(process),
                Err(error) => failures += &format!("\n{name}: {error}"),
            }
        }
        Err(format!("{}{failures}", choice::ADVICE))
    }

    pub(crate) fn url(&self) -> Url {
        match self {
            Self::Container(container) => container.url(),
            Self::Local(local) => local.url(),
        }
    }

    pub(crate) async fn stop(&self) -> Result<(), String> {
        match self {
            Self::Container(container) => container.stop().await,
            Self::Local(local) => local.stop().await,
        }
    }

    pub(crate) async fn start_again(&self) -> Result<(), String> {
        match self {
            Self::Container(container) => container.start_again().await,
            Self::Local(local) => local.start_again().await,
        }
    }

    pub(crate) async fn freeze(&self) -> Result<(), String> {
        match self {
            Self::Container(container) => container.freeze().await,
            Self::Local(local) => local.freeze().await,
        }
    }

    pub(crate) async fn thaw(&self) -> Result<(), String> {
        match self {
            Self::Container(container) => container.thaw().await,
            Self::Local(local) => local.thaw().await,
        }
    }
}
