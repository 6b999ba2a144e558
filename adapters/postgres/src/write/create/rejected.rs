//! Why jobs were not inserted.

use aftermatch_ports::{CreateOutcome, Outcome};
use sqlx::{Error, FromRow, PgConnection};

use super::{
    batch::{self, column},
    strategy::Results,
};
use crate::{
    log::message_row::{self, MessageRow},
    precondition,
    retry::Attempt,
    write::job::Create,
};

/// The jobs whose preconditions hold, by position, each with the message that has
/// its client message id, if there is one. `same`: whether that was sent with the
/// same text.
const HOLDING: &str = concat!(
    "SELECT a.position, CASE
        WHEN m.sent_sha256 IS NULL THEN m.text = a.text
        ELSE m.sent_sha256 = sha256(convert_to(a.text, 'UTF8'))
     END AS same, ",
    message_row::columns!(),
    " FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[],
                  $5::text[], $6::text[])
           WITH ORDINALITY
           AS a(room_id, room_revision, user_id, user_revision, text, client_msg_id, position)",
    precondition::join_held!(unlocked),
    "LEFT JOIN LATERAL (
        SELECT * FROM messages
        WHERE room_id = a.room_id AND user_id = a.user_id AND client_msg_id = a.client_msg_id
        LIMIT 1
     ) m ON true"
);

#[derive(FromRow)]
struct HoldingRow {
    position: i64,
    same: Option<bool>,
    #[sqlx(flatten)]
    earlier: MessageRow,
}

/// Fills in the results of the jobs that were not inserted: a conflict if the
/// precondition does not hold; else a duplicate or another message with the same
/// client message id; else a lock was in the way.
pub(in crate::write) async fn explain(
    connection: &mut PgConnection,
    jobs: &[Create],
    results: &mut Results,
) -> Result<(), Error> {
    let rejected = jobs.iter().zip(results);
    let rejected = rejected.filter(|(_, result)| result.is_none());
    let (jobs, mut results): (Vec<_>, Vec<_>) = rejected.unzip();
    if jobs.is_empty() {
        return Ok(());
    }
    let query = batch::query_as::<HoldingRow>(HOLDING, &jobs);
    let query = query.bind(column(&jobs, Create::client_msg_id));
    let holding = query.fetch_all(connection).await?;
    for result in &mut results {
        **result = Some(Attempt::Done(Outcome::Conflict));
    }
    let mut both: Vec<_> = jobs.iter().zip(results).collect();
    for HoldingRow {
        position,
        same,
        earlier,
    } in holding
    {
        let Some((job, result)) = batch::at(&mut both, position) else {
            continue;
        };
        let exists = earlier.message_id.is_some();
        let outcome = match earlier.message() {
            Some(message) if same == Some(true) && message.attachments == job.draft.attachments => {
                CreateOutcome::Duplicate(Box::new(message))
            }
            _ if exists => CreateOutcome::IdConflict,
            _ => {
                **result = Some(Attempt::Locked);
                continue;
            }
        };
        **result = Some(Attempt::Done(Outcome::Committed(outcome)));
    }
    Ok(())
}
