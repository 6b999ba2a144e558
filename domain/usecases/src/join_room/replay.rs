//! What a client missed, a piece at a time.
//!
//! Events after the join are delivered later, so a piece need not show the room at the
//! moment of the join: what has changed since is either left out, or comes twice.

use std::mem;

use aftermatch_ports::{
    ChatError, Missed, Replay, Rest, Since, StoreError,
    model::{LogHead, RoomDelta, RoomId, access::MAX_REPLAY},
};

use crate::Ports;

/// What the client missed after event `since`, and how far the log goes.
pub(super) async fn begin(
    ports: &Ports,
    room: RoomId,
    since: &Since,
) -> Result<(Option<LogHead>, Missed), StoreError> {
    let read = ports.history.delta_since(room, since.seq, MAX_REPLAY);
    let read = read.await?;
    let missed = match (read.head, read.delta) {
        (Some(head), Some(delta)) if is_of_log(since, head) => {
            let all = Rest {
                room,
                since: since.seq,
                next: since.seq.next(),
                head,
                later: Vec::new(),
            };
            Missed::Events(piece(all, delta))
        }
        _ => Missed::TooMuch,
    };
    Ok((read.head, missed))
}

/// Whether the client knows this log, or does not say.
fn is_of_log(since: &Since, head: LogHead) -> bool {
    let epoch = since.epoch.as_ref();
    epoch.is_none_or(|epoch| *epoch == head.epoch.to_string())
}

/// Reads on.
pub(crate) async fn run(ports: &Ports, rest: Rest) -> Result<Replay, ChatError> {
    let events = rest.next..=rest.head.last_seq;
    let read = ports.history.next_delta(rest.room, rest.since, events);
    let read = read.await?;
    let same_log = read.head.is_some_and(|head| head.epoch == rest.head.epoch);
    match read.delta {
        Some(delta) if same_log => Ok(piece(rest, delta)),
        _ => Err(StoreError::transient("the log ended during a replay").into()),
    }
}

/// The first events of `rest`, of which `delta` has been read. A deletion may have been
/// read before its turn.
fn piece(mut rest: Rest, delta: RoomDelta) -> Replay {
    let next = delta.next;
    let mut events = mem::take(&mut rest.later);
    events.extend(delta.events(rest.since));
    events.sort_by_key(|(seq, _)| *seq);
    let rest = next.map(|next| {
        let later = events.partition_point(|(seq, _)| *seq < next);
        let later = events.split_off(later);
        Rest {
            next,
            later,
            ..rest
        }
    });
    Replay { events, rest }
}
