use std::borrow::Cow;

/// What a room is for, as a word of the platform: `match`, `support`, … The set of
/// words is open, and no rule depends on them. Borrowed is the default, which almost every
/// room has: it takes no memory of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomKind(Cow<'static, str>);

impl RoomKind {
    /// The longest allowed, in characters.
    pub const MAX_CHARS: usize = 32;

    const MATCH: &str = "match";

    /// Accepts 1 to 32 characters of `a-z0-9_-`, the first of them a letter. `None`: the
    /// word is not so.
    #[must_use]
    pub fn new(word: &str) -> Option<Self> {
        let fine =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
        let begins_well = word.starts_with(|first: char| first.is_ascii_lowercase());
        (begins_well && word.len() <= Self::MAX_CHARS && word.bytes().all(fine)).then(|| {
            Self(match word {
                Self::MATCH => Cow::Borrowed(Self::MATCH),
                other => Cow::Owned(other.to_owned()),
            })
        })
    }

    /// The word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `match`: the room of brands that have matched.
impl Default for RoomKind {
    fn default() -> Self {
        Self(Cow::Borrowed(Self::MATCH))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_is_short_lower_case_word() {
        let longest = "x".repeat(32);
        for fine in ["match", "support", "a", "a-b_c9", &longest] {
            let kind = RoomKind::new(fine);
            assert_eq!(kind.as_ref().map(RoomKind::as_str), Some(fine));
        }
        let longer = "x".repeat(33);
        for bad in [
            "", " ", "9a", "_a", "-a", "Match", "a b", "a.b", "ж", "aж", "a\n", &longer,
        ] {
            assert_eq!(RoomKind::new(bad), None, "{bad:?}");
        }
        assert_eq!(RoomKind::new("match"), Some(RoomKind::default()));
    }
}
