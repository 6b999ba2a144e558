//! Announces events of the bridge to all processes, this one included: events without
//! content, which are read from the log.

use std::collections::HashSet;

use aftermatch_ports::{
    RemoteEvent,
    model::{Epoch, RoomId, Seq},
};
use sqlx::{Error, PgConnection};

use super::{
    objects::named,
    sql::{Bridge, query_as},
};
use crate::relay::{EVENTS, Packer, RIGHTS, To};

const HEADS: &str = "SELECT id, epoch, last_seq FROM {rooms} WHERE id = ANY ($1)";

const NOTIFY: &str = "SELECT pg_notify($1, payload) FROM UNNEST($2::text[]) AS payload";

/// Where NATS is the relay, nobody listens to events here: rechecks find them, and come sooner.
const HASTEN: &str = "SELECT pg_notify($1, '')";

/// At the commit. One line for each room is enough: it says how far the log goes.
pub(super) async fn written(
    bridge: &Bridge,
    connection: &mut PgConnection,
    rooms: &HashSet<i64>,
) -> Result<(), Error> {
    if rooms.is_empty() {
        return Ok(());
    }
    let rooms: Vec<_> = rooms.iter().copied().collect();
    let heads: Vec<(i64, i64, i64)> = query_as(named(bridge, HEADS))
        .bind(rooms)
        .fetch_all(&mut *connection)
        .await?;
    let mut packer = Packer::default();
    for (room, epoch, last_seq) in heads {
        let event = RemoteEvent {
            room: RoomId(room),
            epoch: Epoch {
                store: bridge.store,
                room: epoch,
            },
            seq: Seq(last_seq),
            content: None,
        };
        packer.event(&[To::All], &event);
    }
    let payloads = packer.finish().into_iter();
    sqlx::query(NOTIFY)
        .bind(EVENTS)
        .bind(
            payloads
                .map(|notification| notification.payload)
                .collect::<Vec<_>>(),
        )
        .execute(&mut *connection)
        .await?;
    sqlx::query(HASTEN).bind(RIGHTS).execute(connection).await?;
    Ok(())
}
