//! The opening handshake (RFC 6455, section 4.2): what a request has to contain,
//! and the response that accepts it.

use aftermatch_ports::model::Endpoint;
use poem::{
    Response,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    web::headers::{Connection, HeaderMapExt, SecWebsocketAccept, SecWebsocketKey, Upgrade},
};

use aftermatch_protocol::{
    endpoint,
    error::{ErrorCode, ProtocolError},
};

use super::refusal::Refusal;

/// The access token: from `Authorization`, else the last offered subprotocol after
/// the endpoint's own.
pub(super) fn access_token(headers: &HeaderMap, endpoint: Endpoint) -> Result<&str, Refusal> {
    let mut credentials = headers.get_all(header::AUTHORIZATION).iter();
    match (credentials.next(), credentials.next()) {
        (Some(credentials), None) => bearer(credentials),
        (Some(_), Some(_)) => Err(Refusal::bad_request(
            "more than one `Authorization` header: send one",
        )),
        (None, _) => match *offered_protocols(headers) {
            [name, .., token] if name == endpoint::name(endpoint) => Ok(token),
            _ => Err(no_token()),
        },
    }
}

/// The subprotocol to select: the endpoint's own, if it was offered.
pub(super) fn selected_protocol(headers: &HeaderMap, endpoint: Endpoint) -> Option<&'static str> {
    let protocol = endpoint::name(endpoint);
    offered_protocols(headers)
        .contains(&protocol)
        .then_some(protocol)
}

/// Checks that the request asks for a WebSocket, and returns its key.
pub(super) fn key(headers: &HeaderMap) -> Result<SecWebsocketKey, Refusal> {
    let upgrade = headers.get(header::UPGRADE).map(HeaderValue::as_bytes);
    let asks = upgrade.is_some_and(|upgrade| upgrade.eq_ignore_ascii_case(b"websocket"))
        && headers
            .typed_get::<Connection>()
            .is_some_and(|connection| connection.contains(header::UPGRADE));
    let version = headers.get(header::SEC_WEBSOCKET_VERSION);
    if !asks || version.is_none_or(|version| version != "13") {
        return Err(Refusal::upgrade_required());
    }
    if headers.get_all(header::HOST).iter().count() != 1 {
        return Err(Refusal::bad_request(
            "exactly one `Host` header is needed, such as `localhost:8000`",
        ));
    }
    if has_body(headers) {
        return Err(Refusal::bad_request(
            "a WebSocket handshake has no body: leave out `Content-Length` and `Transfer-Encoding`",
        ));
    }
    let mut keys = headers.get_all(header::SEC_WEBSOCKET_KEY).iter();
    match (keys.next(), keys.next()) {
        (Some(key), None) if is_key(key.as_bytes()) => headers.typed_get(),
        _ => None,
    }
    .ok_or_else(|| Refusal::bad_request("`Sec-WebSocket-Key` is missing or malformed"))
}

