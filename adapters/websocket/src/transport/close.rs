//! Why the service closes a connection.

use aftermatch_ports::model::Refusal;

/// Code and reason of a close frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Close {
    pub(crate) code: u16,
    pub(crate) reason: &'static str,
}

impl Close {
    pub(crate) const NORMAL: Self = Self::new(1000, "");
    pub(crate) const GOING_AWAY: Self = Self::new(1001, "the service is going away");
    pub(crate) const SILENT: Self = Self::new(1001, "nothing came for too long");
    pub(crate) const TOO_SLOW: Self = Self::new(1013, "too slow a reader: try again later");
    pub(crate) const DEACTIVATED: Self = Self::new(4401, "this user has been deactivated");
    pub(crate) const NO_RIGHT: Self = Self::new(4403, "no right to this endpoint any more");

    pub(crate) const fn new(code: u16, reason: &'static str) -> Self {
        Self { code, reason }
    }

    /// How a connection ends when its user has lost the right to be connected.
    pub(crate) fn after(refusal: &Refusal) -> Option<Self> {
        match refusal {
            Refusal::UserDeactivated => Some(Self::DEACTIVATED),
            Refusal::BrandRequired | Refusal::AdminRequired => Some(Self::NO_RIGHT),
            _ => None,
        }
    }
}
