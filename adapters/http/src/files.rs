//! Files that are part of the program.

use std::sync::Arc;

use poem::{Endpoint, Response, endpoint::make, get, http::header};

pub(crate) const HTML: &str = "text/html; charset=utf-8";
pub(crate) const CSS: &str = "text/css; charset=utf-8";
pub(crate) const SCRIPT: &str = "text/javascript; charset=utf-8";
pub(crate) const JSON: &str = "application/json";
pub(crate) const SVG: &str = "image/svg+xml";

/// Nothing but what comes from this service, and nothing inline. Not every
/// browser counts a WebSocket to where the page came from as `'self'`.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
     connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file that never changes.
pub(crate) fn file(
    content_type: &'static str,
    text: impl Into<Arc<str>>,
) -> impl Endpoint<Output = Response> + 'static {
    let text = text.into();
    get(make(move |_| {
        let response = response(content_type, text.to_string());
        async move { response }
    }))
}

pub(crate) fn response(content_type: &'static str, text: String) -> Response {
    Response::builder()
        .content_type(content_type)
        .header(header::CONTENT_SECURITY_POLICY, POLICY)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        // Another version of the program has other files.
        .header(header::CACHE_CONTROL, "no-cache")
        .body(text)
}
