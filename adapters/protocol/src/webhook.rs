//! What the platform receives of a message for users who are not connected.

use aftermatch_ports::model::{Push, Recipient};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    json,
    response::{message::MessageShape, value::Time},
};

/// A message, and who is to be notified of it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MessageCreated<'a> {
    /// `message.created`.
    r#type: &'static str,
    /// When the message was created.
    timestamp: Time,
    data: Data<'a>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "message_created_data")]
struct Data<'a> {
    room_pk: i64,
    message: MessageShape<'a>,
    /// Who was not connected, and has not read it.
    recipients: Vec<RecipientShape>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "recipient")]
struct RecipientShape {
    user_id: i64,
    brand_id: i64,
}

impl From<&Recipient> for RecipientShape {
    fn from(recipient: &Recipient) -> Self {
        Self {
            user_id: recipient.user.0,
            brand_id: recipient.brand.0,
        }
    }
}

impl<'a> MessageCreated<'a> {
    pub(crate) fn of(push: &'a Push) -> Self {
        Self {
            r#type: "message.created",
            timestamp: Time(push.message.created_at),
            data: Data {
                room_pk: push.message.room.0,
                message: (&push.message).into(),
                recipients: push.recipients.iter().map(RecipientShape::from).collect(),
            },
        }
    }
}

/// The id by which the platform recognizes a message that comes again. There is no full stop
/// in it, because one ends it where it is signed.
#[must_use]
pub fn id(push: &Push) -> String {
    let message = &push.message;
    format!("msg_{}_{}_{}", push.epoch, message.room, message.seq)
}

/// The body of the request.
#[must_use]
pub fn body(push: &Push) -> Vec<u8> {
    let mut body = Vec::new();
    json::write(&mut body, &MessageCreated::of(push));
    body
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::sample;

    const PAGE: &str = include_str!("../../../docs/webhooks.md");

    #[test]
    fn example_of_page_is_what_is_sent() {
        let push = sample::push();
        let (_, example) = PAGE.split_once("```json\n").expect("an example");
        let (example, _) = example.split_once("```").expect("its end");
        let example: Value = serde_json::from_str(example).expect("JSON");
        let sent: Value = serde_json::from_slice(&body(&push)).expect("JSON");
        assert_eq!(sent, example, "{sent:#}");
        assert!(PAGE.contains(&id(&push)), "{}", id(&push));
    }
}
