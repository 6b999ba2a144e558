//! Responses.

use aftermatch_protocol::api::{ApiCode, ApiError};
use poem::{
    Response,
    http::{
        HeaderName, StatusCode,
        header::{ALLOW, CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS},
    },
};

/// After how many seconds to send the same request again.
const RETRY_AFTER_SECONDS: &str = "1";

/// A request that was not done.
#[derive(Debug)]
pub(crate) struct Refused {
    error: ApiError,
    header: Option<(HeaderName, String)>,
}

impl Refused {
    pub(crate) fn new(error: ApiError) -> Self {
        let retry = (RETRY_AFTER, RETRY_AFTER_SECONDS.to_owned());
        Self {
            header: (error.code == ApiCode::Unavailable).then_some(retry),
            error,
        }
    }

    pub(crate) fn unauthorized(error: ApiError) -> Self {
        Self {
            error,
            header: Some((WWW_AUTHENTICATE, "Bearer".to_owned())),
        }
    }

    pub(crate) fn not_allowed(error: ApiError, allowed: &str) -> Self {
        Self {
            error,
            header: Some((ALLOW, allowed.to_owned())),
        }
    }

    pub(crate) fn response(self) -> Response {
        let mut response = json(self.error.code.status(), self.error.to_vec());
        if let Some((name, value)) = self.header
            && let Ok(value) = value.parse()
        {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

pub(crate) fn json(status: u16, body: Vec<u8>) -> Response {
    Response::builder()
        .status(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        .content_type("application/json")
        .header(CACHE_CONTROL, "no-store")
        .header(X_CONTENT_TYPE_OPTIONS, "nosniff")
        .body(body)
}

/// There is nothing to say.
pub(crate) fn done() -> Response {
    StatusCode::NO_CONTENT.into()
}
