use std::borrow::Cow;

use aftermatch_ports::model::ClientMsgId;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Parameters, RawParameters};
use crate::{
    error::ProtocolError,
    limits::MAX_CLIENT_MSG_ID_CHARS,
    request::{
        attachments::{self, ReadApart},
        reader,
    },
};

/// Parameters of `create_message`.
#[derive(Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(
    example = json!({"msg_text": "hello"}),
    example = json!({"msg_text": "hello", "client_msg_id": "a-7"}),
    example = json!({"msg_text": "", "attachments": [{
        "id": "f_81c2",
        "signature": "6f0d955d5cdade7f1a113ce5d1cf480d957d149a0924e5ee637a8076612d3825",
        "name": "contract.pdf",
        "size": 12345,
    }]}),
)]
pub struct CreateMessage<'a> {
    /// The text. It has no U+0000, and at least one character that is not white space; with
    /// `attachments` it can be blank, or left out. Operators set its maximum length.
    #[serde(borrow)]
    pub msg_text: Cow<'a, str>,
    /// The client's own id for the message: characters of `A-Z a-z 0-9 . _ : -`.
    #[serde(borrow)]
    #[schemars(
        length(min = 1, max = MAX_CLIENT_MSG_ID_CHARS),
        regex(pattern = r"^[A-Za-z0-9._:-]*$")
    )]
    pub client_msg_id: Option<Cow<'a, str>>,
    /// Objects that the platform made and signed for the user. Their other keys are the
    /// platform's own; they are passed on as they are, without `signature`.
    pub attachments: Option<ReadApart>,
}

/// The same of a message with attachments.
#[derive(Deserialize)]
struct WithAttachments<'a> {
    #[serde(borrow)]
    msg_text: Option<Cow<'a, str>>,
    #[serde(borrow)]
    client_msg_id: Option<Cow<'a, str>>,
}

pub(super) fn read<'a>(raw: &RawParameters<'a>) -> Result<Parameters<'a>, ProtocolError> {
    let attachments = attachments::read(raw.get("attachments"))?;
    let (text, client_msg_id) = if attachments.is_empty() {
        let given: CreateMessage<'_> = reader::read(raw)?;
        (given.msg_text, given.client_msg_id)
    } else {
        let given: WithAttachments<'_> = reader::read(raw)?;
        (given.msg_text.unwrap_or_default(), given.client_msg_id)
    };
    let client_msg_id = client_msg_id.map(|id| ClientMsgId::new(&id));
    Ok(Parameters::CreateMessage {
        text,
        attachments,
        client_msg_id: client_msg_id.transpose()?,
    })
}
