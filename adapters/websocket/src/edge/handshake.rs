//! The opening handshake (RFC 6455, section 4.2): what a request has to contain,
//! and the response that accepts it.

use std::collections::HashSet;

use aftermatch_ports::model::Endpoint;
use poem::{
    Response,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, uri::Authority},
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
        (None, _) => match *offered_protocols(headers)? {
            [name, .., token] if name == endpoint::name(endpoint) => Ok(token),
            _ => Err(no_token()),
        },
    }
}

/// The subprotocol to select: the endpoint's own, if it was offered.
pub(super) fn selected_protocol(
    headers: &HeaderMap,
    endpoint: Endpoint,
) -> Result<Option<&'static str>, Refusal> {
    let protocol = endpoint::name(endpoint);
    let offered = offered_protocols(headers)?;
    let all: HashSet<_> = offered.iter().collect();
    if all.len() < offered.len() {
        let sentence = "`Sec-WebSocket-Protocol` has an entry twice";
        return Err(Refusal::bad_request(sentence));
    }
    Ok(offered.contains(&protocol).then_some(protocol))
}

/// Checks that the request asks for a WebSocket, and returns its key.
pub(super) fn key(headers: &HeaderMap) -> Result<SecWebsocketKey, Refusal> {
    let asks = |name, word: &str| {
        let words = words(headers, name);
        words.map(|words| words.iter().any(|other| other.eq_ignore_ascii_case(word)))
    };
    let asks = asks(header::UPGRADE, "websocket")? && asks(header::CONNECTION, "upgrade")?;
    let mut versions = headers.get_all(header::SEC_WEBSOCKET_VERSION).iter();
    let (version, another) = (versions.next(), versions.next());
    if another.is_some() {
        let sentence = "more than one `Sec-WebSocket-Version` header: send one";
        return Err(Refusal::bad_request(sentence));
    }
    if !asks || version.is_none_or(|version| version != "13") {
        return Err(Refusal::upgrade_required());
    }
    let mut hosts = headers.get_all(header::HOST).iter();
    if !matches!((hosts.next(), hosts.next()), (Some(host), None) if is_host(host)) {
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
pub(super) fn accept(
    key: SecWebsocketKey,
    protocol: Option<&'static str>,
    extensions: Option<String>,
) -> Response {
    let mut response = Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .typed_header(Connection::upgrade())
        .typed_header(Upgrade::websocket())
        .typed_header(SecWebsocketAccept::from(key))
        .finish();
    let headers = response.headers_mut();
    if let Some(protocol) = protocol {
        let protocol = HeaderValue::from_static(protocol);
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    if let Some(Ok(extensions)) = extensions.map(HeaderValue::try_from) {
        headers.insert(header::SEC_WEBSOCKET_EXTENSIONS, extensions);
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

fn offered_protocols(headers: &HeaderMap) -> Result<Vec<&str>, Refusal> {
    words(headers, header::SEC_WEBSOCKET_PROTOCOL)
}

/// The entries of a list, which may be spread over several headers (RFC 9110, sections
/// 5.3 and 5.6.1). Each is a token; those of `Upgrade` may have a version after a slash.
fn words(headers: &HeaderMap, name: HeaderName) -> Result<Vec<&str>, Refusal> {
    let malformed = || Refusal::bad_request(format!("`{name}` is malformed"));
    let mut words = Vec::new();
    for value in headers.get_all(&name) {
        let list = value.to_str().map_err(|_| malformed())?.split(',');
        let list = list.map(|word| word.trim_matches([' ', '\t']));
        words.extend(list.filter(|word| !word.is_empty()));
    }
    let mut letters = words.iter().flat_map(|word| word.bytes());
    let versions = name == header::UPGRADE;
    if letters.all(|letter| is_token(letter) || (versions && letter == b'/')) {
        Ok(words)
    } else {
        Err(malformed())
    }
}

/// Whether a token may have this letter (RFC 9110, section 5.6.2).
pub(super) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_host(host: &HeaderValue) -> bool {
    let host = host.to_str().ok().filter(|host| !host.contains('@'));
    let host = host.and_then(|host| host.parse::<Authority>().ok());
    host.is_some_and(|host| host.as_str() == host.host() || host.port_u16().is_some())
}

#[cfg(test)]
mod tests {
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
    fn host_must_be_a_host() {
        for bad in ["", "a b", "a/b", "user@localhost", "localhost:port", "[::1"] {
            let refused = refused("host", &[("host", bad)]);
            assert_eq!(refused, Some(StatusCode::BAD_REQUEST), "{bad}");
        }
        for good in ["localhost", "localhost:8000", "[::1]:80", "192.0.2.1"] {
            assert_eq!(refused("host", &[("host", good)]), None, "{good}");
        }
    }

    #[test]
    fn lists_are_read_over_all_headers() {
        for (name, values) in [
            ("connection", &["keep-alive, Upgrade"][..]),
            ("connection", &["keep-alive", "upgrade"]),
            ("connection", &[" ,, UPGRADE ,"]),
            ("upgrade", &["h2c, WebSocket"]),
            ("upgrade", &["foo/1.0", "websocket"]),
        ] {
            let added: Vec<_> = values.iter().map(|value| (name, *value)).collect();
            assert_eq!(refused(name, &added), None, "{added:?}");
        }
        for (name, value, status) in [
            ("connection", "keep-alive", StatusCode::UPGRADE_REQUIRED),
            ("connection", "upgraded", StatusCode::UPGRADE_REQUIRED),
            ("connection", "\"Upgrade\"", StatusCode::BAD_REQUEST),
            ("connection", "up grade, Upgrade", StatusCode::BAD_REQUEST),
            ("upgrade", "h2c", StatusCode::UPGRADE_REQUIRED),
            ("upgrade", "websocket/13", StatusCode::UPGRADE_REQUIRED),
            ("upgrade", "web socket", StatusCode::BAD_REQUEST),
            ("upgrade", "websocket;q=1", StatusCode::BAD_REQUEST),
        ] {
            assert_eq!(refused(name, &[(name, value)]), Some(status), "{value}");
        }
    }

    #[test]
    fn version_must_be_thirteen_once() {
        const VERSION: &str = "sec-websocket-version";
        for bad in ["8", "013", "+13", "13, 8", ""] {
            let refused = refused(VERSION, &[(VERSION, bad)]);
            assert_eq!(refused, Some(StatusCode::UPGRADE_REQUIRED), "{bad}");
        }
        for another in ["13", "8"] {
            let refused = refused("", &[(VERSION, another)]);
            assert_eq!(refused, Some(StatusCode::BAD_REQUEST), "{another}");
        }
    }

    #[test]
    fn malformed_subprotocols_are_refused() {
        const PROTOCOL: &str = "sec-websocket-protocol";
        let selected = |added: &[(&str, &str)]| {
            let selected = selected_protocol(&headers("", added), Endpoint::Chat);
            selected.map_err(|refusal| refusal.status)
        };
        for offered in [
            &["chat"][..],
            &["a, chat"],
            &["a", "chat"],
            &["chat,"],
            &["\tchat ,a.b_c-d"],
        ] {
            let added: Vec<_> = offered.iter().map(|value| (PROTOCOL, *value)).collect();
            assert_eq!(selected(&added), Ok(Some("chat")), "{offered:?}");
        }
        for none in [&[][..], &[(PROTOCOL, "")], &[(PROTOCOL, "admin-chat")]] {
            assert_eq!(selected(none), Ok(None));
        }
        for bad in ["chat, a b", "\"chat\"", "chat, (", "chat, ж", "chat, chat"] {
            let bad = selected(&[(PROTOCOL, bad)]);
            assert_eq!(bad, Err(StatusCode::BAD_REQUEST));
        }
        let malformed = headers("", &[(PROTOCOL, "chat, (")]);
        let refusal = access_token(&malformed, Endpoint::Chat).expect_err("no token");
        assert_eq!(refusal.status, StatusCode::BAD_REQUEST);
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
