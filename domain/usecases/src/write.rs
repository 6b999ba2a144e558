//! Creating, editing and deleting messages: authorize, commit under the
//! precondition, publish.

mod attempt;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod edit;
pub(crate) mod publish;

#[cfg(test)]
mod tests;
