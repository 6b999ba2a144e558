//! The words and marks of Rust, without comments and literals.

/// As much of a token as the search for paths needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// An identifier, a keyword or a number.
    Word(&'a str),
    /// `::`
    Separator,
    /// Any other character.
    Mark(char),
}

/// The tokens of a file.
pub(crate) fn tokens(mut text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    while let Some(first) = text.chars().next() {
        let skipped = comment(text).or_else(|| literal(text));
        if let Some(length) = skipped {
            text = &text[length..];
        } else if let Some(rest) = text.strip_prefix("::") {
            tokens.push(Token::Separator);
            text = rest;
        } else if is_word(first) {
            let end = text.find(|letter| !is_word(letter)).unwrap_or(text.len());
            tokens.push(Token::Word(&text[..end]));
            text = &text[end..];
        } else {
            if !first.is_whitespace() {
                tokens.push(Token::Mark(first));
            }
            text = &text[first.len_utf8()..];
        }
    }
    tokens
}

fn is_word(letter: char) -> bool {
    letter == '_' || letter.is_alphanumeric()
}

/// The length of the comment that `text` begins with.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if !text.starts_with("/*") {
        return None;
    }
    let (mut depth, mut at) = (0, 0);
    loop {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
        } else {
            at += rest.chars().next().map_or(0, char::len_utf8);
        }
        if depth == 0 || at >= text.len() {
            return Some(at);
        }
    }
}

/// The length of the string or character that `text` begins with.
fn literal(text: &str) -> Option<usize> {
    let prefix = ["b", "c"].into_iter().find(|letter| {
        let rest = text.strip_prefix(letter);
        rest.is_some_and(|rest| rest.starts_with(['"', '\'']) || raw(rest).is_some())
    });
    let prefix = prefix.map_or(0, str::len);
    let text = &text[prefix..];
    let length = match text.chars().next()? {
        'r' => raw(text),
        '"' => quoted(text, '"'),
        '\'' => character(text),
        _ => None,
    };
    length.map(|length| prefix + length)
}

/// The length of a raw string: `r"…"`, `r#"…"#`, …
fn raw(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('r')?;
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    let begin = 1 + hashes + 1;
    rest[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let found = text[begin..].find(&end)?;
    Some(begin + found + end.len())
}

/// The length of a literal that ends with `end`, unless that is escaped.
fn quoted(text: &str, end: char) -> Option<usize> {
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' {
            letters.next();
        } else if letter == end {
            return Some(at + letter.len_utf8());
        }
    }
    None
}

/// The length of a character, which is no lifetime.
fn character(text: &str) -> Option<usize> {
    let mut letters = text.chars().skip(1);
    let (first, second) = (letters.next()?, letters.next()?);
    (first == '\\' || second == '\'')
        .then(|| quoted(text, '\''))
        .flatten()
}
