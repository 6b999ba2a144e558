//! Parameters of what administrators read of the past.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::{
    limits::{DEFAULT_MESSAGES, MAX_MESSAGES},
    request::{Id, Position, UpTo},
};

/// Parameters of `get_message_history`.
#[derive(Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(
    example = json!({"msg_id": 18}),
    example = json!({"msg_id": 18, "before_seq": 42, "limit": 1}),
)]
pub struct MessageHistory {
    /// The message's `id`.
    pub msg_id: Id,
    /// Only versions before this number.
    pub before_seq: Option<Position>,
    #[schemars(description = format!("At most this many versions. The default is {DEFAULT_MESSAGES}."))]
    /// At most this many versions.
    pub limit: Option<UpTo<MAX_MESSAGES>>,
}

/// Parameters of `get_audit`.
#[derive(Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(example = json!({}), example = json!({"before_seq": 42, "limit": 1}))]
pub struct Audit {
    /// Only edits and deletions before this number.
    pub before_seq: Option<Position>,
    #[schemars(description = format!(
        "At most this many edits and deletions. The default is {DEFAULT_MESSAGES}."
    ))]
    /// At most this many edits and deletions.
    pub limit: Option<UpTo<MAX_MESSAGES>>,
}
