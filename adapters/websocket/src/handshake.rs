//! Who may come in: origin, token, right, and then the upgrade.

use std::sync::Arc;

use aftermatch_ports::{
    Chat,
    model::{Endpoint, Session},
};
use aftermatch_protocol::{
    endpoint,
    error::{ErrorCode, ProtocolError},
    response::{Frame, handshake_refused},
};
use bytes::BytesMut;
use futures_util::FutureExt;
use poem::{
    Body, Request, Response, Upgraded,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    web::headers::{Connection, HeaderMapExt, SecWebsocketAccept, SecWebsocketKey, Upgrade},
};
use tokio::io::AsyncReadExt;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

use crate::{
    Limits, acceptor::Wires, admission::Admission, failure, hub::Hub, origin::Origin, session,
};

/// What all connections have in common.
pub(crate) struct Shared {
    pub(crate) chat: Arc<dyn Chat>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) origins: Vec<Origin>,
    pub(crate) admission: Arc<Admission>,
    pub(crate) limits: Limits,
    pub(crate) sessions: TaskTracker,
    pub(crate) shutdown: CancellationToken,
    pub(crate) wires: Arc<Wires>,
}

/// One of the two endpoints.
pub(crate) struct Door {
    endpoint: Endpoint,
    shared: Arc<Shared>,
}

impl Door {
    pub(crate) fn new(endpoint: Endpoint, shared: Arc<Shared>) -> Self {
        Self { endpoint, shared }
    }

    async fn open(&self, request: &Request) -> Result<Response, Refused> {
        if request.method() != Method::GET {
            let sentence = "a WebSocket handshake is a GET request";
            return Err(Refused::new(StatusCode::METHOD_NOT_ALLOWED, sentence));
        }
        let headers = request.headers();
        self.check_origin(headers)?;
        let offered = offered_protocols(headers);
        let token = match headers.get(header::AUTHORIZATION) {
            Some(credentials) => bearer(credentials)?,
            None => self.token_of(&offered).ok_or_else(no_token)?,
        };
        let session = self.shared.chat.connect(token, self.endpoint).await;
        let session = session.map_err(failure::report)?;
        let upgrade = Handshake::read(request)?;
        let protocol = endpoint::name(self.endpoint);
        let protocol = offered.contains(&protocol).then_some(protocol);
        let response = upgrade.accept(protocol);
        self.spawn(request, session)?;
        Ok(response)
    }

    fn check_origin(&self, headers: &HeaderMap) -> Result<(), Refused> {
        let origins: Vec<_> = headers.get_all(header::ORIGIN).iter().collect();
        let forbidden = |sentence| Refused::new(StatusCode::FORBIDDEN, sentence);
        let [origin] = origins.as_slice() else {
            return Err(forbidden(
                "exactly one `Origin` header is needed, such as `http://localhost:80`",
            ));
        };
        let presented = origin
            .to_str()
            .ok()
            .and_then(|text| text.parse::<Origin>().ok());
        let admitted = presented.is_some_and(|presented| {
            self.shared
                .origins
                .iter()
                .any(|entry| entry.admits(&presented))
        });
        if admitted {
            Ok(())
        } else {
            Err(forbidden("this `Origin` may not connect"))
        }
    }

    /// The token is the last entry behind the endpoint's own name.
    fn token_of<'a>(&self, offered: &[&'a str]) -> Option<&'a str> {
        match offered {
            [name, .., token] if *name == endpoint::name(self.endpoint) => Some(token),
            _ => None,
        }
    }

    fn spawn(&self, request: &Request, session: Session) -> Result<(), Refused> {
        let (Ok(upgrade), Some(wire)) = (
            request.take_upgrade(),
            self.shared.wires.take(request.remote_addr()),
        ) else {
            return Err(no_upgrade());
        };
        let span = tracing::info_span!(
            "connection",
            id = session.id.0,
            user = session.user.0,
            endpoint = endpoint::name(self.endpoint),
        );
        let shared = self.shared.clone();
        let run = async move {
            let Ok(upgraded) = upgrade.await else {
                return;
            };
            let Some(reader) = wire.take_reader() else {
                return;
            };
            let early = read_early(upgraded);
            session::run((reader, early), wire.writer, session, &shared).await;
        };
        self.shared.sessions.spawn(run.instrument(span));
        Ok(())
    }
}

impl poem::Endpoint for Door {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        Ok(self.open(&request).await.unwrap_or_else(|refused| {
            let reason = refused.reason();
            self.shared.hub.metrics().refuse(reason);
            tracing::info!(
                status = refused.status.as_u16(),
                sentence = refused.sentence,
                reason,
                endpoint = endpoint::name(self.endpoint),
                remote = %request.remote_addr(),
                "handshake refused"
            );
            refused.into_response()
        }))
    }
}

