//! Names of settings: unknown ones are refused, empty ones are ignored, and every error
//! about a value has both names, the flag and the variable.

use std::{collections::BTreeSet, ffi::OsString};

use anyhow::ensure;
use clap::{
    Arg, Command, CommandFactory,
    error::{ContextKind, ContextValue},
};

use super::{Cli, secret};

/// The setting without which everything is in memory.
const DATABASE_URL: &str = "DATABASE_URL";

/// How many letters of [`DATABASE_URL`] may be wrong or swapped in a name that is taken for
/// a misspelling of it.
const MAX_DISTANCE: usize = 2;

/// The command line, with the environment. A variable that is empty counts as not set:
/// Compose files and shells set variables to nothing.
pub(crate) fn command() -> Command {
    fn without_empty(command: Command) -> Command {
        let is_empty = |arg: &Arg| {
            let value = arg.get_env().and_then(std::env::var_os);
            value.is_some_and(|value| value.is_empty())
        };
        command
            .mut_args(|arg| if is_empty(&arg) { arg.env(None) } else { arg })
            .mut_subcommands(without_empty)
    }
    without_empty(Cli::command())
}

/// Refuses variables of the environment that begin with `CHAT_` and are not
/// settings, and misspelt names of the database.
pub(crate) fn check_names(
    environment: impl Iterator<Item = (OsString, OsString)>,
) -> anyhow::Result<()> {
    let unknown = unknown_names(environment);
    let known: Vec<_> = variables().into_iter().collect();
    ensure!(
        unknown.is_empty(),
        "{}\nThe settings are {}",
        unknown.join("\n"),
        known.join(", ")
    );
    Ok(())
}

/// A sentence about each variable that [`check_names`] refuses.
pub(super) fn unknown_names(
    environment: impl Iterator<Item = (OsString, OsString)>,
) -> Vec<String> {
    let known = variables();
    let set: Vec<_> = environment
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| {
            let text = |part: OsString| part.to_string_lossy().into_owned();
            (text(name), text(value))
        })
        .collect();
    let has_database = set.iter().any(|(name, _)| name == DATABASE_URL);
    let is_unknown = |name: &str, value: &str| {
        if known.contains(name) {
            return false;
        }
        let distance = strsim::damerau_levenshtein(name, DATABASE_URL);
        name.starts_with("CHAT_") && !is_of_kubernetes(name, value)
            || !has_database && distance <= MAX_DISTANCE
    };
    set.iter()
        .filter(|(name, value)| is_unknown(name, value))
        .map(|(name, _)| {
            let similar = most_similar(name, &known);
            format!("{name} is not a setting: did you mean {similar}?")
        })
        .collect()
}

/// Whether Kubernetes sets this variable, for a Service whose name begins with `chat`, in
/// every container of the namespace.
fn is_of_kubernetes(name: &str, value: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_address = ["tcp://", "udp://", "sctp://"]
        .iter()
        .any(|scheme| value.starts_with(scheme));
    let of_port = |rest: &str| {
        let mut parts = rest.split('_');
        parts.next().is_some_and(is_number)
            && matches!(parts.next(), Some("TCP" | "UDP" | "SCTP"))
            && matches!(parts.next(), None | Some("PROTO" | "PORT" | "ADDR"))
    };
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT") && is_number(value)
        || name.contains("_SERVICE_PORT_") && is_number(value)
        || name.ends_with("_PORT") && is_address
        || name
            .split_once("_PORT_")
            .is_some_and(|(_, rest)| of_port(rest))
}

/// The variables of all settings, in alphabetical order.
fn variables() -> BTreeSet<String> {
    let command = Cli::command();
    let variables = command.get_arguments().filter_map(Arg::get_env);
    let variables = variables.map(|name| name.to_string_lossy().into_owned());
    let secrets = [secret::VARIABLE, secret::PREVIOUS_VARIABLE];
    variables.chain(secrets.map(str::to_owned)).collect()
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
