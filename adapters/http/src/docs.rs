//! The contract, for people and for programs:
//!
//! | path | answers |
//! |---|---|
//! | `/docs` | a page about it |
//! | `/docs/asyncapi.json` | the contract, which the page is made of |

use std::sync::Arc;

use poem::{
    Endpoint, Response, Route,
    endpoint::make,
    get,
    http::{StatusCode, header},
};

const PAGE: &str = include_str!("../assets/docs.html");
const STYLE: &str = include_str!("../assets/docs.css");
const SCRIPT: &str = include_str!("../assets/docs.js");

/// Nothing but what comes from this service, and nothing inline.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Adds the contract to what is served: `asyncapi` is an AsyncAPI document in
/// JSON.
#[must_use]
pub fn docs(routes: Route, asyncapi: String) -> Route {
    routes
        .at("/docs", shown("text/html; charset=utf-8", PAGE))
        .at("/docs/", shown("text/html; charset=utf-8", PAGE))
        .at("/docs/docs.css", shown("text/css; charset=utf-8", STYLE))
        .at(
            "/docs/docs.js",
            shown("text/javascript; charset=utf-8", SCRIPT),
        )
        .at("/docs/asyncapi.json", shown("application/json", asyncapi))
}

fn shown(
    content_type: &'static str,
    text: impl Into<Arc<str>>,
) -> impl Endpoint<Output = Response> + 'static {
    let text = text.into();
    get(make(move |_| {
        let response = Response::builder()
            .status(StatusCode::OK)
            .content_type(content_type)
            .header(header::CONTENT_SECURITY_POLICY, POLICY)
            .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
            .body(text.to_string());
        async move { response }
    }))
}

#[cfg(test)]
mod tests {
    use poem::Request;

    use super::*;

    async fn ask(path: &str) -> Response {
        let routes = docs(Route::new(), r#"{"asyncapi":"3.0.0"}"#.to_owned());
        let request = Request::builder().uri(path.parse().expect("a path"));
        routes.get_response(request.finish()).await
    }

    #[tokio::test]
    async fn the_document_comes_as_it_was_given() {
        let response = ask("/docs/asyncapi.json").await;
        assert_eq!(response.content_type(), Some("application/json"));
        let body = response.into_body().into_string().await;
        assert_eq!(body.expect("text"), r#"{"asyncapi":"3.0.0"}"#);
    }

    #[tokio::test]
    async fn the_page_finds_all_it_needs_here() {
        for page in ["/docs", "/docs/"] {
            let response = ask(page).await;
            assert_eq!(response.content_type(), Some("text/html; charset=utf-8"));
            assert_eq!(response.header("content-security-policy"), Some(POLICY));
            let body = response.into_body().into_string().await.expect("text");
            let references = body.split(['"']).filter(|text| text.contains('/'));
            let own = references.filter(|text| !text.contains(['<', '>']));
            let mut found = 0;
            for reference in own {
                assert!(reference.starts_with("/docs/"), "{reference}");
                assert_eq!(ask(reference).await.status(), StatusCode::OK, "{reference}");
                found += 1;
            }
            assert!(found >= 3, "only {found} references in {body}");
        }
    }

    #[tokio::test]
    async fn each_part_says_what_it_is() {
        for (path, is) in [
            ("/docs/docs.css", "text/css; charset=utf-8"),
            ("/docs/docs.js", "text/javascript; charset=utf-8"),
        ] {
            assert_eq!(ask(path).await.content_type(), Some(is));
        }
    }
}