/// The answer to every path that is no endpoint.
pub(crate) async fn no_such_path(error: poem::Error) -> Response {
    if error.status() == StatusCode::METHOD_NOT_ALLOWED {
        let sentence = "here is only something to GET";
        return Refused::new(StatusCode::METHOD_NOT_ALLOWED, sentence).into_response();
    }
    let sentence =
        "there is nothing here: connect to `/ws/chat/` or `/ws/admin-chat/`, or read `/docs`";
    Refused::new(StatusCode::NOT_FOUND, sentence).into_response()
}

/// A handshake that is not to be.
struct Refused {
    status: StatusCode,
    sentence: String,
    header: Option<(HeaderName, &'static str)>,
}

impl Refused {
    fn new(status: StatusCode, sentence: impl Into<String>) -> Self {
        let header = match status {
            StatusCode::UNAUTHORIZED => Some((header::WWW_AUTHENTICATE, "Bearer")),
            StatusCode::METHOD_NOT_ALLOWED => Some((header::ALLOW, "GET")),
            StatusCode::UPGRADE_REQUIRED => Some((header::SEC_WEBSOCKET_VERSION, "13")),
            _ => None,
        };
        Self {
            status,
            sentence: sentence.into(),
            header,
        }
    }

    /// The reason as a word, for those who count.
    fn reason(&self) -> &'static str {
        match self.status {
            StatusCode::UNAUTHORIZED => "token",
            StatusCode::FORBIDDEN => "origin_or_right",
            StatusCode::SERVICE_UNAVAILABLE => "unavailable",
            StatusCode::INTERNAL_SERVER_ERROR => "internal",
            _ => "no_handshake",
        }
    }

    fn into_response(self) -> Response {
        let body = handshake_refused(&self.sentence).to_vec();
        let mut response = Response::builder()
            .status(self.status)
            .content_type("application/json")
            .header(header::CONNECTION, "close")
            .body(Body::from(body));
        if let Some((name, value)) = self.header {
            response
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

impl From<ProtocolError> for Refused {
    fn from(error: ProtocolError) -> Self {
        let status = StatusCode::from_u16(error.code.status());
        Self::new(
            status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            error.sentence,
        )
    }
}

fn no_token() -> Refused {
    let sentence = "no access token: send the header `Authorization: Bearer <access token>`, or, \
                    from a browser, the token as the last entry of `Sec-WebSocket-Protocol`";
    ProtocolError::new(ErrorCode::InvalidToken, sentence).into()
}

fn bearer(credentials: &HeaderValue) -> Result<&str, Refused> {
    let words: Option<Vec<_>> = credentials
        .to_str()
        .ok()
        .map(|text| text.split_whitespace().collect());
    match words.as_deref() {
        Some([scheme, token]) if scheme.eq_ignore_ascii_case("bearer") => Ok(token),
        _ => {
            let sentence = "`Authorization` must be `Bearer <access token>`";
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

/// A well-formed wish to speak WebSocket.
struct Handshake {
    key: SecWebsocketKey,
}

impl Handshake {
    fn read(request: &Request) -> Result<Self, Refused> {
        let headers = request.headers();
        let upgrade = headers.get(header::UPGRADE).map(HeaderValue::as_bytes);
        let asks = upgrade.is_some_and(|upgrade| upgrade.eq_ignore_ascii_case(b"websocket"))
            && headers
                .typed_get::<Connection>()
                .is_some_and(|connection| connection.contains(header::UPGRADE));
        let version = headers.get(header::SEC_WEBSOCKET_VERSION);
        if !asks || version.is_none_or(|version| version != "13") {
            return Err(no_upgrade());
        }
        let key = headers.typed_get::<SecWebsocketKey>().ok_or_else(|| {
            Refused::new(
                StatusCode::BAD_REQUEST,
                "`Sec-WebSocket-Key` is missing or malformed",
            )
        })?;
        Ok(Self { key })
    }

    fn accept(self, protocol: Option<&'static str>) -> Response {
        let mut response = Response::builder()
            .status(StatusCode::SWITCHING_PROTOCOLS)
            .typed_header(Connection::upgrade())
            .typed_header(Upgrade::websocket())
            .typed_header(SecWebsocketAccept::from(self.key))
            .finish();
        if let Some(protocol) = protocol {
            let protocol = HeaderValue::from_static(protocol);
            response
                .headers_mut()
                .insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
        }
        response
    }
}

/// What the client sent behind its request, and was read with it.
fn read_early(mut upgraded: Upgraded) -> BytesMut {
    let mut early = BytesMut::new();
    // The connection itself is the session's by now: nothing waits here.
    while let Some(Ok(1..)) = upgraded.read_buf(&mut early).now_or_never() {}
    early
}

fn no_upgrade() -> Refused {
    let sentence = "this is a WebSocket endpoint: send `Connection: Upgrade`, \
                    `Upgrade: websocket` and `Sec-WebSocket-Version: 13`";
    Refused::new(StatusCode::UPGRADE_REQUIRED, sentence)
}
