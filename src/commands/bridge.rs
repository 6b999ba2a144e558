//! `aftermatch bridge`.

use std::{io::Write, process::ExitCode};

use aftermatch_postgres::{
    Depth, Mapping, Options, check_bridge, install_bridge, plan_bridge, remove_bridge,
};
use anyhow::Context;

use crate::settings::{Bridge, CANNOT_USE, CheckBridge, OnDatabase, Step, read_mapping};

#[tokio::main(flavor = "current_thread")]
pub(super) async fn run(settings: &Bridge) -> anyhow::Result<ExitCode> {
    match &settings.step {
        Step::Plan(on) => plan(on).await,
        Step::Install(on) => install(on).await,
        Step::Check(settings) => check(settings).await,
        Step::Remove(on) => remove(on).await,
    }
}

async fn open(on: &OnDatabase) -> anyhow::Result<(Options, Mapping)> {
    let options = on.database.required()?;
    let mapping = read_mapping(&on.file)?;
    let migrated = aftermatch_postgres::migrate(&options).await;
    migrated.context(CANNOT_USE)?;
    Ok((options, mapping))
}

async fn plan(on: &OnDatabase) -> anyhow::Result<ExitCode> {
    // Changes nothing: not even our own schema.
    let options = on.database.required()?;
    let mapping = read_mapping(&on.file)?;
    let plan = plan_bridge(&options, &mapping).await?;
    write!(std::io::stdout(), "{plan}")?;
    match &plan.mistakes {
        None => Ok(ExitCode::SUCCESS),
        Some(mistakes) => anyhow::bail!(
            "the mapping {} has mistakes:\n{mistakes}",
            on.file.display()
        ),
    }
}

async fn install(on: &OnDatabase) -> anyhow::Result<ExitCode> {
    let (options, mapping) = open(on).await?;
    // Progress goes to standard error, so that standard output has only the result.
    let report = |line| {
        let _ = writeln!(std::io::stderr(), "{line}");
    };
    let installed = install_bridge(&options, &mapping, report).await?;
    let mut out = std::io::stdout();
    writeln!(
        out,
        "the bridge is installed: start the service with CHAT_BRIDGE"
    )?;
    if !installed.waiting.is_empty() {
        writeln!(out, "what could not be applied yet is tried again:")?;
        for sentence in installed.waiting {
            writeln!(out, "- {sentence}")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn check(settings: &CheckBridge) -> anyhow::Result<ExitCode> {
    let profiles = settings.profiles.as_ref().map(|file| {
        let text = std::fs::read_to_string(file);
        text.with_context(|| format!("cannot read the profiles {}", file.display()))
    });
    let depth = Depth {
        repair: settings.repair,
        profiles: profiles.transpose()?,
    };
    let (options, mapping) = open(&settings.on).await?;
    let checked = check_bridge(&options, &mapping, &depth).await?;
    let mut out = std::io::stdout();
    for line in &checked.lines {
        writeln!(out, "- {line}")?;
    }
    if checked.problems == 0 {
        writeln!(out, "no differences")?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(out, "{} problems", checked.problems)?;
    Ok(ExitCode::from(1))
}

async fn remove(on: &OnDatabase) -> anyhow::Result<ExitCode> {
    let options = on.database.required()?;
    let mapping = read_mapping(&on.file)?;
    remove_bridge(&options, &mapping).await?;
    writeln!(std::io::stdout(), "the bridge is removed")?;
    Ok(ExitCode::SUCCESS)
}
