//! What the log of a room says about the past, for administrators alone: which texts a
//! message had, who took messages away, and why.

use std::sync::Arc;

use crate::{Author, MessageId, Refusal, Seq, Text, Timestamp};

/// Why messages were deleted, in the words of the administrator or of the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(Arc<str>);

impl Reason {
    /// The longest allowed, in characters.
    pub const MAX_CHARS: usize = 500;

    /// Accepts 1 to [`Reason::MAX_CHARS`] characters without U+0000. White space at both
    /// ends is cut off and does not count.
    ///
    /// # Errors
    /// [`Refusal::ReasonBlank`], [`Refusal::ReasonTooLong`], [`Refusal::ReasonHasNul`].
    pub fn new(text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        let length = text.chars().count();
        if length > Self::MAX_CHARS {
            let max = Self::MAX_CHARS;
            return Err(Refusal::ReasonTooLong { length, max });
        }
        if text.is_empty() {
            return Err(Refusal::ReasonBlank);
        }
        if text.contains('\0') {
            return Err(Refusal::ReasonHasNul);
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
        let (length, max) = (501, 500);
        for (text, expected) in [
            ("spam", Ok("spam")),
            (" two  words\t", Ok("two  words")),
            (&longest, Ok(&*longest)),
            (&padded, Ok(&*longest)),
            (
                &format!("{longest}x"),
                Err(Refusal::ReasonTooLong { length, max }),
            ),
            ("", Err(Refusal::ReasonBlank)),
            (" \u{2003}\n", Err(Refusal::ReasonBlank)),
            ("a\0b", Err(Refusal::ReasonHasNul)),
        ] {
            let read = Reason::new(text);
            let read = read.as_ref().map(Reason::as_str);
            assert_eq!(read, expected.as_ref().copied(), "{text:?}");
        }
    }
}
