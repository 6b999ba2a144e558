//! Files that are part of the program.

use bytes::Bytes;
use poem::{
    Body, Endpoint, Response,
    endpoint::make,
    get,
    http::{StatusCode, header},
};

pub(crate) const HTML: &str = "text/html; charset=utf-8";
pub(crate) const CSS: &str = "text/css; charset=utf-8";
pub(crate) const SCRIPT: &str = "text/javascript; charset=utf-8";
pub(crate) const JSON: &str = "application/json";
pub(crate) const SVG: &str = "image/svg+xml";

/// Only what comes from this service, and nothing inline. Not every browser takes a
/// WebSocket to the page's own host for `'self'`.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
     connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file that never changes. All answers share its bytes.
pub(crate) fn file(
    content_type: &'static str,
    bytes: impl Into<Bytes>,
) -> impl Endpoint<Output = Response> + 'static {
    let bytes = bytes.into();
    get(make(move |_| {
        let response = response(content_type, bytes.clone());
        async move { response }
    }))
}

pub(crate) fn response(content_type: &'static str, body: impl Into<Body>) -> Response {
    Response::builder()
        .content_type(content_type)
        .header(header::CONTENT_SECURITY_POLICY, POLICY)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        // Another version of the program has other files.
        .header(header::CACHE_CONTROL, "no-cache")
        .body(body)
}

/// One sentence as plain text.
pub(crate) fn plain(status: StatusCode, text: &'static str) -> Response {
    let text = format!("{text}\n");
    Response::builder()
        .status(status)
        .content_type("text/plain; charset=utf-8")
        .body(text)
}
