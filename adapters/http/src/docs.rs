//! The protocol, for people and for programs:
//!
//! | path | answers |
//! |---|---|
//! | `/docs` | a page that shows the documents below, in English or Russian |
//! | `/docs/asyncapi.json` | the AsyncAPI document |
//! | `/docs/openapi.json` | the OpenAPI document of the platform's API |
//! | `/docs/limits.json` | the limits in force |

use poem::Route;

use crate::files::{CSS, HTML, JSON, SCRIPT, SVG, file};

const PAGE: &str = include_str!("../assets/docs/index.html");

/// A script of the page, by its path.
macro_rules! script {
    ($name:literal, $folder:literal) => {
        (
            concat!("/docs/", $name),
            include_str!(concat!("../assets/", $folder, "/", $name)),
        )
    };
}

const SCRIPTS: &[(&str, &str)] = &[
    script!("docs.js", "docs"),
    script!("parts.js", "docs"),
    script!("ru-actions.js", "docs"),
    script!("ru-shapes.js", "docs"),
    script!("texts-en.js", "docs"),
    script!("texts-ru.js", "docs"),
    script!("texts.js", "docs"),
    script!("dom.js", "shared"),
    script!("language.js", "shared"),
];

/// Adds the page and the documents to `routes`. `asyncapi` is what the page
/// shows, `openapi` is about the API of the platform, and `limits` is an object with a number for each limit or `null` for none, both in JSON.
#[must_use]
pub fn docs(routes: Route, asyncapi: String, openapi: String, limits: String) -> Route {
    let routes = SCRIPTS.iter().fold(routes, |routes, &(path, text)| {
        routes.at(path, file(SCRIPT, text))
    });
    routes
        .at("/docs", file(HTML, PAGE))
        .at("/docs/", file(HTML, PAGE))
        .at(
            "/docs/docs.css",
            file(CSS, include_str!("../assets/docs/docs.css")),
        )
        .at(
            "/docs/tokens.css",
            file(CSS, include_str!("../assets/shared/tokens.css")),
        )
        .at(
            "/docs/icon.svg",
            file(SVG, include_str!("../assets/docs/icon.svg")),
        )
        .at("/docs/asyncapi.json", file(JSON, asyncapi))
        .at("/docs/openapi.json", file(JSON, openapi))
        .at("/docs/limits.json", file(JSON, limits))
}

#[cfg(test)]
mod tests {
    use poem::{Endpoint, Request, Response};

    use super::*;

    async fn ask(path: &str) -> Response {
        let routes = docs(
            Route::new(),
            r#"{"asyncapi":"3.0.0"}"#.to_owned(),
            r#"{"openapi":"3.1.0"}"#.to_owned(),
            r#"{"page":100}"#.to_owned(),
        );
        let request = Request::builder().uri(path.parse().expect("a path"));
        routes.get_response(request.finish()).await
    }

    #[tokio::test]
    async fn documents_are_served_unchanged() {
        for (path, document) in [
            ("/docs/asyncapi.json", r#"{"asyncapi":"3.0.0"}"#),
            ("/docs/openapi.json", r#"{"openapi":"3.1.0"}"#),
            ("/docs/limits.json", r#"{"page":100}"#),
        ] {
            let response = ask(path).await;
            assert_eq!(response.content_type(), Some("application/json"));
            let body = response.into_body().into_string().await;
            assert_eq!(body.expect("text"), document);
        }
    }

    #[tokio::test]
    async fn imported_scripts_are_served() {
        for (_, text) in SCRIPTS {
            for import in text.lines().filter(|line| line.starts_with("import ")) {
                let (_, from) = import.split_once(" from \"./").expect("a source");
                let path = format!("/docs/{}", from.trim_end_matches("\";"));
                assert!(ask(&path).await.is_success(), "{path}");
            }
        }
    }

    #[tokio::test]
    async fn page_references_are_served() {
        for page in ["/docs", "/docs/"] {
            let response = ask(page).await;
            assert_eq!(response.content_type(), Some("text/html; charset=utf-8"));
            let policy = response.header("content-security-policy");
            assert!(policy.is_some_and(|policy| policy.starts_with("default-src 'none'")));
            let body = response.into_body().into_string().await.expect("text");
            let references = body.split(['"']).filter(|text| text.starts_with('/'));
            let mut found = 0;
            for reference in references {
                assert!(reference.starts_with("/docs/"), "{reference}");
                assert!(ask(reference).await.is_success(), "{reference}");
                found += 1;
            }
            assert!(found >= 4, "only {found} references in {body}");
        }
    }

    #[tokio::test]
    async fn files_have_their_content_types() {
        for (path, is) in [
            ("/docs/docs.css", "text/css; charset=utf-8"),
            ("/docs/tokens.css", "text/css; charset=utf-8"),
            ("/docs/dom.js", "text/javascript; charset=utf-8"),
            ("/docs/docs.js", "text/javascript; charset=utf-8"),
            ("/docs/icon.svg", "image/svg+xml"),
        ] {
            assert_eq!(ask(path).await.content_type(), Some(is));
        }
    }
}
