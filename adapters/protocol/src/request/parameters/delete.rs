use std::borrow::Cow;

use aftermatch_ports::model::Reason;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::Parameters;
use crate::{error::ProtocolError, limits::MAX_REASON_CHARS, request::Ids};

/// Parameters of `delete_messages`.
#[derive(Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(
    example = json!({"msg_id_list": [18, 19]}),
    example = json!({"msg_id_list": [18], "reason": "spam"}),
)]
pub struct DeleteMessages<'a> {
    /// The messages' `id`s.
    pub msg_id_list: Ids,
    /// Why an administrator deletes them. White space at both ends is cut off; then it has at
    /// least one character, and no U+0000. Ignored if a brand sends it.
    #[serde(borrow)]
    #[schemars(length(min = 1, max = MAX_REASON_CHARS))]
    pub reason: Option<Cow<'a, str>>,
}

impl<'a> DeleteMessages<'a> {
    pub(super) fn checked(self) -> Result<Parameters<'a>, ProtocolError> {
        let reason = self.reason.map(|reason| Reason::new(&reason));
        Ok(Parameters::DeleteMessages {
            ids: self.msg_id_list,
            reason: reason.transpose()?,
        })
    }
}

/// Parameters of `delete_messages` that brands have.
#[derive(Debug, Deserialize)]
pub(super) struct DeleteOwnMessages {
    msg_id_list: Ids,
}

impl From<DeleteOwnMessages> for Parameters<'_> {
    fn from(DeleteOwnMessages { msg_id_list: ids }: DeleteOwnMessages) -> Self {
        Self::DeleteMessages { ids, reason: None }
    }
}
