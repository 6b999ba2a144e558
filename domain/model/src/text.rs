use std::sync::Arc;

use crate::Refusal;

/// A valid message text: not too long, no U+0000, and not blank, unless the message has
/// attachments. It is stored exactly as it came; nothing is trimmed or normalised. One that is
/// blank is stored as the empty text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(Arc<str>);

impl Text {
    /// Accepts `text` of at most `max_chars` Unicode scalar values.
    ///
    /// # Errors
    /// [`Refusal::TextBlank`], [`Refusal::TextTooLong`], [`Refusal::TextHasNul`].
    pub fn new(text: &str, max_chars: usize) -> Result<Self, Refusal> {
        let text = Self::or_blank(text, max_chars)?;
        if text.is_blank() {
            return Err(Refusal::TextBlank);
        }
        Ok(text)
    }

    /// The same for the text of a message with attachments, which may be blank.
    ///
    /// # Errors
    /// [`Refusal::TextTooLong`], [`Refusal::TextHasNul`].
    pub fn or_blank(text: &str, max_chars: usize) -> Result<Self, Refusal> {
        // A text has at most as many characters as bytes, so most need no count.
        let length = if text.len() > max_chars {
            text.chars().count()
        } else {
            0
        };
        if length > max_chars {
            return Err(Refusal::TextTooLong {
                length,
                max: max_chars,
            });
        }
        if text.contains('\0') {
            return Err(Refusal::TextHasNul);
        }
        let is_blank = text.chars().all(char::is_whitespace);
        Ok(Self(if is_blank { "" } else { text }.into()))
    }

    /// Whether it is the text of a message that has attachments alone.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes a text from the store: it was checked when it was stored.
    pub fn stored(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The text, as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_length_counts_characters() {
        let too_long = |length| Err(Refusal::TextTooLong { length, max: 4 });
        for (text, verdict) in [
            ("a", Ok("a")),
            (" a\n", Ok(" a\n")),
            ("\u{200b}", Ok("\u{200b}")), // zero width, but not white space
            ("жжжж", Ok("жжжж")),
            ("🦀🦀🦀🦀", Ok("🦀🦀🦀🦀")),
            ("abcde", too_long(5)),
            ("🦀🦀🦀🦀🦀", too_long(5)),
            ("     ", too_long(5)),
            ("", Err(Refusal::TextBlank)),
            (" \t\r\n", Err(Refusal::TextBlank)),
            ("\u{a0}\u{2003}\u{3000}", Err(Refusal::TextBlank)),
            ("a\0", Err(Refusal::TextHasNul)),
            ("\0", Err(Refusal::TextHasNul)),
        ] {
            let result = Text::new(text, 4);
            assert_eq!(
                result.as_ref().map(Text::as_str),
                verdict.as_ref().copied(),
                "{text:?}"
            );
            let with_attachments = match verdict {
                Err(Refusal::TextBlank) => Ok(""),
                verdict => verdict,
            };
            let result = Text::or_blank(text, 4);
            let result = result.as_ref().map(Text::as_str);
            assert_eq!(result, with_attachments.as_ref().copied(), "{text:?}");
        }
    }
}
