//! What the log of a room says about the past, for administrators alone: which texts a
//! message had, who took messages away, and why.

use std::sync::Arc;

use crate::{Author, MessageId, Refusal, Seq, Text, Timestamp};

/// Why messages were deleted, in the words of the administrator who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(Arc<str>);

impl Reason {
    /// The longest allowed, in characters.
    pub const MAX_CHARS: usize = 500;

    /// Accepts 1 to [`Reason::MAX_CHARS`] characters without U+0000. White space at both
    /// ends is cut off and does not count.
    ///
    /// # Errors
    /// [`Refusal::ReasonMalformed`].
    pub fn new(text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        let too_long = text.chars().nth(Self::MAX_CHARS).is_some();
        if text.is_empty() || too_long || text.contains('\0') {
            return Err(Refusal::ReasonMalformed);
        }
        Ok(Self::stored(text))
    }

    /// Takes a reason from the store: it was checked when it was stored.
    pub fn stored(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A message as one event left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageVersion {
    /// The number of the event.
    pub seq: Seq,
    /// Who did it.
    pub by: Author,
    /// When it was committed.
    pub at: Timestamp,
    /// What the event made of the message.
    pub kind: VersionKind,
}

impl MessageVersion {
    /// The text that the event gave the message, if it can be read.
    #[must_use]
    pub fn text(&self) -> Option<&Text> {
        match &self.kind {
            VersionKind::Created(text) | VersionKind::Edited(text) => text.as_ref(),
            VersionKind::Deleted(_) => None,
        }
    }
}

/// What an event made of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionKind {
    /// It was created with this text. `None`: the text was purged.
    Created(Option<Text>),
    /// It got this text. `None`: the text was purged.
    Edited(Option<Text>),
    /// It was deleted, for this reason if one was given.
    Deleted(Option<Reason>),
}

/// An edit or a deletion, with what it took away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditedEvent {
    /// Its number in the room.
    pub seq: Seq,
    /// Who did it.
    pub by: Author,
    /// When it was committed.
    pub at: Timestamp,
    /// What it was.
    pub kind: AuditedKind,
    /// The edited message, or the deleted ones in the order of the request.
    pub taken: Vec<Taken>,
}

impl AuditedEvent {
    /// The texts that it took away, as far as they are here.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        self.taken.iter().filter_map(|taken| match &taken.text {
            TakenText::Text(text) => Some(text),
            TakenText::Purged | TakenText::LeftOut => None,
        })
    }
}

/// What took texts away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditedKind {
    /// An edit.
    Edited,
    /// A deletion, for this reason if one was given.
    Deleted(Option<Reason>),
}

/// What an event took away from one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The message.
    pub id: MessageId,
    /// The text that it had before.
    pub text: TakenText,
}

/// A text that an event took away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TakenText {
    /// This one.
    Text(Text),
    /// It was purged.
    Purged,
    /// It is in the log, and left out here because there is too much text.
    LeftOut,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reason_is_trimmed_and_bounded() {
        let longest = "ж".repeat(500);
        let padded = format!(" \n{longest}\u{a0}");
        for (text, reason) in [
            ("spam", Some("spam")),
            (" two  words\t", Some("two  words")),
            (&longest, Some(&*longest)),
            (&padded, Some(&*longest)),
            (&format!("{longest}x"), None),
            ("", None),
            (" \u{2003}\n", None),
            ("a\0b", None),
        ] {
            let read = Reason::new(text);
            let expected = reason.ok_or(Refusal::ReasonMalformed);
            assert_eq!(
                read.as_ref().map(Reason::as_str),
                expected.as_ref().copied(),
                "{text:?}"
            );
        }
    }
}
