//! Names of settings: unknown ones are refused, and every error about a value has
//! both names, the flag and the variable.

use std::{collections::BTreeSet, ffi::OsString};

use anyhow::ensure;
use clap::{
    Arg, CommandFactory,
    error::{ContextKind, ContextValue},
};

use super::{Cli, secret};

/// Refuses variables of the environment that begin with `CHAT_` and are not
/// settings.
pub(crate) fn check_names(
    environment: impl Iterator<Item = (OsString, OsString)>,
) -> anyhow::Result<()> {
    let known = variables();
    let names = environment.map(|(name, _)| name.to_string_lossy().into_owned());
    let unknown: Vec<_> = names
        .filter(|name| name.starts_with("CHAT_") && !known.contains(name))
        .map(|name| {
            let similar = most_similar(&name, &known);
            format!("{name} is not a setting: did you mean {similar}?")
        })
        .collect();
    let known: Vec<_> = known.into_iter().collect();
    ensure!(
        unknown.is_empty(),
        "{}\nThe settings are {}",
        unknown.join("\n"),
        known.join(", ")
    );
    Ok(())
}

/// The variables of all settings, in alphabetical order.
fn variables() -> BTreeSet<String> {
    let command = Cli::command();
    let variables = command.get_arguments().filter_map(Arg::get_env);
    let variables = variables.map(|name| name.to_string_lossy().into_owned());
    variables.chain([secret::VARIABLE.to_owned()]).collect()
}

fn most_similar<'a>(name: &str, known: &'a BTreeSet<String>) -> &'a str {
    let similarity = |other: &str| strsim::jaro_winkler(other, name);
    let most = known
        .iter()
        .max_by(|a, b| similarity(a).total_cmp(&similarity(b)));
    most.map_or("", String::as_str)
}

/// Adds the name of the variable to an error that only names the flag. A user who
/// has set the variable may not know the flag.
pub(crate) fn with_variable(mut error: clap::Error) -> clap::Error {
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    let mut command = Cli::command();
    command.build();
    let argument = command
        .get_arguments()
        .find(|argument| argument.to_string() == *flag);
    if let Some(variable) = argument.and_then(Arg::get_env) {
        let both = format!("{flag} ({})", variable.display());
        error.insert(ContextKind::InvalidArg, ContextValue::String(both));
    }
    error
}