/// The response that makes the connection a WebSocket.
pub(super) fn accept(key: SecWebsocketKey, protocol: Option<&'static str>) -> Response {
    let mut response = Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .typed_header(Connection::upgrade())
        .typed_header(Upgrade::websocket())
        .typed_header(SecWebsocketAccept::from(key))
        .finish();
    if let Some(protocol) = protocol {
        let protocol = HeaderValue::from_static(protocol);
        response
            .headers_mut()
            .insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    response
}

/// A body would be read as frames.
fn has_body(headers: &HeaderMap) -> bool {
    headers.contains_key(header::TRANSFER_ENCODING)
        || headers
            .get_all(header::CONTENT_LENGTH)
            .iter()
            .any(|length| length != "0")
}

/// Whether this is 16 bytes in base64: 22 digits and the padding.
fn is_key(key: &[u8]) -> bool {
    match key {
        [digits @ .., b'=', b'='] => {
            digits.len() == 22
                && digits
                    .iter()
                    .all(|digit| digit.is_ascii_alphanumeric() || b"+/".contains(digit))
        }
        _ => false,
    }
}

fn no_token() -> Refusal {
    let sentence = "no access token: send the header `Authorization: Bearer <access token>`, or, \
                    from a browser, the token as the last entry of `Sec-WebSocket-Protocol`";
    ProtocolError::new(ErrorCode::InvalidToken, sentence).into()
}

fn bearer(credentials: &HeaderValue) -> Result<&str, Refusal> {
    let words: Option<Vec<_>> = credentials
        .to_str()
        .ok()
        .map(|text| text.split_whitespace().collect());
    match words.as_deref() {
        Some([scheme, token]) if scheme.eq_ignore_ascii_case("bearer") => Ok(token),
        _ => {
            let sentence = "`Authorization` must be `Bearer <access token>`, also if there is a token in \
                            `Sec-WebSocket-Protocol`: the header counts";
            Err(ProtocolError::new(ErrorCode::InvalidToken, sentence).into())
        }
    }
}

fn offered_protocols(headers: &HeaderMap) -> Vec<&str> {
    headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect()
}

#[cfg(test)]
mod tests {
    use poem::http::HeaderName;

    use super::*;

    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

    /// A complete handshake, to which `added` is added, or which it replaces.
    fn headers(without: &str, added: &[(&str, &str)]) -> HeaderMap {
        let complete = [
            ("host", "localhost"),
            ("connection", "Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", KEY),
        ];
        let rest = complete.iter().filter(|(name, _)| *name != without);
        rest.chain(added)
            .map(|(name, value)| {
                let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
                (name, HeaderValue::from_str(value).expect("a value"))
            })
            .collect()
    }

    fn refused(without: &str, added: &[(&str, &str)]) -> Option<StatusCode> {
        let refusal = key(&headers(without, added)).err()?;
        Some(refusal.status)
    }

    #[test]
    fn complete_handshake_is_accepted() {
        assert_eq!(refused("", &[]), None);
        assert_eq!(refused("", &[("content-length", "0")]), None);
    }

    #[test]
    fn key_must_be_sixteen_bytes_in_base64() {
        for bad in [
            "x",
            "!!!!",
            "",
            "dGhlIHNhbXBsZSBub25jZQ",
            "dGhlIHNhbXBsZSBub25jZQ=",
            "dGhlIHNhbXBsZSBub25jZ===",
            "dGhlIHNhbXBsZSBub25jZQA=",
            "dGhlIHNhbXBsZSBub25jZQ==QQ==",
            "dGhlIHNhbXBsZSBub25jZ-==",
        ] {
            let refused = refused("sec-websocket-key", &[("sec-websocket-key", bad)]);
            assert_eq!(refused, Some(StatusCode::BAD_REQUEST), "{bad}");
        }
        let twice = refused("", &[("sec-websocket-key", KEY)]);
        assert_eq!(twice, Some(StatusCode::BAD_REQUEST));
        let none = refused("sec-websocket-key", &[]);
        assert_eq!(none, Some(StatusCode::BAD_REQUEST));
    }

    #[test]
    fn host_must_be_there_once() {
        let missing = refused("host", &[]);
        assert_eq!(missing, Some(StatusCode::BAD_REQUEST));
        let twice = refused("", &[("host", "localhost")]);
        assert_eq!(twice, Some(StatusCode::BAD_REQUEST));
    }

    #[test]
    fn handshake_with_body_is_refused() {
        for body in [
            &[("content-length", "5")][..],
            &[("transfer-encoding", "chunked")],
            &[("content-length", "0"), ("content-length", "5")],
        ] {
            assert_eq!(refused("", body), Some(StatusCode::BAD_REQUEST), "{body:?}");
        }
    }

    #[test]
    fn two_authorization_headers_are_refused() {
        let bearer = ("authorization", "Bearer abc");
        let once = headers("", &[bearer]);
        assert_eq!(access_token(&once, Endpoint::Chat).ok(), Some("abc"));
        let twice = headers("", &[bearer, bearer]);
        let refusal = access_token(&twice, Endpoint::Chat).expect_err("two tokens");
        assert_eq!(refusal.status, StatusCode::BAD_REQUEST);
    }
}
