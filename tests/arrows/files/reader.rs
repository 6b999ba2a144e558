//! Reads the paths out of the tokens of one file.

use std::collections::BTreeSet;

use super::{
    source::{Import, ItemPath, Source},
    tokens::Token,
};

/// Goes through the tokens of one file.
pub(crate) struct Reader<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
    module: &'a [String],
    /// The modules inside this file around the current token, with the depth of braces
    /// at which each ends.
    inline: Vec<(String, usize)>,
    depth: usize,
    source: Source,
}

impl<'a> Reader<'a> {
    /// What the file of `module` defines, imports and names.
    pub(crate) fn read(module: &'a [String], file: String, tokens: &'a [Token<'a>]) -> Source {
        let source = Source {
            file,
            children: children(tokens),
            ..Source::default()
        };
        let mut reader = Self {
            tokens,
            at: 0,
            module,
            inline: Vec::new(),
            depth: 0,
            source,
        };
        while let Some(token) = reader.peek(0) {
            reader.step(token);
        }
        reader.source
    }

    fn peek(&self, ahead: usize) -> Option<Token<'a>> {
        self.tokens.get(self.at + ahead).copied()
    }

    fn word(&self, ahead: usize) -> Option<&'a str> {
        match self.peek(ahead)? {
            Token::Word(word) => Some(word),
            _ => None,
        }
    }

    fn step(&mut self, token: Token<'a>) {
        if self.tokens[self.at..].starts_with(&TEST) {
            self.at = after_item(self.tokens, self.at + TEST.len());
            return;
        }
        match token {
            Token::Word("use") => self.declaration(),
            Token::Word("mod") if self.peek(2) == Some(Token::Mark('{')) => {
                let name = self.word(1).unwrap_or_default().to_owned();
                self.source.defines.insert(name.clone());
                self.inline.push((name, self.depth));
                self.at += 2;
            }
            Token::Word(word) => {
                if DEFINING.contains(&word)
                    && let Some(name) = self.word(1)
                {
                    self.source.defines.insert(name.to_owned());
                }
                self.path(word);
            }
            Token::Mark('{') => {
                self.depth += 1;
                self.at += 1;
            }
            Token::Mark('}') => {
                self.depth = self.depth.saturating_sub(1);
                let depth = self.depth;
                self.inline.pop_if(|(_, ends)| *ends == depth);
                self.at += 1;
            }
            _ => self.at += 1,
        }
    }

    /// A path in code, or a single word.
    fn path(&mut self, first: &str) {
        let mut path = vec![first.to_owned()];
        self.source.words.insert(first.to_owned());
        self.at += 1;
        while self.peek(0) == Some(Token::Separator)
            && let Some(next) = self.word(1)
        {
            path.push(next.to_owned());
            self.at += 2;
        }
        if path.len() > 1
            && let Some(path) = self.absolute(&path)
        {
            self.source.paths.push(path);
        }
    }

    /// A `use` declaration.
    fn declaration(&mut self) {
        let before = self.at.checked_sub(1).map(|before| self.tokens[before]);
        let public = matches!(before, Some(Token::Word("pub") | Token::Mark(')')));
        self.at += 1;
        let mut names = Vec::new();
        self.tree(&[], &mut names);
        for (path, name) in names {
            if let Some(path) = self.absolute(&path) {
                let name = if self.inline.is_empty() {
                    name
                } else {
                    String::new()
                };
                self.source.imports.push(Import { path, name, public });
            }
        }
    }

    /// A part of a `use` declaration: adds each path with its name.
    fn tree(&mut self, prefix: &[String], names: &mut Vec<(ItemPath, String)>) {
        let mut path = prefix.to_vec();
        while let Some(token) = self.peek(0) {
            self.at += 1;
            match token {
                Token::Separator => {}
                Token::Word("as") => {
                    let name = self.word(0).unwrap_or_default().to_owned();
                    self.at += 1;
                    names.push((path, name));
                    return;
                }
                Token::Word("self") if !prefix.is_empty() => {}
                Token::Word(word) => path.push(word.to_owned()),
                Token::Mark('*') => {
                    names.push((path, "*".to_owned()));
                    return;
                }
                Token::Mark('{') => {
                    while !matches!(self.peek(0), None | Some(Token::Mark('}'))) {
                        self.tree(&path, names);
                        if self.peek(0) == Some(Token::Mark(',')) {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    return;
                }
                _ => {
                    self.at -= 1;
                    break;
                }
            }
        }
        if path.len() > prefix.len() || !prefix.is_empty() {
            let name = path.last().cloned().unwrap_or_default();
            names.push((path, name));
        }
    }

    /// A path from the root of the crate. `None`: it leads out of the crate.
    fn absolute(&self, path: &[String]) -> Option<ItemPath> {
        let inline = self.inline.iter().map(|(name, _)| name.clone());
        let mut base: ItemPath = self.module.iter().cloned().chain(inline).collect();
        let mut rest = path;
        match rest.first()?.as_str() {
            "crate" => {
                base.clear();
                rest = &rest[1..];
            }
            "self" => rest = &rest[1..],
            "super" => {}
            child if self.source.children.contains(child) && self.inline.is_empty() => {}
            _ => return None,
        }
        while rest.first().is_some_and(|word| word == "super") {
            base.pop();
            rest = &rest[1..];
        }
        base.extend_from_slice(rest);
        Some(base)
    }
}

/// Keywords before the name of an item.
const DEFINING: [&str; 9] = [
    "fn",
    "struct",
    "enum",
    "union",
    "trait",
    "type",
    "const",
    "static",
    "macro_rules",
];

/// `#[cfg(test)]`
const TEST: [Token; 7] = [
    Token::Mark('#'),
    Token::Mark('['),
    Token::Word("cfg"),
    Token::Mark('('),
    Token::Word("test"),
    Token::Mark(')'),
    Token::Mark(']'),
];

/// The modules in files of their own, without unit tests.
fn children(tokens: &[Token]) -> BTreeSet<String> {
    let mut children = BTreeSet::new();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at..] {
            rest if rest.starts_with(&TEST) => at = after_item(tokens, at + TEST.len()),
            [Token::Word("mod"), Token::Word(name), Token::Mark(';'), ..] => {
                children.insert((*name).to_owned());
                at += 3;
            }
            _ => at += 1,
        }
    }
    children
}

/// Where the item that begins at `at` ends: after its `;` or its block.
fn after_item(tokens: &[Token], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token {
            Token::Mark('{') => depth += 1,
            Token::Mark('}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 && tokens.get(at) != Some(&Token::Mark(';')) {
                    return at;
                }
            }
            Token::Mark(';') if depth == 0 => return at,
            _ => {}
        }
    }
    at
}
