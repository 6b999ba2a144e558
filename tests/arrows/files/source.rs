//! What one file defines, imports and names.

use std::collections::BTreeSet;

/// The path of an item, from the root of the crate.
pub(crate) type ItemPath = Vec<String>;

/// One file of a crate.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// Where it is.
    pub(crate) file: String,
    /// The modules in files of their own.
    pub(crate) children: BTreeSet<String>,
    /// The items that it defines.
    pub(crate) defines: BTreeSet<String>,
    /// What its `use` declarations bring in.
    pub(crate) imports: Vec<Import>,
    /// The paths in its code.
    pub(crate) paths: Vec<ItemPath>,
    /// The words in its code.
    pub(crate) words: BTreeSet<String>,
}

/// One name of a `use` declaration.
#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) path: ItemPath,
    /// The name in this file; `*` for a glob.
    pub(crate) name: String,
    /// Others may use it from here.
    pub(crate) public: bool,
}
