use std::sync::Arc;

use crate::{MessageId, Profile, Refusal, RoomId, Seq, Text, Timestamp, UserId};

/// A message that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its number.
    pub id: MessageId,
    /// Where it was written.
    pub room: RoomId,
    /// Who wrote it.
    pub author: Author,
    /// What it says, since its last edit.
    pub text: Text,
    /// When it was written.
    pub at: Timestamp,
    /// When it was edited last.
    pub edited_at: Option<Timestamp>,
    /// What its author's program called it.
    pub client_id: Option<ClientMsgId>,
    /// The number of the change that created it. It keeps it for ever.
    pub seq: Seq,
    /// The number of the last change to it; [`Message::seq`] before any edit.
    pub changed: Seq,
}

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The account's number.
    pub id: UserId,
    /// What the platform shows of this user now.
    pub profile: Profile,
}

/// What an author's program calls a message, so that it can send it again and
/// never have it twice: of one author and room, it names one message for ever.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClientMsgId(Arc<str>);

impl ClientMsgId {
    /// The most characters one may have.
    pub const MAX_CHARS: usize = 64;

    /// Accepts 1 to 64 characters of `A-Za-z0-9._:-`.
    ///
    /// # Errors
    /// [`Refusal::ClientMsgIdMalformed`].
    pub fn new(id: &str) -> Result<Self, Refusal> {
        let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
        if id.is_empty() || id.len() > Self::MAX_CHARS || !id.bytes().all(fine) {
            return Err(Refusal::ClientMsgIdMalformed);
        }
        Ok(Self(id.into()))
    }

    /// The name, as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_id_is_short_and_plain() {
        let longest = "x".repeat(64);
        for fine in ["a", "0", "A.b_c:d-9", &longest] {
            assert_eq!(
                ClientMsgId::new(fine).as_ref().map(ClientMsgId::as_str),
                Ok(fine)
            );
        }
        let longer = "x".repeat(65);
        for malformed in ["", " ", "a b", "a/b", "ж", "a\n", "a\0", "%41", &longer] {
            assert_eq!(
                ClientMsgId::new(malformed),
                Err(Refusal::ClientMsgIdMalformed),
                "{malformed:?}"
            );
        }
    }
}
