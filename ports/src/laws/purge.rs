use std::time::Duration;

use aftermatch_model::{EventKind, LoggedEvent, Message, MessageId, access::DeleteScope};

use super::fixtures::{ANNA, ANNA_SCOPE, BORIS, OTHER, ROOM, message, two_rooms};
use super::operations::{
    all_events, all_messages, delta_since, events, head, last_seq, mark_read, page, summary,
};
use super::random_history::{RandomHistory, random_history};
use super::subject::Subject;
use super::writes::{committed, create_with, delete, edit_to, precondition, write};
use crate::{CreateOutcome, DeltaSince, RoomSummary, Scope};

/// A purge forgets the texts that were replaced or deleted: what contains such a
/// text can no longer be read, and everything else can, as it was.
pub async fn purge_forgets_replaced_and_deleted_texts<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(Some(5), ROOM, ANNA)])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    let deleted = write(&subject, ROOM, BORIS).await.id;
    for text in ["second", "third"] {
        committed(edit_to(&subject, anna, MessageId(5), text).await).unwrap();
    }
    committed(delete(&subject, anna, &[deleted], DeleteScope::Any).await).unwrap();
    write(&subject, ROOM, BORIS).await;
    let before = all_events(&subject, ROOM).await;
    let head_before = head(&subject, ROOM).await;

    // The texts of the events 1 to 3 were replaced or deleted by 3, 4 and 5.
    assert_eq!(purge_now(&subject, 100).await, 3);
    assert_eq!(purge_now(&subject, 100).await, 0);
    for first in 0..before.len() {
        for limit in 1..=before.len() {
            let after = i64::try_from(first).unwrap();
            let now = events(&subject, ROOM, after, limit).await;
            assert_eq!(Some(now.head), head_before);
            let last = (first + limit).min(before.len());
            let expected = (first >= 3).then(|| before[first..last].to_vec());
            assert_eq!(now.events, expected, "{limit} after {after}");
        }
    }
    // What is replaced later is forgotten by a later purge.
    committed(edit_to(&subject, anna, MessageId(5), "fourth").await).unwrap();
    let edited = event(&subject, 4).await;
    assert_eq!(edited.as_ref(), before.get(3));
    assert_eq!(purge_now(&subject, 100).await, 1);
    assert_eq!(event(&subject, 4).await, None);
    assert_eq!(
        all_messages(&subject, ROOM).await[0].text.as_str(),
        "fourth"
    );
}

/// A purge forgets the texts of as many events as it was asked to, and says of how
/// many; called again and again, it forgets all.
pub async fn purge_respects_limit<S: Subject>() {
    let ids = [1, 2, 3, 4, 5, 6];
    let in_rooms = ids.map(|id| (id, if id % 2 == 0 { ROOM } else { OTHER }));
    let messages = in_rooms.map(|(id, room)| message::<S>(Some(id), room, ANNA));
    let subject = S::with_world(two_rooms(messages.to_vec())).await;
    for (id, room) in in_rooms {
        let anna = precondition(&subject, room, ANNA).await;
        committed(edit_to(&subject, anna, MessageId(id), "edited").await).unwrap();
    }
    let forgotten = async || {
        let mut count = 0;
        for (room, seq) in [ROOM, OTHER].into_iter().flat_map(|room| {
            let seqs = 1..=6;
            seqs.map(move |seq| (room, seq))
        }) {
            let page = events(&subject, room, seq - 1, 1).await;
            count += usize::from(page.events.is_none());
        }
        count
    };
    assert_eq!(purge_now(&subject, 0).await, 0);
    assert_eq!(forgotten().await, 0);
    for (limit, expected, sum) in [(1, 1, 1), (3, 3, 4), (3, 2, 6), (3, 0, 6)] {
        assert_eq!(purge_now(&subject, limit).await, expected);
        assert_eq!(forgotten().await, sum);
    }
}

/// After any history, a purge changes nothing that the room shows, and the log
/// still has each text that the room shows.
pub async fn purge_changes_nothing_that_room_shows<S: Subject>() {
    let room = random_history::<S>(8, 120).await;
    mark_read(&room.subject, ROOM, ANNA, 20).await;
    let before = shown(&room.subject).await;
    // In small steps, as the service does.
    while purge_now(&room.subject, 7).await == 7 {}
    assert_eq!(shown(&room.subject).await, before);
    assert_eq!(all_messages(&room.subject, ROOM).await, room.now());

    let mut forgotten = 0;
    for logged in &room.log {
        let expected = is_shown(&room, logged).then(|| logged.clone());
        forgotten += usize::from(expected.is_none());
        assert_eq!(event(&room.subject, logged.seq.0).await, expected);
    }
    assert!(forgotten > 20, "the history has edits and deletions");
}

