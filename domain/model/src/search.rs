use crate::Refusal;

/// The words that a message must have, all of them, to be found by a search.
///
/// This is the one place that says what a word is. Every store finds messages by
/// [`SearchWords::are_in`], so all of them find the same.
///
/// A word is letters and digits, as many as follow each other: everything else in a
/// text separates words. Case makes no difference: each character counts as the
/// lowercase of its uppercase, so that `ß` is `ss`, and the two forms of a lowercase
/// sigma are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchWords(Vec<Vec<char>>);

impl SearchWords {
    /// The longest text to search for, in characters.
    pub const MAX_CHARS: usize = 200;

    /// The words of `text`.
    ///
    /// # Errors
    /// [`Refusal::NoSearchWord`].
    pub fn new(text: &str) -> Result<Self, Refusal> {
        let mut all: Vec<Vec<char>> = words(text).map(|word| folded(word).collect()).collect();
        all.sort_unstable();
        all.dedup();
        if all.is_empty() {
            return Err(Refusal::NoSearchWord);
        }
        Ok(Self(all))
    }

    /// Whether `text` has all of these words.
    #[must_use]
    pub fn are_in(&self, text: &str) -> bool {
        let mut missing: Vec<&[char]> = self.0.iter().map(Vec::as_slice).collect();
        for word in words(text) {
            // Most words begin with another character: the rest of them is not read.
            let first = folded_first(word);
            let is_word = |wanted: &[char]| {
                wanted.first() == first.as_ref() && folded(word).eq(wanted.iter().copied())
            };
            if let Some(found) = missing.iter().position(|wanted| is_word(wanted)) {
                missing.swap_remove(found);
                if missing.is_empty() {
                    return true;
                }
            }
        }
        false
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|char| !is_of_word(char));
    words.filter(|word| !word.is_empty())
}

/// Whether it is a letter or a digit. The usual ones are not looked up in tables.
fn is_of_word(char: char) -> bool {
    match char {
        'a'..='z' | 'A'..='Z' | '0'..='9' | 'а'..='я' | 'А'..='Я' => true,
        _ => !char.is_ascii() && char.is_alphanumeric(),
    }
}

/// The characters of a word without their case.
fn folded(word: &str) -> impl Iterator<Item = char> {
    let upper = word.chars().flat_map(char::to_uppercase);
    upper.flat_map(char::to_lowercase)
}

/// The first of [`folded`]. The usual ones are not looked up in tables.
fn folded_first(word: &str) -> Option<char> {
    match word.chars().next()? {
        char @ ('a'..='z' | '0'..='9' | 'а'..='я') => Some(char),
        char @ 'A'..='Z' => Some(char.to_ascii_lowercase()),
        char @ 'А'..='Я' => char::from_u32(u32::from(char) + 0x20),
        _ => folded(word).next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(wanted: &str, text: &str) -> bool {
        let words = SearchWords::new(wanted);
        words.expect("it has a word").are_in(text)
    }

    #[test]
    fn whole_word_is_found_in_any_case() {
        for (wanted, text) in [
            ("hello", "Hello, Bob!"),
            ("HELLO", "say hello"),
            ("привет", "Привет! Как дела?"),
            ("ПРИВЕТ", "…привет…"),
            ("ёлка", "ЁЛКА"),
            ("straße", "STRASSE"),
            ("strasse", "Straße"),
            ("οδος", "ΟΔΟΣ"),
            ("ΟΔΟΣ", "η οδος"),
            ("2024", "17.06.2024"),
            ("x7", "(X7)"),
            ("日本", "日本、東京"),
            ("é", "É"),
        ] {
            assert!(finds(wanted, text), "{wanted} in {text}");
        }
    }

    #[test]
    fn part_of_word_is_not_found() {
        for (wanted, text) in [
            ("hell", "hello"),
            ("ello", "hello"),
            ("hello", "hell o"),
            ("привет", "приветствие"),
            ("202", "2024"),
            ("a1", "a 1"),
            ("hello", ""),
            ("hello", "?!"),
            ("елка", "ёлка"),
        ] {
            assert!(!finds(wanted, text), "{wanted} in {text}");
        }
    }

    #[test]
    fn all_words_must_be_there() {
        for (wanted, text, found) in [
            ("big deal", "a deal, and a big one", true),
            ("big deal", "a big one", false),
            ("big  BIG, big", "a big one", true),
            ("a b c", "c b", false),
            ("a b c", "c-b-a", true),
        ] {
            assert_eq!(finds(wanted, text), found, "{wanted} in {text}");
        }
    }

    #[test]
    fn what_is_no_letter_or_digit_separates_words() {
        for (wanted, text) in [
            ("b", "a.b@c.de"),
            ("a.b@c.de", "write to a.b@c.de today"),
            ("c.de a b", "a.b@c.de"),
            ("example com", "https://example.com/?q=1"),
            ("q=1", "https://example.com/?q=1"),
            ("time", "full-time"),
            ("full-time", "full time"),
            ("snake", "snake_case"),
            ("don't", "I don’t know"),
            ("100%", "at 100 per cent"),
            ("a", "a\u{0}b"),
        ] {
            assert!(finds(wanted, text), "{wanted} in {text}");
        }
    }

    #[test]
    fn usual_characters_need_no_table() {
        for char in '\0'..=char::MAX {
            assert_eq!(is_of_word(char), char.is_alphanumeric(), "{char:?}");
            let word = char.to_string();
            assert_eq!(folded_first(&word), folded(&word).next(), "{char:?}");
        }
    }

    #[test]
    fn text_without_word_is_refused() {
        for text in ["", " \t\n", "\u{a0}", "?!", "-", "🦀", "\0", "\u{301}"] {
            assert_eq!(SearchWords::new(text), Err(Refusal::NoSearchWord), "{text}");
        }
    }
}
