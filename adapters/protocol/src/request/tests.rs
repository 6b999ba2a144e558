mod accepted;
mod any_input;
mod refused;

use super::*;

fn decoded(frame: &str) -> Result<Request<'_>, Malformed> {
    decode(frame.as_bytes(), Endpoint::Chat)
}

fn refusal(frame: &str) -> (Option<String>, Option<String>, ErrorCode) {
    let Malformed {
        action,
        request_id,
        error,
    } = decoded(frame).expect_err(frame);
    (
        action,
        request_id.and_then(|id| id.as_str().map(str::to_owned)),
        error.code,
    )
}
