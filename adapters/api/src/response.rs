//! Responses.

use std::error::Error;

use aftermatch_ports::{PlatformError, StoreError};
use aftermatch_protocol::api::{ApiAction, ApiCode, ApiError};
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

/// Why an operation was not performed.
pub(crate) enum Failure {
    Refused(ApiError),
    Platform(PlatformError),
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

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::Refused(error)
    }
}

impl From<PlatformError> for Failure {
    fn from(error: PlatformError) -> Self {
        Self::Platform(error)
    }
}

impl Failure {
    /// Logs what operators have to know, and what clients must not see.
    pub(crate) fn refused(self, action: ApiAction) -> Refused {
        let error = match self {
            Self::Refused(error) => error,
            Self::Platform(error) => {
                log(&error, action);
                error.into()
            }
        };
        Refused::new(error)
    }
}

fn log(error: &PlatformError, action: ApiAction) {
    let PlatformError::Store(error) = error else {
        return;
    };
    let reason = error.source().map(ToString::to_string);
    let action = action.as_str();
    match error {
        StoreError::Transient(_) => {
            tracing::warn!(
                action,
                error = reason,
                "a request of the API failed for now"
            );
        }
        StoreError::Permanent(_) => {
            tracing::error!(action, error = reason, "a request of the API failed");
        }
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
