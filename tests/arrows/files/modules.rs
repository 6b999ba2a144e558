//! The files of a crate as a tree of modules.

use std::{collections::BTreeMap, path::Path};

use super::{
    reader::Reader,
    source::{ItemPath, Source},
    tokens::tokens,
};

/// The files of a crate, by their modules.
pub(crate) struct Sources(BTreeMap<ItemPath, Source>);

impl Sources {
    /// Reads a crate from the disk. `root` is a file below `folder`.
    pub(crate) fn read(folder: &str, root: &str) -> Self {
        Self::load(root, |file| {
            std::fs::read_to_string(Path::new(folder).join(file)).ok()
        })
    }

    /// A made-up crate.
    pub(crate) fn of(root: &str, files: &[(&str, &str)]) -> Self {
        Self::load(root, |name| {
            let found = files.iter().find(|(file, _)| *file == name);
            found.map(|(_, text)| (*text).to_owned())
        })
    }

    fn load(root: &str, text_of: impl Fn(&str) -> Option<String>) -> Self {
        let text = text_of(root).unwrap_or_else(|| panic!("no {root}"));
        let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut sources = BTreeMap::new();
        let mut todo = vec![(Vec::new(), root.to_owned(), folder.to_owned(), text)];
        while let Some((module, file, folder, text)) = todo.pop() {
            let source = Reader::read(&module, file, &tokens(&text));
            for child in &source.children {
                let inner = join(&folder, child);
                let files = [format!("{inner}.rs"), format!("{inner}/mod.rs")];
                let found = files
                    .into_iter()
                    .find_map(|file| Some((text_of(&file)?, file)));
                let (text, file) = found.unwrap_or_else(|| panic!("no file of module {inner}"));
                let module = [&module[..], std::slice::from_ref(child)].concat();
                todo.push((module, file, inner, text));
            }
            sources.insert(module, source);
        }
        Self(sources)
    }

    /// How many files there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Each file with its module.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&ItemPath, &Source)> {
        self.0.iter()
    }

    /// The file of a module.
    pub(crate) fn get(&self, module: &[String]) -> Option<&Source> {
        self.0.get(module)
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}
