//! What the command line and the environment give: the command, and for a check also
//! every setting that is in force, and every value that is refused.

use std::ffi::OsString;

use clap::{Arg, ArgMatches, Command, CommandFactory, FromArgMatches, Id, parser::ValueSource};

use super::{
    Cli,
    names::{command, unknown_names, with_variable},
};

/// The command that reports all problems with the settings at once.
const CHECK: &str = "check";

pub(crate) struct Given {
    pub(crate) cli: Cli,
    /// For a check only.
    pub(crate) in_force: InForce,
}

/// The settings of a check.
#[derive(Default)]
pub(crate) struct InForce {
    pub(crate) settings: Vec<Setting>,
    /// What is wrong with single settings. The others are in force.
    pub(crate) problems: Vec<String>,
}

/// A setting that is in force.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Its variable.
    pub(crate) name: String,
    /// `None`: it has no value, and no default.
    pub(crate) value: Option<String>,
    pub(crate) source: Source,
}

/// Where the value of a setting is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Default,
    Environment,
    Flag,
    /// The file that another setting names.
    File,
    /// The environment has a value that is none of this setting.
    Refused,
}

/// Reads the arguments, the name of the program included, and the environment.
pub(crate) fn given(arguments: Vec<OsString>) -> Result<Given, clap::Error> {
    if arguments.get(1).is_some_and(|first| first == CHECK) {
        return given_to_check(arguments);
    }
    let matches = command().try_get_matches_from(arguments)?;
    Ok(Given {
        cli: Cli::from_arg_matches(&matches)?,
        in_force: InForce::default(),
    })
}

/// Without the variables whose values are refused: these are problems to report.
fn given_to_check(arguments: Vec<OsString>) -> Result<Given, clap::Error> {
    let refused = refused_variables();
    let is_refused = |arg: &Arg| refused.iter().any(|(id, _)| id == arg.get_id());
    let without = |arg: Arg| if is_refused(&arg) { arg.env(None) } else { arg };
    let command = command()
        .mut_args(without)
        .mut_subcommands(|command| command.mut_args(without));
    let matches = command.try_get_matches_from(arguments)?;
    let mut in_force = InForce {
        settings: Vec::new(),
        problems: unknown_names(std::env::vars_os()),
    };
    if let Some(matches) = matches.subcommand_matches(CHECK) {
        // A flag counts more than a variable.
        let counts = |id: &Id| matches.value_source(id.as_str()) != Some(ValueSource::CommandLine);
        let refused = refused.into_iter().filter(|(id, _)| counts(id));
        let (ids, problems): (Vec<_>, Vec<_>) = refused.unzip();
        in_force.problems.extend(problems);
        in_force.settings = settings(matches, &ids);
    }
    Ok(Given {
        cli: Cli::from_arg_matches(&matches)?,
        in_force,
    })
}

/// The variables whose values are refused, each with the reason.
fn refused_variables() -> Vec<(Id, String)> {
    let command = command();
    let arguments = command
        .get_arguments()
        .filter(|arg| arg.get_env().is_some());
    let refused = arguments.filter_map(|arg| {
        let alone = Command::new("aftermatch").arg(arg.clone());
        let error = alone.try_get_matches_from(["aftermatch"]).err()?;
        Some((arg.get_id().clone(), one_line(&with_variable(error))))
    });
    refused.collect()
}

/// The error without its introduction and the advice to ask for help.
fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let lines = text.lines().map(str::trim);
    let lines: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    lines.join(" ")
}

fn settings(matches: &ArgMatches, refused: &[Id]) -> Vec<Setting> {
    let command = Cli::command();
    let settings = command.get_arguments().filter_map(|arg| {
        let id = arg.get_id().as_str();
        let values = matches.get_raw(id).map(|values| {
            let values = values.map(|value| value.to_string_lossy());
            values.collect::<Vec<_>>().join(",")
        });
        let source = match matches.value_source(id) {
            _ if refused.contains(arg.get_id()) => Source::Refused,
            Some(ValueSource::CommandLine) => Source::Flag,
            Some(ValueSource::EnvVariable) => Source::Environment,
            _ => Source::Default,
        };
        Some(Setting {
            name: arg.get_env()?.to_string_lossy().into_owned(),
            value: values.filter(|_| source != Source::Refused),
            source,
        })
    });
    settings.collect()
}
