use std::time::Duration;

use aftermatch_model::{BrandId, Contact, RoomId, Timestamp};
use async_trait::async_trait;

/// Which brands are online: those with a connection at any process. A brand whose last
/// connection has ended is online for some seconds more, because a page that is loaded again
/// comes back.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Online: Send + Sync {
    /// Waits until brands come or go while somebody here follows presence.
    async fn changes(&self) -> Vec<PresenceChange>;

    /// Delivers a change to those who have joined these rooms or follow them: all rooms in
    /// which the brand is.
    fn deliver(&self, brand: BrandId, last_seen: Option<Timestamp>, rooms: &[RoomId]);

    /// From now on it is known which brands have connections at other processes, also while
    /// nobody here follows presence. It takes some moments until they have all said so.
    fn watch(&self);

    /// Whether the brand has a connection at any process, as far as is known.
    fn contact(&self, brand: BrandId) -> Contact;
}

/// A brand has come or gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PresenceChange {
    /// The brand.
    pub brand: BrandId,
    /// For how long it has been away; `None` if it is online.
    pub gone_for: Option<Duration>,
}
