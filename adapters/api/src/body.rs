//! Reading the body of a request.

use std::time::Duration;

use aftermatch_protocol::api::{ApiCode, ApiError, Body, MAX_BODY_BYTES, MAX_RECORDS_BYTES};
use aftermatch_world::ParseErrors;
use poem::{
    Request,
    error::ReadBodyError,
    http::header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use tokio::time::timeout;

/// How long the body may take to arrive.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The most sentences in a refusal. A script that makes one mistake makes it often.
const MAX_SENTENCES: usize = 100;

/// The text of the body, which is `kind`.
pub(crate) async fn read(request: &mut Request, kind: Body) -> Result<String, ApiError> {
    check_type(request)?;
    let limit = match kind {
        Body::Records => MAX_RECORDS_BYTES,
        _ => MAX_BODY_BYTES,
    };
    let too_large = || {
        let sentence = format!("the body is too large: at most {limit} bytes are allowed");
        ApiError::new(ApiCode::TooLarge, sentence)
    };
    let length = request.headers().get(CONTENT_LENGTH);
    let length: Option<usize> = length.and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let reading = request.take_body().into_bytes_limit(limit);
    let bytes = match timeout(TIMEOUT, reading).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(ReadBodyError::PayloadTooLarge)) => return Err(too_large()),
        Ok(Err(_)) => {
            let sentence = "the body ended too early: send all of it";
            return Err(ApiError::new(ApiCode::NotJson, sentence));
        }
        Err(_) => {
            let sentence = format!("the body took longer than {} s to come", TIMEOUT.as_secs());
            return Err(ApiError::new(ApiCode::BodyTimeout, sentence));
        }
    };
    String::from_utf8(bytes.into()).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let sentence = format!("the body is no UTF-8 after its first {valid} bytes");
        ApiError::new(ApiCode::NotJson, sentence)
    })
}

fn check_type(request: &Request) -> Result<(), ApiError> {
    let given = request.headers().get(CONTENT_TYPE);
    let given = given.map(|given| String::from_utf8_lossy(given.as_bytes()));
    let essence = given.as_deref().unwrap_or_default().split(';').next();
    let is_json = essence.is_some_and(|text| text.trim().eq_ignore_ascii_case("application/json"));
    if is_json {
        return Ok(());
    }
    let is = match &given {
        Some(given) => format!("is `{given}`"),
        None => "is missing".to_owned(),
    };
    let sentence = format!("the header `Content-Type` {is}: send `application/json`");
    Err(ApiError::new(ApiCode::UnsupportedMediaType, sentence))
}

/// The refusal of a body with these errors.
pub(crate) fn malformed(errors: &ParseErrors) -> ApiError {
    let code = match errors.is_not_json() {
        true => ApiCode::NotJson,
        false => ApiCode::InvalidBody,
    };
    let all = errors.iter().count();
    let shown = errors.iter().take(MAX_SENTENCES);
    let mut sentences: Vec<_> = shown.map(ToString::to_string).collect();
    if all > MAX_SENTENCES {
        sentences.push(format!("and {} more", all - MAX_SENTENCES));
    }
    ApiError { code, sentences }
}
