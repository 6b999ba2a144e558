//! How safe the data of a server is.

/// Whether what is committed must survive a crash.
#[derive(Clone, Copy)]
pub(crate) enum Durability {
    /// As Postgres comes.
    Default,
    /// What is committed is on the standby too, so that it survives the loss of the primary.
    OnStandby,
    /// A crash may lose everything; many tests may connect at once.
    Off,
}

impl Durability {
    /// Settings of the server, as `name=value`.
    pub(crate) fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Default => &[],
            // Without this name a backup in progress would count as a standby.
            Self::OnStandby => &["cluster_name=standby", "synchronous_standby_names=standby"],
            Self::Off => &[
                "fsync=off",
                "synchronous_commit=off",
                "full_page_writes=off",
                "max_connections=300",
            ],
        }
    }
}
