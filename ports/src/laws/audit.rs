use std::collections::HashMap;
use std::slice;
use std::time::Duration;

use aftermatch_model::{
    AuditedEvent, AuditedKind, Author, MessageId, Seq, Taken, TakenText, access::DeleteScope,
    access::MAX_IDS, world::NewMessage,
};
use aftermatch_model::{EventKind, MessageVersion, Reason, RequestId, Text, VersionKind};

use super::fixtures::{
    ANNA, BORIS, ODD_TEXTS, OTHER, ROOM, UNKNOWN_MESSAGE, UNKNOWN_ROOM, message, profile, two_rooms,
};
use super::operations::{audit, versions};
use super::random_history::{RandomHistory, random_history};
use super::subject::Subject;
use super::writes::{committed, create_with, delete, delete_for, edit_to, precondition};
use crate::{AuditPage, CreateOutcome, PIECE_BYTES};

/// After any history, the versions of each message are what was written, also of a deleted
/// one, from every number on and with any limit.
pub async fn versions_are_what_was_written<S: Subject>() {
    let room = random_history::<S>(10, 120).await;
    let written = written(&room);
    assert!(written.values().any(|of_one| of_one.len() > 3));
    for (id, expected) in &written {
        for limit in [1, 2, 1_000] {
            assert_eq!(
                all_versions(&room.subject, *id, None, limit).await,
                *expected
            );
        }
        for before in 0..=room.last_seq().0 + 1 {
            let before = Seq(before);
            let newer = expected.iter().filter(|version| version.seq >= before);
            let expected = &expected[..expected.len() - newer.count()];
            let read = all_versions(&room.subject, *id, Some(before), 2).await;
            assert_eq!(read, expected, "{id} before {before}");
        }
    }
}

/// A purge makes the texts that were replaced or deleted unreadable, and changes nothing else
/// of the versions.
pub async fn purged_versions_have_no_text<S: Subject>() {
    let room = random_history::<S>(11, 120).await;
    purge(&room.subject).await;
    for (id, mut expected) in written(&room) {
        for version in &mut expected {
            let is_shown = room.now().iter().any(|now| now.changed_seq == version.seq);
            match &mut version.kind {
                VersionKind::Created(text) | VersionKind::Edited(text) if !is_shown => *text = None,
                _ => {}
            }
        }
        assert_eq!(all_versions(&room.subject, id, None, 50).await, expected);
    }
}

/// A message has versions only in its own room, from the first number to the last.
pub async fn versions_stay_within_room<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(Some(5), ROOM, ANNA)])).await;
    let id = MessageId(5);
    for (room, id) in [(OTHER, id), (UNKNOWN_ROOM, id), (ROOM, UNKNOWN_MESSAGE)] {
        assert_eq!(versions(&subject, room, id, None, 9).await, None);
    }
    for (before, count) in [(i64::MIN, 0), (0, 0), (1, 0), (2, 1), (i64::MAX, 1)] {
        let page = versions(&subject, ROOM, id, Some(Seq(before)), 9).await;
        let page = page.unwrap();
        assert_eq!((page.versions.len(), page.has_older), (count, false));
    }
    subject.remove_room(ROOM).await;
    assert_eq!(versions(&subject, ROOM, id, None, 9).await, None);
}

/// The texts on a page of versions are bounded, however often a message was edited.
pub async fn versions_page_has_bounded_text<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(Some(5), ROOM, ANNA)])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    let texts = [2, 2, 3, 3, 4, 9].map(|part| "é".repeat(PIECE_BYTES / 2 / part));
    for text in &texts {
        committed(edit_to(&subject, anna, MessageId(5), text).await).unwrap();
    }
    let (mut counts, mut before) = (Vec::new(), None);
    loop {
        let page = versions(&subject, ROOM, MessageId(5), before, 100).await;
        let page = page.unwrap();
        counts.push(page.versions.len());
        before = next(before, page.versions.first().map(|oldest| oldest.seq));
        if !page.has_older {
            break;
        }
    }
    assert_eq!(counts, [3, 2, 2]);
    let all = all_versions(&subject, MessageId(5), None, 100).await;
    let read: Vec<_> = all
        .iter()
        .filter_map(MessageVersion::text)
        .map(Text::as_str)
        .collect();
    assert_eq!(read[0], "hello");
    assert_eq!(read[1..], texts);
}

/// After any history, the audit has every edit and deletion, what each took away and why:
/// newest first, from every number on and with any limit.
pub async fn audit_has_every_edit_and_deletion<S: Subject>() {
    let room = random_history::<S>(13, 120).await;
    let expected = taken_away(&room);
    assert!(!room.reasons.is_empty());
    for limit in [1, 7, 1_000] {
        assert_eq!(all_audited(&room.subject, None, limit).await, expected);
    }
    for before in -1..=room.last_seq().0 + 1 {
        let before = Seq(before);
        let newer = expected.iter().filter(|event| event.seq >= before).count();
        let read = all_audited(&room.subject, Some(before), 9).await;
        assert_eq!(read, expected[newer..], "before {before}");
    }
}

