//! Applies what moves, as long as the service runs.

use std::{convert::Infallible, time::Duration};

use sqlx::{Connection, Error, PgConnection};
use tokio::time::{Instant, sleep, timeout};

use super::{
    everything, fill, locked,
    mapping::Mapping,
    marks, objects, probe, round,
    sql::{Bridge, BridgeError, query, query_as},
    triggers,
};
use crate::{error::reason, retry::before, store::Postgres};

/// Pause between two rounds without work.
const PAUSE: Duration = Duration::from_millis(200);

/// How often to look whether the triggers are there.
const LOOK: Duration = Duration::from_secs(10);

/// How often to count what waits.
const COUNT: Duration = Duration::from_secs(1);

/// Pause before a new connection.
const RECONNECT: Duration = Duration::from_secs(1);

/// How many statements, each at its limit, a round may take.
const STATEMENTS: u32 = 100;

/// Every recheck has reported them long since.
const FORGET: &str = "
    DELETE FROM {arrivals} WHERE at < now() - interval '1 day'
      AND id IN (SELECT id FROM {arrivals} ORDER BY id LIMIT 10000)";

const WAITING: &str = "
    SELECT COALESCE(sum(number), 0)::bigint,
           COALESCE(extract(epoch FROM now() - min(at)), 0)::float8
    FROM (
        SELECT number, at FROM {noted}
        UNION ALL SELECT 1, at FROM {moved} UNION ALL SELECT 1, at FROM {written}
    ) w";

impl Postgres {
    /// Applies what moves at the platform, by turns with other processes. Reports once when
    /// that begins to fail, and once when it works again.
    pub async fn drain(&self, mapping: &Mapping) -> Infallible {
        let mut reported = None;
        loop {
            let Err(error) = self.drain_connected(mapping, &mut reported).await;
            let why = match &error {
                BridgeError::Database(error) => reason(error),
                error => error.to_string(),
            };
            if reported.as_ref() != Some(&why) {
                tracing::warn!(
                    error = why,
                    "the bridge does not work: trying again every second"
                );
            }
            reported = Some(why);
            sleep(RECONNECT).await;
        }
    }

    async fn drain_connected(
        &self,
        mapping: &Mapping,
        reported: &mut Option<String>,
    ) -> Result<Infallible, BridgeError> {
        let opening = self.open_bridge(mapping);
        let (mut connection, mut bridge) =
            before(Instant::now() + 2 * self.statement_timeout(), opening).await?;
        if !objects::exist(&bridge, &mut connection).await? {
            let sentence = "there is no bridge yet: run `aftermatch bridge install` with the \
                            mapping of CHAT_BRIDGE";
            return Err(BridgeError::Refused(sentence.to_owned()));
        }
        objects::create_notes(&bridge, &mut connection).await?;
        // What is wrong with a query is found when it is run.
        probe::all(&mut bridge, &mut connection).await?;
        let limit = STATEMENTS * self.statement_timeout();
        let (mut look, mut count) = (Instant::now(), Instant::now());
        loop {
            if Instant::now() >= look {
                let looking = self.look(&bridge, &mut connection);
                before(Instant::now() + limit, looking).await?;
                look = Instant::now() + LOOK;
            }
            let rounds = self.rounds(&bridge, &mut connection);
            let worked = before(Instant::now() + limit, rounds).await?;
            if reported.take().is_some() {
                tracing::info!("the bridge works again");
            }
            if Instant::now() >= count {
                self.count(&bridge, &mut connection).await?;
                count = Instant::now() + COUNT;
            }
            if !worked {
                // At the timeout, there may be something, too.
                let _ = timeout(PAUSE, self.bridge.written.notified()).await;
            }
        }
    }

    /// A round, and a portion of what is filled. Returns whether there may be more.
    async fn rounds(&self, bridge: &Bridge, connection: &mut PgConnection) -> Result<bool, Error> {
        let Some(round) = round::run(bridge, connection, false).await? else {
            return Ok(false);
        };
        for target in &round.failed {
            self.bridge.failed(*target);
        }
        let portion = fill::portion(bridge, connection, false).await?;
        let is_full = i64::try_from(round.handled).is_ok_and(|marks| marks >= marks::PORTION);
        Ok(is_full || portion.is_some())
    }

    /// Makes triggers that are gone, as after a table was made again, or that are not the ones
    /// that the table needs. Marks everything that their tables move.
    async fn look(&self, bridge: &Bridge, connection: &mut PgConnection) -> Result<(), Error> {
        query(objects::named(bridge, FORGET))
            .execute(&mut *connection)
            .await?;
        let mut missing = 0;
        for source in &bridge.mapping.sources {
            let state = triggers::state(bridge, connection, source).await?;
            if state.is_complete() {
                continue;
            }
            let mut transaction = connection.begin().await?;
            locked::limit(&mut transaction).await?;
            match triggers::create(bridge, &mut transaction, source, &state).await {
                Ok(()) => {
                    let targets = source.targets.iter().map(|(target, _)| *target);
                    everything::mark(bridge, &mut transaction, targets).await?;
                    transaction.commit().await?;
                    tracing::warn!(
                        table = source.name(),
                        "the triggers of the bridge were gone or of an earlier version: made again, and \
                         everything is compared"
                    );
                }
                Err(error) if error.as_database_error().is_some() => {
                    transaction.rollback().await?;
                    missing += 1;
                }
                Err(error) => return Err(error),
            }
        }
        self.bridge.missing(missing);
        Ok(())
    }

    async fn count(&self, bridge: &Bridge, connection: &mut PgConnection) -> Result<(), Error> {
        let (marks, oldest): (i64, f64) = query_as(objects::named(bridge, WAITING))
            .fetch_one(connection)
            .await?;
        self.bridge.waiting(marks, oldest);
        Ok(())
    }
}