/// What was replaced or deleted less than `keep` ago is not forgotten.
pub async fn purge_with_long_keep_forgets_nothing<S: Subject>() {
    let room = random_history::<S>(9, 60).await;
    for days in [1, 365, 36_500] {
        let keep = Duration::from_secs(days * 24 * 60 * 60);
        let count = room.subject.log().purge(keep, 1_000).await;
        assert_eq!(count.unwrap(), 0);
        assert_eq!(all_events(&room.subject, ROOM).await, room.log);
    }
}

/// After a purge, a client message id is still recognized by its first text.
pub async fn purge_keeps_client_msg_ids<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    let create = async |text, client_msg_id| {
        committed(create_with(&subject, anna, text, Some(client_msg_id)).await)
    };
    let mut ids = Vec::new();
    for client_msg_id in ["edited", "deleted", "both"] {
        match create("first", client_msg_id).await {
            CreateOutcome::Created(created) => ids.push(created.id),
            other => panic!("{client_msg_id} is new: {other:?}"),
        }
    }
    let [edited, deleted, both] = ids[..] else {
        unreachable!()
    };
    for id in [edited, both] {
        committed(edit_to(&subject, anna, id, "second").await).unwrap();
    }
    let ids = [deleted, both];
    committed(delete(&subject, anna, &ids, DeleteScope::Any).await).unwrap();
    assert_eq!(purge_now(&subject, 100).await, 3);

    let now = all_messages(&subject, ROOM).await;
    let repeated = CreateOutcome::Duplicate(Box::new(now[0].clone()));
    assert_eq!(create("first", "edited").await, repeated);
    for (text, client_msg_id) in [
        ("second", "edited"),
        ("first", "deleted"),
        ("first", "both"),
        ("second", "both"),
    ] {
        let outcome = create(text, client_msg_id).await;
        assert_eq!(outcome, CreateOutcome::IdConflict, "{client_msg_id}");
    }
    assert_eq!(last_seq(&subject, ROOM).await, 6);
}

/// Forgets everything that was replaced or deleted before now.
async fn purge_now<S: Subject>(subject: &S, limit: usize) -> usize {
    let count = subject.log().purge(Duration::ZERO, limit).await;
    count.unwrap()
}

/// The event `seq` of the room; `None` if it can no longer be read as it was.
async fn event<S: Subject>(subject: &S, seq: i64) -> Option<LoggedEvent> {
    let mut events = events(subject, ROOM, seq - 1, 1).await.events?;
    assert_eq!(events.len(), 1);
    events.pop()
}

/// Whether the room shows what the event wrote, so that nothing of it is forgotten.
fn is_shown<S: Subject>(room: &RandomHistory<S>, event: &LoggedEvent) -> bool {
    match event.kind {
        EventKind::Created(_) | EventKind::Edited { .. } => {
            let mut now = room.now().iter();
            now.any(|message| message.changed_seq == event.seq)
        }
        EventKind::Deleted { .. } => true,
    }
}

/// All that a brand can read of the room.
#[derive(Debug, PartialEq)]
struct Shown {
    history: Vec<Message>,
    page: (u64, Vec<Message>),
    listed: [RoomSummary; 2],
    deltas: Vec<DeltaSince>,
}

async fn shown<S: Subject>(subject: &S) -> Shown {
    let mut deltas = Vec::new();
    for since in 0..=last_seq(subject, ROOM).await {
        let mut since = delta_since(subject, ROOM, since, 1_000).await;
        let upserted = since.delta.as_mut().map(|delta| &mut delta.upserted);
        upserted.unwrap().sort_by_key(|message| message.seq);
        deltas.push(since);
    }
    Shown {
        history: all_messages(subject, ROOM).await,
        page: page(subject, ROOM, 0, 1_000).await,
        listed: [
            summary(subject, ANNA_SCOPE, ROOM).await,
            summary(subject, Scope::All, ROOM).await,
        ],
        deltas,
    }
}
