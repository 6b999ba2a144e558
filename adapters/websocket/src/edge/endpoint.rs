//! The endpoints as the handshake knows them.

use aftermatch_ports::model::Endpoint;

/// The paths of the endpoints. Each is served with a slash at its end, too.
pub(crate) const PATHS: [(&str, Endpoint); 2] = [
    ("/ws/chat", Endpoint::Chat),
    ("/ws/admin-chat", Endpoint::AdminChat),
];

/// The subprotocol by which browsers ask for an endpoint.
pub(crate) fn protocol(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Chat => "chat",
        Endpoint::AdminChat => "admin-chat",
    }
}
