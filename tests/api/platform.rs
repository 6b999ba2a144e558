//! A platform, as it calls the API.

use std::net::SocketAddr;

use aftermatch_test_support::{
    Client, Database, HttpRequest, HttpResponse, Program, empty, file_with, token_for,
};
use serde_json::{Value, json};
use tempfile::NamedTempFile;

/// The token that the platform sends, and the one before it.
pub(crate) const TOKENS: [&str; 2] = ["a-token-of-the-platform", "the-token-before-it"];

/// A program with an API, and the file with its tokens.
pub(crate) struct Served {
    pub(crate) program: Program,
    api: SocketAddr,
    _tokens: NamedTempFile,
}

impl Served {
    pub(crate) async fn in_memory() -> Self {
        Self::in_memory_with(&[]).await
    }

    pub(crate) async fn in_memory_with(more: &[(&str, &str)]) -> Self {
        Self::with(more, async |settings| {
            Program::in_memory_without_world(settings).await
        })
        .await
    }

    pub(crate) async fn on(database: &Database) -> Self {
        Self::on_with(database, &[]).await
    }

    pub(crate) async fn on_with(database: &Database, more: &[(&str, &str)]) -> Self {
        Self::with(more, async |settings| {
            Program::start(database.url(), settings)
        })
        .await
    }

    /// With these settings beside those of the API.
    async fn with(
        more: &[(&str, &str)],
        start: impl AsyncFnOnce(&[(&str, &str)]) -> Program,
    ) -> Self {
        let tokens = file_with(TOKENS.join("\n"));
        let file = tokens.path().display().to_string();
        let settings = [
            ("CHAT_API_LISTEN", "127.0.0.1:0"),
            ("CHAT_API_TOKEN_FILE", &file),
        ];
        let program = start(&[&settings, more].concat()).await;
        Self {
            api: program.api_address().await,
            program,
            _tokens: tokens,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.api
    }

    /// A request with a token.
    pub(crate) fn request(method: &str, path: &str) -> HttpRequest {
        HttpRequest::new(method, path).bearer(TOKENS[0])
    }

    pub(crate) async fn send(&self, request: HttpRequest) -> HttpResponse {
        request.send(self.api).await
    }

    /// Status and body of the response. An empty body is null.
    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        body: impl Into<Option<Value>>,
    ) -> (u16, Value) {
        let request = Self::request(method, path);
        let request = match body.into() {
            Some(body) => request.json(body.to_string()),
            None => request,
        };
        let response = self.send(request).await;
        let body = match response.body.as_str() {
            "" => Value::Null,
            body => serde_json::from_str(body).expect("JSON"),
        };
        (response.status, body)
    }

    /// The same, which must have this status.
    pub(crate) async fn expect(
        &self,
        status: u16,
        method: &str,
        path: &str,
        body: impl Into<Option<Value>>,
    ) -> Value {
        let (found, answer) = self.call(method, path, body).await;
        assert_eq!(found, status, "{method} {path}: {answer}");
        answer
    }

    /// Ann (user 3, brand 1) and Bob (user 4, brand 2) share room 7; user 9 is an
    /// administrator, user 900 writes for the platform.
    pub(crate) async fn put_usual(&self) {
        let usual = json!({
            "users": [
                {"id": 3}, {"id": 4}, {"id": 9, "admin": true},
                {"id": 900, "profile": {"fullname": "Support"}}
            ],
            "brands": [{"id": 1, "user_id": 3}, {"id": 2, "user_id": 4}],
            "rooms": [{"id": 7, "participants": [1, 2]}]
        });
        let counts = self.expect(200, "PUT", "/v1/records", usual).await;
        assert_eq!(counts, json!({"created": 7, "changed": 0, "unchanged": 0}));
    }

    /// An administrator who has joined the room.
    pub(crate) async fn admin(&self, room: i64) -> Client {
        let address = self.program.address().await;
        let mut admin = Client::connect(address, "/ws/admin-chat/", &token_for(9)).await;
        admin.join(room).await;
        admin
    }
}

/// Runs a story on each store, with nothing in it.
pub(crate) async fn on_both_stores(story: impl AsyncFn(&Served)) {
    story(&Served::in_memory().await).await;
    let database = empty().await;
    story(&Served::on(&database).await).await;
}
