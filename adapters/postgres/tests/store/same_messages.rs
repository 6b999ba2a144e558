//! Writers of several processes that change the same messages.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use crate::support::{NO_REQUEST, message, precondition, store, text, town, with_world};
use aftermatch_ports::{
    Log, Messages, Outcome,
    model::{EventKind, LoggedEvent, MessageId, RoomId, Seq, access::DeleteScope},
};
use aftermatch_postgres::Postgres;
use tokio::task::JoinSet;

const ROOM: i64 = 21;
const MESSAGES: i64 = 5;
const EDITS: i64 = 50;

/// What a commit wrote: the text of a message, or which were deleted.
#[derive(Debug, PartialEq, Eq)]
enum Wrote {
    Text(MessageId, String),
    Deletion(Vec<MessageId>),
}

/// By the number of the event.
type Written = BTreeMap<Seq, Wrote>;

/// Edits the messages of user 1 in turn, and then deletes two at a time.
async fn change(store: &Postgres, writer: i64) -> Vec<(Seq, Wrote)> {
    let now = precondition(store, ROOM, 1).await;
    let mut written = Vec::new();
    for nth in 0..EDITS {
        let id = MessageId(1 + (writer + nth) % MESSAGES);
        let says = format!("edit {nth} of writer {writer}");
        let edited = store.edit(now, id, text(&says), NO_REQUEST).await;
        match edited.expect("an answer") {
            Outcome::Committed(Some(commit)) => written.push((commit.seq, Wrote::Text(id, says))),
            // Another writer is faster, and has deleted it.
            Outcome::Committed(None) => {}
            Outcome::Conflict => panic!("nothing has changed"),
        }
    }
    for id in 1..=MESSAGES {
        let ids = vec![MessageId(id), MessageId(1 + id % MESSAGES)];
        let deleted = store
            .delete(now, ids, DeleteScope::Any, None, NO_REQUEST)
            .await;
        match deleted.expect("an answer") {
            Outcome::Committed(Some(deleted)) => {
                written.push((deleted.commit.seq, Wrote::Deletion(deleted.ids)));
            }
            Outcome::Committed(None) => {}
            Outcome::Conflict => panic!("nothing has changed"),
        }
    }
    written
}

fn wrote(event: &LoggedEvent) -> Wrote {
    match &event.kind {
        EventKind::Created(message) => Wrote::Text(message.id, message.text.as_str().to_owned()),
        EventKind::Edited { id, text } => Wrote::Text(*id, text.as_str().to_owned()),
        EventKind::Deleted { ids, .. } => Wrote::Deletion(ids.clone()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_has_text_of_each_commit() {
    let talk = (1..=MESSAGES).map(|id| message(Some(id), ROOM, 1, id, "hello"));
    let (database, _platform) = with_world(&town(talk.collect())).await;
    let stores = [
        Arc::new(store(&database).await),
        Arc::new(store(&database).await),
    ];
    let mut writers = JoinSet::new();
    for writer in 0..4 {
        let store = stores[usize::from(writer % 2 == 0)].clone();
        writers.spawn(async move { change(&store, writer).await });
    }
    let created = (1..=MESSAGES).map(|id| (Seq(id), Wrote::Text(MessageId(id), "hello".into())));
    let mut written: Written = created.collect();
    let mut edits = 0;
    for (seq, wrote) in writers.join_all().await.into_iter().flatten() {
        edits += i64::from(matches!(wrote, Wrote::Text(..)));
        assert!(written.insert(seq, wrote).is_none(), "{seq:?} twice");
    }
    assert!(edits >= EDITS);
    let deletions = written.values().filter_map(|wrote| match wrote {
        Wrote::Deletion(ids) => Some(ids),
        Wrote::Text(..) => None,
    });
    let mut times: HashMap<_, usize> = HashMap::new();
    for id in deletions.flatten() {
        *times.entry(*id).or_default() += 1;
    }
    let once = (1..=MESSAGES).map(|id| (MessageId(id), 1));
    assert_eq!(times, once.collect());

    for store in &stores {
        // In pages of several sizes: the text of an event is often beyond its page.
        for limit in [1, 7, 1_000] {
            let mut read = Written::new();
            while read.len() < written.len() {
                let after = read.last_key_value().map_or(Seq(0), |(seq, _)| *seq);
                let page = store.events(RoomId(ROOM), after, limit).await;
                let page = page.expect("a database").expect("the room");
                let events = page.events.expect("nothing is missing");
                assert!(!events.is_empty(), "nothing after {after:?}");
                read.extend(events.iter().map(|event| (event.seq, wrote(event))));
            }
            assert_eq!(read, written);
        }
    }
}
