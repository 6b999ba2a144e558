//! Opens the database when the service starts.

use std::time::Duration;

use aftermatch_postgres::{Extent, MigrateError, Options, Postgres, Severity};
use anyhow::{Context, anyhow};
use tokio::{net::TcpListener, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    settings::{CANNOT_USE, Serve},
    startup_probe,
};

/// How long to wait before the next attempt.
const PAUSE: Duration = Duration::from_secs(1);

/// Opens the store as soon as the database is there. Until then, the operators'
/// port shows that the service is not ready.
pub(super) async fn open(
    options: &Options,
    settings: &Serve,
    operators: Option<&TcpListener>,
) -> anyhow::Result<Postgres> {
    let opened = CancellationToken::new();
    let opening = async {
        let _opened = opened.clone().drop_guard();
        let extent = Extent {
            migrates: !settings.no_migrate,
            // `Postgres::connect` verifies them.
            sessions: false,
            pushes: settings.pushes(),
            events: settings.api.events,
            has_api: settings.api.listen.is_some(),
        };
        open_when_there(options, extent).await
    };
    let probing = async {
        let Some(listener) = operators else {
            return Ok(());
        };
        let probed = startup_probe::serve(listener, settings.handshake_timeout, opened.clone());
        probed.await.context("the operators' port failed")
    };
    let (store, ()) = tokio::try_join!(opening, probing)?;
    Ok(store)
}

async fn open_when_there(options: &Options, extent: Extent) -> anyhow::Result<Postgres> {
    let mut last = None;
    loop {
        match try_open(options, extent).await {
            Ok(store) => return Ok(store),
            Err(Closed::ForNow(reason)) => {
                if last.as_ref() != Some(&reason) {
                    tracing::warn!(
                        error = reason,
                        "the database is away: trying again every second"
                    );
                }
                last = Some(reason);
                sleep(PAUSE).await;
            }
            Err(Closed::ForGood(error)) => return Err(error.context(CANNOT_USE)),
        }
    }
}

/// Why the store is not open.
enum Closed {
    /// Waiting may help.
    ForNow(String),
    /// It does not help.
    ForGood(anyhow::Error),
}

impl From<MigrateError> for Closed {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Database(error) if aftermatch_postgres::is_transient(&error) => {
                Self::ForNow(error.to_string())
            }
            error => Self::ForGood(error.into()),
        }
    }
}

async fn try_open(options: &Options, extent: Extent) -> Result<Postgres, Closed> {
    inspect(options, extent).await?;
    if extent.migrates {
        aftermatch_postgres::migrate(options).await?;
    } else {
        aftermatch_postgres::check(options).await?;
    }
    let connected = Postgres::connect(options).await;
    Ok(connected.map_err(MigrateError::from)?)
}

/// Refuses a database on which the service would fail later.
async fn inspect(options: &Options, extent: Extent) -> Result<(), Closed> {
    let inspection = aftermatch_postgres::inspect(options, extent).await;
    let permanent: Vec<_> = inspection.sentences(Severity::Permanent).collect();
    match (
        &permanent[..],
        inspection.sentences(Severity::Transient).next(),
    ) {
        ([], None) => Ok(()),
        ([], Some(transient)) => Err(Closed::ForNow(transient.to_owned())),
        ([sentence], _) => Err(Closed::ForGood(anyhow!("{sentence}"))),
        (sentences, _) => Err(Closed::ForGood(anyhow!("\n- {}", sentences.join("\n- ")))),
    }
}
