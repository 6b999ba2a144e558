//! What all connections share.

use std::sync::Arc;

use aftermatch_ports::Chat;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    delivery::Hub,
    edge::{limiter::ConnectionLimiter, origin::Origin},
    failure::Failures,
    limits::Limits,
    session::{RequestLimiter, WriteLimiter},
    turn_queue::TurnQueue,
};

/// What all connections share.
pub(crate) struct ServerState {
    pub(crate) chat: Arc<dyn Chat>,
    pub(crate) hub: Arc<Hub>,
    /// The origins that may connect.
    pub(crate) origins: Vec<Origin>,
    pub(crate) connections: Arc<ConnectionLimiter>,
    /// How fast each connection may send.
    pub(crate) requests: RequestLimiter,
    /// How fast each user may write in a room.
    pub(crate) writes: WriteLimiter,
    /// Those who have used up their turn.
    pub(crate) turns: Arc<TurnQueue>,
    /// Those who wait for the store.
    pub(crate) waiting: TaskTracker,
    pub(crate) failures: Failures,
    pub(crate) limits: Limits,
    pub(crate) sessions: TaskTracker,
    pub(crate) shutdown: CancellationToken,
}
