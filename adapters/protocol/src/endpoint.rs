//! The two endpoints: where they are and what they are called.

use aftermatch_ports::model::Endpoint;

/// Both endpoints.
pub const ENDPOINTS: [Endpoint; 2] = [Endpoint::Chat, Endpoint::AdminChat];

/// The path of `endpoint`. A slash at its end is allowed.
#[must_use]
pub const fn path(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Chat => "/ws/chat",
        Endpoint::AdminChat => "/ws/admin-chat",
    }
}

/// The name of `endpoint`: the WebSocket subprotocol that browsers offer, and the
/// label in logs and metrics.
#[must_use]
pub const fn name(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Chat => "chat",
        Endpoint::AdminChat => "admin-chat",
    }
}