/// After a purge, the audit has every edit and deletion without what it took away.
pub async fn purged_audit_has_no_text<S: Subject>() {
    let room = random_history::<S>(14, 60).await;
    let mut expected = taken_away(&room);
    purge(&room.subject).await;
    let texts = expected.iter_mut().flat_map(|event| &mut event.taken);
    texts.for_each(|taken| taken.text = TakenText::Purged);
    assert_eq!(all_audited(&room.subject, None, 9).await, expected);
}

/// A page of the audit has a bounded number of messages and of bytes. Of a deletion that took
/// more text, the first text is there, and what does not fit is left out.
pub async fn audit_page_is_bounded<S: Subject>() {
    let long = Text::stored("é".repeat(PIECE_BYTES / 5));
    let texts = [1, 2, 3, 4].map(|id| NewMessage {
        text: long.clone(),
        ..message::<S>(Some(id), ROOM, ANNA)
    });
    let many = (5..)
        .take(MAX_IDS + 1)
        .map(|id| message::<S>(Some(id), ROOM, ANNA));
    let subject = S::with_world(two_rooms(texts.into_iter().chain(many).collect())).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    committed(edit_to(&subject, anna, MessageId(4), "short").await).unwrap();
    let ids: Vec<_> = (1..).map(MessageId).take(MAX_IDS + 5).collect();
    for ids in [&ids[..4], &ids[4..5], &ids[5..]] {
        committed(delete(&subject, anna, ids, DeleteScope::Any).await).unwrap();
    }
    let mut before = None;
    let mut pages = Vec::new();
    loop {
        let AuditPage { events, has_older } = audit(&subject, ROOM, before, 9).await;
        before = next(before, events.last().map(|event| event.seq));
        pages.push(events);
        if !has_older {
            break;
        }
    }
    let taken: Vec<Vec<_>> = pages
        .iter()
        .map(|page| page.iter().map(|event| event.taken.len()).collect())
        .collect();
    assert_eq!(taken, [[MAX_IDS], [1], [4], [1]]);
    let texts: Vec<_> = pages[2][0].taken.iter().map(|taken| &taken.text).collect();
    let (text, left_out) = (&TakenText::Text(long), &TakenText::LeftOut);
    assert_eq!(texts, [text, text, left_out, left_out]);
    assert_eq!(&pages[3][0].taken[0].text, text);
}

/// A text that alone is longer than a page is there, both in the versions and in the audit.
pub async fn longest_text_is_there<S: Subject>() {
    let long = "x".repeat(PIECE_BYTES + 1);
    let subject = S::with_world(two_rooms(vec![])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    let CreateOutcome::Created(created) = committed(create_with(&subject, anna, &long, None).await)
    else {
        panic!("it has no client message id");
    };
    for text in [&*long, "short"] {
        committed(edit_to(&subject, anna, created.id, text).await).unwrap();
    }
    let read = all_versions(&subject, created.id, None, 9).await;
    let texts = read.into_iter().map(|version| version.kind);
    let long = Text::stored(long);
    let expected = [
        VersionKind::Created(Some(long.clone())),
        VersionKind::Edited(Some(long.clone())),
        VersionKind::Edited(Some(Text::stored("short"))),
    ];
    assert_eq!(texts.collect::<Vec<_>>(), expected);
    for event in all_audited(&subject, None, 9).await {
        assert_eq!(event.taken[0].text, TakenText::Text(long.clone()));
    }
}

/// The reason of a deletion comes back as it was given, in the audit and in the versions of
/// each message.
pub async fn reason_comes_back_as_given<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    let longest = "ж".repeat(Reason::MAX_CHARS);
    for text in ODD_TEXTS.into_iter().chain([&*longest]) {
        let CreateOutcome::Created(created) =
            committed(create_with(&subject, anna, text, None).await)
        else {
            panic!("it has no client message id");
        };
        let reason = Some(Reason::new(text).unwrap());
        let (ids, scope) = (slice::from_ref(&created.id), DeleteScope::OwnedBy(ANNA));
        let because = reason.clone();
        let deletion = delete_for(&subject, anna, ids, scope, because, RequestId::NONE);
        committed(deletion.await).unwrap();
        let newest = versions(&subject, ROOM, created.id, None, 1).await.unwrap();
        assert_eq!(
            newest.versions[0].kind,
            VersionKind::Deleted(reason.clone())
        );
        let newest = audit(&subject, ROOM, None, 1).await;
        assert_eq!(newest.events[0].kind, AuditedKind::Deleted(reason));
    }
}

