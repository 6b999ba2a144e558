use aftermatch_ports::{Creation, Written};
use sqlx::{Error, FromRow, PgConnection};

use super::{
    Job,
    batch::{Outcomes, column},
    carefully::of_many,
};
use crate::{message, patience::Attempt};

/// Of the messages that were not kept, those whose guards hold, by their place,
/// and the earlier message of the same name. The others are stale. Where there is
/// no earlier one, somebody's lock was in the way.
const HOLDING: &str = concat!(
    "SELECT a.place, CASE
        WHEN m.sent_sha256 IS NULL THEN m.text = a.text
        ELSE m.sent_sha256 = sha256(convert_to(a.text, 'UTF8'))
     END AS same, ",
    message::columns!(),
    " FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[],
                  $5::text[], $6::text[])
           WITH ORDINALITY
           AS a(room_id, room_revision, user_id, user_revision, text, client_msg_id, place)
     JOIN rooms r ON r.id = a.room_id AND r.revision = a.room_revision
     JOIN users u ON u.id = a.user_id AND u.revision = a.user_revision
     LEFT JOIN LATERAL (
        SELECT * FROM messages
        WHERE room_id = a.room_id AND user_id = a.user_id AND client_msg_id = a.client_msg_id
        LIMIT 1
     ) m ON true"
);

#[derive(FromRow)]
struct Holding {
    place: i64,
    same: Option<bool>,
    #[sqlx(flatten)]
    earlier: message::Row,
}

/// Fills in what became of the jobs that were not kept.
pub(super) async fn explain(
    connection: &mut PgConnection,
    jobs: &[Job],
    outcomes: &mut Outcomes,
) -> Result<(), Error> {
    let left = jobs.iter().zip(outcomes);
    let left = left.filter(|(_, outcome)| outcome.is_none());
    let (jobs, mut outcomes): (Vec<_>, Vec<_>) = left.unzip();
    if jobs.is_empty() {
        return Ok(());
    }
    let query = of_many::<Holding>(HOLDING, &jobs).bind(column(&jobs, Job::name));
    let holding = query.fetch_all(connection).await?;
    for outcome in &mut outcomes {
        **outcome = Some(Attempt::Done(Written::Stale));
    }
    for Holding {
        place,
        same,
        earlier,
    } in holding
    {
        // Postgres counts places from 1.
        let place = usize::try_from(place - 1).ok();
        let Some(outcome) = place.and_then(|place| outcomes.get_mut(place)) else {
            continue;
        };
        let known = earlier.message_id.is_some();
        **outcome = Some(match earlier.message() {
            Some(message) if same == Some(true) => {
                Attempt::Done(Written::Done(Creation::Repeated(Box::new(message))))
            }
            _ if known => Attempt::Done(Written::Done(Creation::Taken)),
            _ => Attempt::Busy,
        });
    }
    Ok(())
}
