//! A page to chat in, for those who try the service or look after it:
//!
//! | path | answers |
//! |---|---|
//! | `/` | the page |
//! | `/page/…` | what it is made of |
//! | `/page/people.json` | whom to choose from, each with a token |

use std::sync::Arc;

use poem::{Endpoint, Response, Route, endpoint::make, get, http::header};

use crate::files::{CSS, HTML, JSON, SCRIPT, file, response};

/// Gives the people that the page offers, as a JSON array of
/// `{"id":1,"user":…,"brand":…,"rooms":[…],"token":"…"}`. `user` and `brand` are
/// as the platform gave them, `id` is the user's; `brand` is `null` for an
/// administrator. Whoever can open the page can be any of them.
pub type Offered = Arc<dyn Fn() -> String + Send + Sync>;

/// A module of the page, by the name the others import it by.
macro_rules! module {
    ($name:literal) => {
        (
            concat!("/page/", $name),
            include_str!(concat!("../assets/page/", $name)),
        )
    };
}

const MODULES: [(&str, &str); 13] = [
    module!("chat.js"),
    module!("chooser.js"),
    module!("composer.js"),
    module!("conversation.js"),
    module!("dom.js"),
    module!("frames.js"),
    module!("main.js"),
    module!("message.js"),
    module!("people.js"),
    module!("person.js"),
    module!("rooms.js"),
    module!("texts.js"),
    // The page talks as every other client can.
    (
        "/page/aftermatch.js",
        include_str!("../../../clients/js/aftermatch.js"),
    ),
];

/// Adds the page to what is served.
#[must_use]
pub fn page(routes: Route, people: Offered) -> Route {
    let routes = MODULES.iter().fold(routes, |routes, &(path, text)| {
        routes.at(path, file(SCRIPT, text))
    });
    routes
        .at("/", file(HTML, include_str!("../assets/page/index.html")))
        .at(
            "/page/page.css",
            file(CSS, include_str!("../assets/page/page.css")),
        )
        .at("/page/people.json", offered(people))
}

fn offered(people: Offered) -> impl Endpoint<Output = Response> + 'static {
    get(make(move |_| {
        let mut response = response(JSON, people());
        let never = header::HeaderValue::from_static("no-store");
        response.headers_mut().insert(header::CACHE_CONTROL, never);
        async move { response }
    }))
}

#[cfg(test)]
mod tests {
    use poem::Request;

    use super::*;

    async fn ask(path: &str) -> Response {
        let people = r#"[{"token":"…"}]"#;
        let routes = page(Route::new(), Arc::new(|| people.to_owned()));
        let request = Request::builder().uri(path.parse().expect("a path"));
        routes.get_response(request.finish()).await
    }

    async fn read(path: &str) -> String {
        let response = ask(path).await;
        assert!(response.is_success(), "{path}: {}", response.status());
        response.into_body().into_string().await.expect("text")
    }

    #[tokio::test]
    async fn every_module_that_is_imported_is_there() {
        let mut found = 0;
        for (_, text) in MODULES {
            let imports = text.lines().filter(|line| line.starts_with("import "));
            for import in imports {
                let (_, from) = import.split_once(" from \"").expect("a source");
                let name = from.trim_end_matches("\";").trim_start_matches("./");
                read(&format!("/page/{}", name.trim_start_matches("/page/"))).await;
                found += 1;
            }
        }
        assert!(found > MODULES.len(), "only {found} imports");
    }

    #[tokio::test]
    async fn the_page_finds_what_it_begins_with() {
        let html = read("/").await;
        let own = html.split('"').filter(|text| text.starts_with("/page/"));
        let own: Vec<_> = own.collect();
        assert_eq!(own, ["/page/page.css", "/page/main.js"]);
        for path in own {
            read(path).await;
        }
    }

    #[tokio::test]
    async fn tokens_are_kept_nowhere_on_the_way() {
        let response = ask("/page/people.json").await;
        assert_eq!(response.content_type(), Some("application/json"));
        assert_eq!(response.header("cache-control"), Some("no-store"));
        assert_eq!(read("/page/people.json").await, r#"[{"token":"…"}]"#);
    }
}
