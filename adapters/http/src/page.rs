//! A page to chat in, for those who try the service or run it:
//!
//! | path | answers |
//! |---|---|
//! | `/` | the page |
//! | `/page/…` | its files |
//! | `/page/people.json` | the people to choose from, each with a token |

use std::sync::Arc;

use poem::{
    Endpoint, Request, Response, Route,
    endpoint::make,
    get,
    http::{StatusCode, header},
};

use crate::files::{CSS, HTML, JSON, SCRIPT, file, plain, response};

/// Returns the people that the page offers, as a JSON array of
/// `{"id":1,"user":…,"brand":…,"rooms":[…],"token":"…"}`. `user` and `brand` are
/// the platform's profiles, `id` is the user's; `brand` is `null` for an
/// administrator. Everybody who can open the page can act as any of them.
pub type DemoPeople = Arc<dyn Fn() -> String + Send + Sync>;

/// A file of the page, by its path.
macro_rules! own {
    ($name:literal) => {
        (
            concat!("/page/", $name),
            include_str!(concat!("../assets/page/", $name)),
        )
    };
}

/// A module of the JavaScript client: the page talks as every other client can.
macro_rules! client {
    ($name:literal) => {
        (
            concat!("/page/", $name),
            include_str!(concat!("../../../clients/js/", $name)),
        )
    };
}

const MODULES: &[(&str, &str)] = &[
    own!("attachments.js"),
    own!("chat.js"),
    own!("chooser.js"),
    own!("composer.js"),
    own!("connection.js"),
    own!("conversation.js"),
    own!("frames.js"),
    own!("links.js"),
    own!("log.js"),
    own!("main.js"),
    own!("menu.js"),
    own!("message.js"),
    own!("names.js"),
    own!("notifications.js"),
    own!("people.js"),
    own!("person.js"),
    own!("reading.js"),
    own!("roomlist.js"),
    own!("rooms.js"),
    own!("roving.js"),
    own!("signals.js"),
    own!("texts-en.js"),
    own!("texts-ru.js"),
    own!("texts.js"),
    own!("tokenform.js"),
    own!("tokens.js"),
    own!("unsent.js"),
    own!("viewport.js"),
    // The protocol page has them, too.
    ("/page/dom.js", include_str!("../assets/shared/dom.js")),
    (
        "/page/language.js",
        include_str!("../assets/shared/language.js"),
    ),
    client!("aftermatch.js"),
    client!("lib/connection.js"),
    client!("lib/emitter.js"),
    client!("lib/error.js"),
    client!("lib/json.js"),
    client!("lib/lane.js"),
    client!("lib/options.js"),
    client!("lib/surroundings.js"),
];

const STYLES: &[(&str, &str)] = &[
    own!("page.css"),
    own!("chooser.css"),
    own!("person.css"),
    own!("conversation.css"),
    own!("message.css"),
    own!("composer.css"),
    own!("frames.css"),
    own!("small.css"),
];

/// Adds the page to `routes`. `admits` says whether a page served at a `Host` may
/// connect. The list of people is shown at no other host: a foreign page could read
/// the tokens through a DNS name of its own for this address.
#[must_use]
pub fn page(
    routes: Route,
    people: DemoPeople,
    admits: impl Fn(&str) -> bool + Send + Sync + 'static,
) -> Route {
    let routes = MODULES.iter().fold(routes, |routes, &(path, text)| {
        routes.at(path, file(SCRIPT, text))
    });
    let routes = STYLES.iter().fold(routes, |routes, &(path, text)| {
        routes.at(path, file(CSS, text))
    });
    routes
        .at("/", file(HTML, include_str!("../assets/page/index.html")))
        .at("/page/people.json", demo_people(people, admits))
}

fn demo_people(
    people: DemoPeople,
    admits: impl Fn(&str) -> bool + Send + Sync + 'static,
) -> impl Endpoint<Output = Response> + 'static {
    get(make(move |request: Request| {
        let list = if request.header(header::HOST).is_some_and(&admits) {
            let mut list = response(JSON, people());
            let never = header::HeaderValue::from_static("no-store");
            list.headers_mut().insert(header::CACHE_CONTROL, never);
            list
        } else {
            plain(
                StatusCode::FORBIDDEN,
                "a page at this `Host` may not connect: see CHAT_ALLOWED_ORIGINS",
            )
        };
        async move { list }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask_at(host: &str, path: &str) -> Response {
        let people = r#"[{"token":"…"}]"#;
        let people = Arc::new(|| people.to_owned());
        let routes = page(Route::new(), people, |host| host == "here");
        let request = Request::builder().uri(path.parse().expect("a path"));
        let request = request.header("host", host);
        routes.get_response(request.finish()).await
    }

    async fn ask(path: &str) -> Response {
        ask_at("here", path).await
    }

    async fn read(path: &str) -> String {
        let response = ask(path).await;
        assert!(response.is_success(), "{path}: {}", response.status());
        response.into_body().into_string().await.expect("text")
    }

    #[tokio::test]
    async fn imported_modules_are_served() {
        let mut found = 0;
        for (path, text) in MODULES {
            let (folder, _) = path.rsplit_once('/').expect("a folder");
            let imports = text.lines().filter(|line| line.starts_with("import "));
            for import in imports {
                let (_, from) = import.split_once(" from \"").expect("a source");
                let from = from.trim_end_matches("\";");
                let relative = from
                    .strip_prefix("./")
                    .map(|name| format!("{folder}/{name}"));
                read(&relative.unwrap_or_else(|| from.to_owned())).await;
                found += 1;
            }
        }
        assert!(found > MODULES.len(), "only {found} imports");
    }

    #[tokio::test]
    async fn page_references_are_served() {
        let html = read("/").await;
        let own = html.split('"').filter(|text| text.starts_with("/page/"));
        let own: Vec<_> = own.collect();
        assert_eq!(own.len(), STYLES.len() + 1, "every style sheet is used");
        for path in own {
            read(path).await;
        }
    }

    #[tokio::test]
    async fn people_are_never_cached() {
        let response = ask("/page/people.json").await;
        assert_eq!(response.content_type(), Some("application/json"));
        assert_eq!(response.header("cache-control"), Some("no-store"));
        assert_eq!(read("/page/people.json").await, r#"[{"token":"…"}]"#);
    }

    #[tokio::test]
    async fn people_at_foreign_host_are_forbidden() {
        let response = ask_at("elsewhere", "/page/people.json").await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        let sentence = response.into_body().into_string().await.expect("text");
        assert!(sentence.contains("CHAT_ALLOWED_ORIGINS"), "{sentence}");
        assert!(!sentence.contains("token"), "{sentence}");
    }
}
