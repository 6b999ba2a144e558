//! Every kind of frame a client can send, and what comes back.

mod envelopes;
mod framing;
mod malformed;
mod parameters;
mod request_ids;

use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

use crate::harness::{Client, Service, Setup};

/// Ann sends; Bob, who is in the same room, must not notice.
struct Bench {
    ann: Client,
    bob: Client,
    _service: Service,
}

impl Bench {
    async fn new(setup: Setup) -> Self {
        let service = setup.start().await;
        Self {
            ann: service.joined(3, 1).await,
            bob: service.joined(4, 1).await,
            _service: service,
        }
    }

    /// Sends a frame that must be refused with these bytes behind its one
    /// sentence, after which the connection still works. Returns the sentence.
    async fn refuses(&mut self, frame: Message, behind: &str) -> String {
        let case: String = format!("{frame:?}").chars().take(200).collect();
        self.ann.send(frame).await;
        let answer = self.ann.text().await;
        let Some(errors) = answer.strip_suffix(behind) else {
            panic!("{case}: {answer} does not end with {behind}");
        };
        let errors = errors
            .strip_prefix(r#"{"errors":"#)
            .expect("errors come first");
        let errors: Vec<String> = serde_json::from_str(errors).expect("a list of sentences");
        self.ann.hears_nothing().await;
        let [sentence] = errors.as_slice() else {
            panic!("{case}: {errors:?}");
        };
        assert!(!sentence.is_empty(), "{case}");
        sentence.clone()
    }

    /// Sends a text that must be answered with 200 and returns the answer.
    async fn accepts(&mut self, text: &str) -> Value {
        self.ann.send_text(text).await;
        let answer = self.ann.hear().await;
        assert_eq!(answer["response_status"], 200, "{text}: {answer}");
        answer
    }
}

/// What stands behind the sentence of a refusal, to the byte. `action` and
/// `request_id` are JSON.
fn behind(action: &str, status: u16, request_id: &str, code: &str) -> String {
    format!(
        r#","data":null,"action":{action},"response_status":{status},"request_id":{request_id},"error_code":"{code}"}}"#
    )
}
