//! Opens the database when the service starts.

use std::time::Duration;

use aftermatch_postgres::{MigrateError, Options, Postgres};
use anyhow::Context;
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
        open_when_there(options, !settings.no_migrate).await
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

async fn open_when_there(options: &Options, migrate: bool) -> anyhow::Result<Postgres> {
    loop {
        match try_open(options, migrate).await {
            Ok(store) => return Ok(store),
            Err(MigrateError::Database(error)) if aftermatch_postgres::is_transient(&error) => {
                tracing::warn!(%error, "the database is away: trying again every second");
                sleep(PAUSE).await;
            }
            Err(error) => return Err(error).context(CANNOT_USE),
        }
    }
}

async fn try_open(options: &Options, migrate: bool) -> Result<Postgres, MigrateError> {
    if migrate {
        aftermatch_postgres::migrate(options).await?;
    } else {
        aftermatch_postgres::check(options).await?;
    }
    Ok(Postgres::connect(options).await?)
}
