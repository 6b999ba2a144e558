use std::sync::Arc;

use crate::{Attachments, MessageId, Profile, Refusal, RoomId, Seq, Text, Timestamp, UserId};

/// A message that exists: created and not deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Its room.
    pub room: RoomId,
    /// Its author.
    pub author: Author,
    /// Its text, as of its last edit.
    pub text: Text,
    /// What it carries beside the text.
    pub attachments: Option<Attachments>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub edited_at: Option<Timestamp>,
    /// The id that its author's program gave it.
    pub client_msg_id: Option<ClientMsgId>,
    /// The number of the event that created it. It never changes.
    pub seq: Seq,
    /// The number of the last event that changed it; [`Message::seq`] before any edit.
    pub changed_seq: Seq,
}

impl Message {
    /// How many bytes its author's client has written: its text and its attachments.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let attachments = self.attachments.as_ref();
        self.text.as_str().len() + attachments.map_or(0, |json| json.as_str().len())
    }
}

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The author's user id.
    pub id: UserId,
    /// The author's profile as of now.
    pub profile: Profile,
}

/// An id that an author's program gives a message, so that a retry creates no
/// second copy. For one author in one room it names one message, permanently.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClientMsgId(Arc<str>);

impl ClientMsgId {
    /// The longest allowed, in characters.
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

    /// The id, as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_msg_id_accepts_short_plain_text() {
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
