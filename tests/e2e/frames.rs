//! Every kind of frame a client can send, and what comes back.

mod compressed;
mod envelope;
mod framing;
mod malformed;
mod parameters;
mod request_ids;

use aftermatch_test_support::{Client, Service, Setup};
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

/// Two clients in room 1: Ann sends, and Bob must not receive anything of it.
struct Pair {
    ann: Client,
    bob: Client,
    _service: Service,
}

impl Pair {
    async fn new(setup: Setup) -> Self {
        let service = setup.start().await;
        Self {
            ann: service.joined(3, 1).await,
            bob: service.joined(4, 1).await,
            _service: service,
        }
    }

    /// Sends a frame that must be refused with one sentence and these bytes after it.
    /// The connection must survive. Returns the sentence.
    async fn expect_refusal(&mut self, frame: Message, rest: &str) -> String {
        let case: String = format!("{frame:?}").chars().take(200).collect();
        self.ann.send(frame).await;
        let response = self.ann.receive_text().await;
        let Some(errors) = response.strip_suffix(rest) else {
            panic!("{case}: {response} does not end with {rest}");
        };
        let errors = errors
            .strip_prefix(r#"{"errors":"#)
            .expect("errors come first");
        let errors: Vec<String> = serde_json::from_str(errors).expect("a list of sentences");
        self.ann.expect_silence().await;
        let [sentence] = errors.as_slice() else {
            panic!("{case}: {errors:?}");
        };
        assert!(!sentence.is_empty(), "{case}");
        sentence.clone()
    }

    /// Sends a text that must be answered with 200 and returns the response.
    async fn expect_success(&mut self, text: &str) -> Value {
        self.ann.send_text(text).await;
        let response = self.ann.receive().await;
        assert_eq!(response["response_status"], 200, "{text}: {response}");
        response
    }
}

/// The bytes of a refusal that follow its sentence. `action` and `request_id` are JSON.
fn refusal_end(action: &str, status: u16, request_id: &str, code: &str) -> String {
    format!(
        r#","data":null,"action":{action},"response_status":{status},"request_id":{request_id},"error_code":"{code}"}}"#
    )
}