/// A room without edits and deletions has nothing to audit, and neither has a missing one.
pub async fn audit_stays_within_room<S: Subject>() {
    let messages = [ROOM, OTHER].map(|room| message::<S>(None, room, BORIS));
    let subject = S::with_world(two_rooms(messages.to_vec())).await;
    let boris = precondition(&subject, OTHER, BORIS).await;
    let CreateOutcome::Created(created) =
        committed(create_with(&subject, boris, "hello", None).await)
    else {
        panic!("it has no client message id");
    };
    committed(edit_to(&subject, boris, created.id, "edited").await).unwrap();
    for (room, count) in [(ROOM, 0), (OTHER, 1), (UNKNOWN_ROOM, 0)] {
        let page = audit(&subject, room, None, 9).await;
        assert_eq!((page.events.len(), page.has_older), (count, false));
    }
    subject.remove_room(OTHER).await;
    assert_eq!(audit(&subject, OTHER, None, 9).await, AuditPage::default());
}

async fn purge<S: Subject>(subject: &S) {
    let log = subject.log();
    while log.purge(Duration::ZERO, 7).await.unwrap() == 7 {}
}

/// All versions before event `before`, oldest first, read with this limit.
async fn all_versions<S: Subject>(
    subject: &S,
    id: MessageId,
    mut before: Option<Seq>,
    limit: usize,
) -> Vec<MessageVersion> {
    let mut all = Vec::new();
    loop {
        let page = versions(subject, ROOM, id, before, limit).await.unwrap();
        assert!(page.versions.len() <= limit);
        let texts = page.versions.iter().filter_map(MessageVersion::text);
        let bytes: usize = texts.map(|text| text.as_str().len()).sum();
        assert!(bytes <= PIECE_BYTES || page.versions.len() == 1, "{bytes}");
        before = next(before, page.versions.first().map(|oldest| oldest.seq));
        all.splice(..0, page.versions);
        if !page.has_older {
            return all;
        }
    }
}

/// Where the next page begins: a page before event `before` ends at event `oldest`.
fn next(before: Option<Seq>, oldest: Option<Seq>) -> Option<Seq> {
    let is_older = oldest
        .zip(before)
        .is_none_or(|(oldest, before)| oldest < before);
    assert!(is_older, "it goes on");
    oldest.or(before)
}

/// All edits and deletions before event `before`, newest first, read with this limit.
async fn all_audited<S: Subject>(
    subject: &S,
    mut before: Option<Seq>,
    limit: usize,
) -> Vec<AuditedEvent> {
    let mut all = Vec::new();
    loop {
        let AuditPage { events, has_older } = audit(subject, ROOM, before, limit).await;
        assert!(events.len() <= limit);
        before = next(before, events.last().map(|oldest| oldest.seq));
        all.extend(events);
        if !has_older {
            return all;
        }
    }
}

/// The versions of every message that the room has had, oldest first.
fn written<S: Subject>(room: &RandomHistory<S>) -> HashMap<MessageId, Vec<MessageVersion>> {
    let mut written: HashMap<_, Vec<_>> = HashMap::new();
    for logged in &room.log {
        let mut version = |id: MessageId, kind| {
            written.entry(id).or_default().push(MessageVersion {
                seq: logged.seq,
                by: Author {
                    id: logged.by,
                    profile: profile(logged.by.0),
                },
                at: logged.at,
                kind,
            });
        };
        match &logged.kind {
            EventKind::Created(message) => {
                version(message.id, VersionKind::Created(Some(message.text.clone())));
            }
            EventKind::Edited { id, text } => {
                version(*id, VersionKind::Edited(Some(text.clone())));
            }
            EventKind::Deleted { ids, .. } => {
                let reason = room.reasons.get(&logged.seq);
                let ids = ids.iter();
                ids.for_each(|id| version(*id, VersionKind::Deleted(reason.cloned())));
            }
        }
    }
    written
}

/// The edits and deletions of the room, newest first.
fn taken_away<S: Subject>(room: &RandomHistory<S>) -> Vec<AuditedEvent> {
    let mut events = Vec::new();
    // The messages before each event.
    for (before, logged) in room.states.iter().zip(&room.log) {
        let taken = |id: &MessageId| Taken {
            id: *id,
            text: TakenText::Text(
                before
                    .iter()
                    .find(|message| message.id == *id)
                    .map(|message| message.text.clone())
                    .unwrap(),
            ),
        };
        let (kind, taken) = match &logged.kind {
            EventKind::Created(_) => continue,
            EventKind::Edited { id, .. } => (AuditedKind::Edited, vec![taken(id)]),
            EventKind::Deleted { ids, .. } => (
                AuditedKind::Deleted(room.reasons.get(&logged.seq).cloned()),
                ids.iter().map(taken).collect(),
            ),
        };
        events.push(AuditedEvent {
            seq: logged.seq,
            by: Author {
                id: logged.by,
                profile: profile(logged.by.0),
            },
            at: logged.at,
            kind,
            taken,
        });
    }
    events.reverse();
    events
}
