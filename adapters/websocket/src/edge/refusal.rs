//! Refused handshakes.

use poem::{
    Body, Response,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
};

use aftermatch_protocol::{
    error::ProtocolError,
    response::{Frame, handshake_refused},
};

/// A handshake that does not succeed.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) sentence: String,
    /// For a refused `Origin`: what was sent, shortened.
    pub(super) origin: Option<String>,
}

/// The longest part of an `Origin` that is logged, in characters. Real ones are shorter.
const MAX_ORIGIN: usize = 200;

impl Refusal {
    pub(super) fn new(status: StatusCode, sentence: impl Into<String>) -> Self {
        Self {
            status,
            sentence: sentence.into(),
            origin: None,
        }
    }

    /// These `Origin` headers may not connect.
    pub(super) fn origin(headers: &HeaderMap, sentence: &str) -> Self {
        let origins = headers.get_all(header::ORIGIN).iter();
        let origins = origins.map(|origin| String::from_utf8_lossy(origin.as_bytes()));
        let origins = origins.collect::<Vec<_>>().join(", ");
        Self {
            origin: Some(origins.chars().take(MAX_ORIGIN).collect()),
            ..Self::new(StatusCode::FORBIDDEN, sentence)
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
            StatusCode::FORBIDDEN if self.origin.is_some() => "origin",
            StatusCode::FORBIDDEN => "right",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origin_and_right_are_two_reasons() {
        let mut headers = HeaderMap::new();
        let refused = |headers: &HeaderMap| Refusal::origin(headers, "not this one");
        assert_eq!(refused(&headers).reason(), "origin");
        assert_eq!(refused(&headers).origin.as_deref(), Some(""));
        for origin in ["https://one.example", "https://two.example"] {
            headers.append(header::ORIGIN, HeaderValue::from_static(origin));
        }
        let both = "https://one.example, https://two.example";
        assert_eq!(refused(&headers).origin.as_deref(), Some(both));
        let no_brand = Refusal::new(StatusCode::FORBIDDEN, "no brand");
        assert_eq!(no_brand.reason(), "right");
    }

    #[test]
    fn logged_origin_is_short_whatever_was_sent() {
        let mut headers = HeaderMap::new();
        let long = HeaderValue::from_bytes(&[0xFF; 10_000]).expect("a value");
        headers.insert(header::ORIGIN, long);
        let origin = Refusal::origin(&headers, "not this one").origin;
        assert_eq!(origin.expect("an origin").chars().count(), MAX_ORIGIN);
    }
}
