//! Which file each path leads to.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    modules::Sources,
    source::{ItemPath, Source},
};

/// The files that each file uses, without the modules around it.
pub(crate) fn uses(sources: &Sources) -> BTreeMap<String, BTreeSet<String>> {
    let mut uses = BTreeMap::new();
    for (module, source) in sources.iter() {
        let used = paths(source).filter_map(|path| file_of(sources, path, &mut Vec::new()));
        let used = used.filter(|used| !module.starts_with(used));
        let used = used.filter_map(|used| Some(sources.get(&used)?.file.clone()));
        uses.insert(source.file.clone(), used.collect());
    }
    uses
}

/// The paths that a file uses. A name that it only hands on is none of them.
fn paths(source: &Source) -> impl Iterator<Item = &ItemPath> {
    let imports = source.imports.iter();
    let used = imports.filter(|import| !import.public || source.words.contains(&import.name));
    source.paths.iter().chain(used.map(|import| &import.path))
}

/// The module whose file defines the item behind a path. `None`: another crate does.
/// `seen` are the paths followed so far, because re-exports may lead round.
fn file_of(sources: &Sources, path: &ItemPath, seen: &mut Vec<ItemPath>) -> Option<ItemPath> {
    if seen.contains(path) {
        return None;
    }
    seen.push(path.clone());
    let mut module = Vec::new();
    for (nth, name) in path.iter().enumerate() {
        let source = sources.get(&module)?;
        if source.children.contains(name) {
            module.push(name.clone());
            continue;
        }
        if source.defines.contains(name) {
            break;
        }
        let named = source.imports.iter().filter(|import| import.name == *name);
        let named = named.map(|import| import.path.clone());
        let globs = source.imports.iter().filter(|import| import.name == "*");
        let globs = globs.map(|import| [&import.path[..], std::slice::from_ref(name)].concat());
        let rest = &path[nth + 1..];
        for mut onward in named.chain(globs) {
            onward.extend_from_slice(rest);
            let found = file_of(sources, &onward, seen);
            if found
                .as_ref()
                .is_some_and(|found| is_known(sources, found, &onward))
            {
                return found;
            }
        }
        break;
    }
    Some(module)
}

/// Whether the file of `module` really has the item behind `path`, which a glob cannot
/// say.
fn is_known(sources: &Sources, module: &ItemPath, path: &ItemPath) -> bool {
    let source = sources.get(module);
    path == module
        || source.is_some_and(|source| path.iter().any(|name| source.defines.contains(name)))
}
