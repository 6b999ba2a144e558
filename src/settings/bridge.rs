//! The mapping of a bridge.

use std::path::{Path, PathBuf};

use aftermatch_postgres::Mapping;
use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};

use super::Database;

#[derive(Args)]
pub(crate) struct Bridge {
    #[command(subcommand)]
    pub(crate) step: Step,
}

#[derive(Subcommand)]
pub(crate) enum Step {
    /// Print what the owner of the platform's tables has to grant, what would be made, the
    /// first rows of each query and every mistake of the mapping. Changes nothing.
    Plan(OnDatabase),
    /// Make the triggers on the platform's tables, and bring everything into the chat. Can be
    /// repeated.
    Install(OnDatabase),
    /// Compare the platform's tables with the chat, both ways. Exits with 1 if something
    /// differs.
    Check(CheckBridge),
    /// Remove the triggers and the tables of the bridge. What is in the chat stays.
    Remove(OnDatabase),
}

#[derive(Args)]
pub(crate) struct OnDatabase {
    /// Mapping file (TOML).
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) database: Database,
}

#[derive(Args)]
pub(crate) struct CheckBridge {
    #[command(flatten)]
    pub(crate) on: OnDatabase,
    /// Apply what differs.
    #[arg(long)]
    pub(crate) repair: bool,
    /// File with profiles as the platform shows them: a line of JSON for each user and each
    /// brand, such as {"user": 3, "profile": {…}}. Says which keys differ.
    #[arg(long, value_name = "FILE")]
    pub(crate) profiles: Option<PathBuf>,
}

/// Reads a mapping. The error has every mistake in it.
pub(crate) fn read_mapping(file: &Path) -> anyhow::Result<Mapping> {
    let name = file.display();
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read the mapping {name}"))?;
    Mapping::parse(&text)
        .map_err(|mistakes| anyhow!("the mapping {name} has mistakes:\n{mistakes}"))
}
