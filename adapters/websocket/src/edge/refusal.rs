//! Refused handshakes.

use poem::{
    Body, Response,
    http::{HeaderName, HeaderValue, StatusCode, header},
};

use aftermatch_protocol::{
    error::ProtocolError,
    response::{Frame, handshake_refused},
};

/// A handshake that does not succeed.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) sentence: String,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, sentence: impl Into<String>) -> Self {
        Self {
            status,
            sentence: sentence.into(),
        }
    }

    pub(super) fn bad_request(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, sentence)
    }

    /// The request asks for no WebSocket, or for an unknown version.
    pub(super) fn upgrade_required() -> Self {
        let sentence = "this is a WebSocket endpoint: send `Connection: Upgrade`, \
                        `Upgrade: websocket` and `Sec-WebSocket-Version: 13`";
        Self::new(StatusCode::UPGRADE_REQUIRED, sentence)
    }

    /// The reason as a label of metrics.
    pub(super) fn reason(&self) -> &'static str {
        match self.status {
            StatusCode::UNAUTHORIZED => "token",
            StatusCode::FORBIDDEN => "origin_or_right",
            StatusCode::SERVICE_UNAVAILABLE => "unavailable",
            StatusCode::INTERNAL_SERVER_ERROR => "internal",
            _ => "no_handshake",
        }
    }

    /// What the status obliges the response to say.
    fn header(&self) -> Option<(HeaderName, &'static str)> {
        match self.status {
            StatusCode::UNAUTHORIZED => Some((header::WWW_AUTHENTICATE, "Bearer")),
            StatusCode::METHOD_NOT_ALLOWED => Some((header::ALLOW, "GET")),
            StatusCode::UPGRADE_REQUIRED => Some((header::SEC_WEBSOCKET_VERSION, "13")),
            _ => None,
        }
    }

    pub(super) fn into_response(self) -> Response {
        let body = handshake_refused(&self.sentence).to_vec();
        let mut response = Response::builder()
            .status(self.status)
            .content_type("application/json")
            .header(header::CONNECTION, "close")
            .body(Body::from(body));
        if let Some((name, value)) = self.header() {
            response
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

impl From<ProtocolError> for Refusal {
    fn from(error: ProtocolError) -> Self {
        let status = StatusCode::from_u16(error.code.status());
        Self::new(
            status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            error.sentence,
        )
    }
}

/// The response where there is no endpoint.
pub(crate) async fn no_such_path(error: poem::Error) -> Response {
    if error.status() == StatusCode::METHOD_NOT_ALLOWED {
        let sentence = "here is only something to GET";
        return Refusal::new(StatusCode::METHOD_NOT_ALLOWED, sentence).into_response();
    }
    let sentence =
        "there is nothing here: connect to `/ws/chat/` or `/ws/admin-chat/`, or read `/docs`";
    Refusal::new(StatusCode::NOT_FOUND, sentence).into_response()
}
