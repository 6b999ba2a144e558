//! Deltas that are too long to be read at once.

use std::collections::BTreeMap;

use aftermatch_model::{EventKind, Message, MessageId, RoomDelta, Seq, Text};

use super::delta::{replay, texts};
use super::fixtures::{ANNA, ROOM, UNKNOWN_ROOM, message, two_rooms};
use super::operations::{delta_since, next_delta};
use super::random_history::{RandomHistory, long_history};
use super::subject::Subject;
use crate::{DeltaSince, PIECE_BYTES};

/// The pieces of a delta have every message once, by number, and no more text than
/// fits. The first one has everything deleted.
pub async fn delta_pieces_make_whole_delta<S: Subject>() {
    let mut room = long_history::<S>(1, 60).await;
    let mut most = 0;
    for since in (0..=room.last_seq().0).map(Seq) {
        let pieces = pieces(&mut room, since, 0).await;
        most = most.max(pieces.len());
        let mut upserted = Vec::new();
        for (nth, piece) in pieces.into_iter().enumerate() {
            let bytes = piece.upserted.iter().map(Message::bytes);
            assert!(piece.upserted.len() <= 1 || bytes.sum::<usize>() <= PIECE_BYTES);
            let number = |message: &Message| number(message, since);
            let last = piece.upserted.iter().map(number).max();
            assert!(piece.next.is_none_or(|next| last < Some(next)));
            assert!(nth == 0 || piece.deleted.is_empty());
            let mut next = piece.upserted;
            next.sort_by_key(number);
            upserted.extend(next);
        }
        let now = room.now().iter();
        let expected = now.filter(|message| message.changed_seq > since);
        let mut expected: Vec<_> = expected.cloned().collect();
        expected.sort_by_key(|message| number(message, since));
        assert!(upserted == expected, "since {since}");
    }
    assert!(most > 3, "{most} pieces");
}

/// While the pieces are read, others write. With the events that follow the first read
/// the room is as it is now, whatever they wrote.
pub async fn delta_pieces_and_later_events_reproduce_room<S: Subject>() {
    let mut room = long_history::<S>(2, 60).await;
    for since in (0..60).step_by(4).map(Seq) {
        let earlier = room.states[index(since)].clone();
        let last = room.last_seq();
        let pieces = pieces(&mut room, since, 3).await;
        let events = pieces.into_iter().flat_map(|piece| piece.events(since));
        let mut known = replay(&earlier, events.collect());
        for event in &room.log[index(last)..] {
            apply(&mut known, event.kind.clone());
        }
        assert!(known == texts(room.now()), "since {since}");
    }
}

/// A room that does not exist has no pieces either.
pub async fn missing_room_has_no_next_delta<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(None, ROOM, ANNA)])).await;
    subject.remove_room(ROOM).await;
    for room in [UNKNOWN_ROOM, ROOM] {
        let nothing = next_delta(&subject, room, Seq(0), Seq(1), Seq(1)).await;
        assert_eq!(nothing, DeltaSince::default());
    }
}

/// All pieces of the delta since event `since`. After each one, others write `events`
/// events.
async fn pieces<S: Subject>(
    room: &mut RandomHistory<S>,
    since: Seq,
    events: usize,
) -> Vec<RoomDelta> {
    let last = room.last_seq();
    let mut read = delta_since(&room.subject, ROOM, since.0, 1_000).await;
    let mut pieces = Vec::new();
    loop {
        assert_eq!(read.head.unwrap().last_seq, room.last_seq());
        let piece = read.delta.expect("far fewer events than the limit");
        let next = piece.next;
        pieces.push(piece);
        let Some(next) = next else {
            return pieces;
        };
        room.go_on(events).await;
        read = next_delta(&room.subject, ROOM, since, next, last).await;
    }
}

/// A client receives an event. It does not know a message that was deleted before its
/// piece was read.
fn apply(known: &mut BTreeMap<MessageId, Text>, kind: EventKind) {
    match kind {
        EventKind::Created(new) => {
            known.insert(new.id, new.text);
        }
        EventKind::Edited { id, text } => {
            known.entry(id).and_modify(|known| *known = text);
        }
        EventKind::Deleted { ids, .. } => known.retain(|id, _| !ids.contains(id)),
    }
}

/// The number of the event that a message is in a delta.
fn number(message: &Message, since: Seq) -> Seq {
    if message.seq > since {
        message.seq
    } else {
        message.changed_seq
    }
}

fn index(seq: Seq) -> usize {
    usize::try_from(seq.0).unwrap()
}
