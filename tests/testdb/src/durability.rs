//! How safe the data of a server is.

/// Whether what is committed must survive a crash.
#[derive(Clone, Copy)]
pub(crate) enum Durability {
    /// As Postgres comes.
    Default,
    /// A crash may lose everything; many tests may connect at once.
    Off,
}

impl Durability {
    /// Settings of the server, as `name=value`.
    pub(crate) fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Default => &[],
            Self::Off => &[
                "fsync=off",
                "synchronous_commit=off",
                "full_page_writes=off",
                "max_connections=300",
            ],
        }
    }
}
