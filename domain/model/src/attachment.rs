//! What a message carries beside its text: objects that the platform made and signed. The
//! service passes them on, and never sees what they stand for.

use std::{collections::HashSet, sync::Arc};

use crate::{AttachmentFault, Refusal};

/// One attachment: a JSON object of the platform, without its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    id: String,
    json: String,
}

/// An attachment as a client sends it: with the signature that the platform gave its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedAttachment {
    /// The attachment.
    pub attachment: Attachment,
    /// The signature, as it was written.
    pub signature: String,
}

/// The attachments of a message, 1 to [`Attachments::MAX`]: a JSON array, passed on as it
/// is. They are those of its creation: no edit changes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachments(Arc<str>);

impl Attachment {
    /// The longest id, in characters.
    pub const MAX_ID_CHARS: usize = 128;

    /// The most bytes, as they are stored.
    pub const MAX_BYTES: usize = 4 * 1024;

    /// The most objects and lists inside each other, the attachment itself included. Programs
    /// that receive it have limits of their own.
    pub const MAX_DEPTH: usize = 16;

    /// Accepts an `id` of 1 to [`Attachment::MAX_ID_CHARS`] characters, and the object with
    /// this id as JSON of at most [`Attachment::MAX_BYTES`].
    ///
    /// # Errors
    /// [`AttachmentFault::IdLength`], [`AttachmentFault::TooLarge`].
    pub fn new(id: String, json: String) -> Result<Self, AttachmentFault> {
        let (length, max) = (id.chars().count(), Self::MAX_ID_CHARS);
        if !(1..=max).contains(&length) {
            return Err(AttachmentFault::IdLength { length, max });
        }
        let (bytes, max) = (json.len(), Self::MAX_BYTES);
        if bytes > max {
            return Err(AttachmentFault::TooLarge { bytes, max });
        }
        Ok(Self { id, json })
    }

    /// Its id, by which the platform knows it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl Attachments {
    /// The most that a message can have.
    pub const MAX: usize = 10;

    /// Accepts at most [`Attachments::MAX`] attachments with different ids, in this order.
    /// `None`: there are none.
    ///
    /// # Errors
    /// [`Refusal::TooManyAttachments`], [`AttachmentFault::Repeated`].
    pub fn new(list: &[Attachment]) -> Result<Option<Self>, Refusal> {
        if list.len() > Self::MAX {
            return Err(Refusal::TooManyAttachments {
                count: list.len(),
                max: Self::MAX,
            });
        }
        let mut ids = HashSet::new();
        if let Some(index) = list.iter().position(|each| !ids.insert(each.id())) {
            let fault = AttachmentFault::Repeated;
            return Err(Refusal::AttachmentInvalid { index, fault });
        }
        let objects: Vec<_> = list.iter().map(|each| each.json.as_str()).collect();
        let json = format!("[{}]", objects.join(","));
        Ok((!list.is_empty()).then(|| Self::stored(json)))
    }

    /// Takes attachments from the store: they were checked when they were stored.
    pub fn stored(json: impl Into<Arc<str>>) -> Self {
        Self(json.into())
    }

    /// The JSON array.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attachment(id: &str) -> Attachment {
        Attachment::new(id.to_owned(), format!(r#"{{"id":"{id}"}}"#)).unwrap()
    }

    #[test]
    fn attachment_is_bounded() {
        let id = |length| "ж".repeat(length);
        let json = |bytes| "x".repeat(bytes);
        let length = |length| Err(AttachmentFault::IdLength { length, max: 128 });
        let large = |bytes| Err(AttachmentFault::TooLarge { bytes, max: 4096 });
        for (id, json, expected) in [
            (id(1), json(4096), Ok(())),
            (id(128), json(1), Ok(())),
            (id(0), json(1), length(0)),
            (id(129), json(1), length(129)),
            (id(1), json(4097), large(4097)),
        ] {
            assert_eq!(Attachment::new(id, json).map(|_| ()), expected);
        }
    }

    #[test]
    fn attachments_stay_in_order() {
        let both = Attachments::new(&[attachment("b"), attachment("a")]).unwrap();
        let json = both.as_ref().map(Attachments::as_str);
        assert_eq!(json, Some(r#"[{"id":"b"},{"id":"a"}]"#));
        assert_eq!(Attachments::new(&[]), Ok(None));
    }

    #[test]
    fn attachments_are_few_and_different() {
        let ten = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].map(attachment);
        assert!(Attachments::new(&ten).unwrap().is_some());
        let eleven = [&ten[..], &[attachment("k")]].concat();
        let (count, max) = (11, 10);
        let too_many = Refusal::TooManyAttachments { count, max };
        assert_eq!(Attachments::new(&eleven), Err(too_many));
        let (index, fault) = (2, AttachmentFault::Repeated);
        let repeated = Refusal::AttachmentInvalid { index, fault };
        let list = ["a", "b", "a"].map(attachment);
        assert_eq!(Attachments::new(&list), Err(repeated));
    }
}
