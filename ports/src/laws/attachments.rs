use std::sync::Arc;
use std::time::Duration;

use aftermatch_model::{
    Attachments, EventKind, Message, MessageId, RequestId, Seq, Text, access::DeleteScope,
};

use super::fixtures::{ANNA, BORIS, ROOM, two_rooms};
use super::operations::{all_events, all_messages, delta_since, history, last_seq, page, versions};
use super::projection::assert_read_everywhere;
use super::search::search;
use super::subject::{Subject, Work};
use super::writes::{client_msg_id, committed, create_draft, delete, edit_to, precondition, write};
use crate::{CreateOutcome, Draft, HistoryRange, PIECE_BYTES};

/// Enough for several batches.
const COUNT: usize = 60;

/// JSON that a store could change: white space, escapes, numbers, a key twice.
const ODD: &str =
    r#"[{"id":"f_\u0000\ud83e\udd80","b" :1.50e3, "a": 123456789012345678901,"a":[ ]},{"id":"ж"}]"#;

/// Attachments read back byte for byte everywhere, also after edits and of a message without
/// a text, and edits leave them as they are.
pub async fn attachments_read_back_everywhere<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    let created = committed(create_draft(&subject, anna, draft("", Some(ODD), None)).await);
    let CreateOutcome::Created(created) = created else {
        panic!("it is the first message");
    };
    let as_created = all_messages(&subject, ROOM).await;
    assert_eq!(attached(&as_created), [Some(ODD)]);
    assert_eq!(as_created[0].text.as_str(), "");
    assert_read_everywhere(&subject, &as_created[0]).await;
    for text in ["red", "", "blue"] {
        committed(edit_to(&subject, anna, created.id, text).await).expect("an edit");
        let edited = all_messages(&subject, ROOM).await;
        assert_eq!(attached(&edited), [Some(ODD)]);
        assert_eq!(edited[0].text.as_str(), text);
        assert_read_everywhere(&subject, &edited[0]).await;
    }
    let found = search(&subject, ROOM, "blue", None, 9).await.messages;
    assert_eq!(attached(&found), [Some(ODD)]);
    let versions = versions(&subject, ROOM, created.id, None, 9).await.unwrap();
    assert_eq!(versions.versions.len(), 4);
    assert_eq!(versions.attachments, Some(Attachments::stored(ODD)));
    let logged = all_events(&subject, ROOM).await.swap_remove(0);
    assert_eq!(
        logged.kind,
        EventKind::Created(as_created.into_iter().next().unwrap())
    );
}

/// An empty text replaces the text of a message with attachments alone.
pub async fn empty_text_needs_attachments<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    let plain = write(&subject, ROOM, ANNA).await.id;
    create_draft(&subject, anna, draft("text", Some(ODD), None)).await;
    assert_eq!(committed(edit_to(&subject, anna, plain, "").await), None);
    let texts = || async {
        let now = all_messages(&subject, ROOM).await;
        now.iter()
            .map(|each| each.text.as_str().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(texts().await, ["hello", "text"]);
    assert_eq!(last_seq(&subject, ROOM).await, 2);
    let with = all_messages(&subject, ROOM).await[1].id;
    assert!(committed(edit_to(&subject, anna, with, "").await).is_some());
    assert_eq!(texts().await, ["hello", ""]);
}

/// A repeated create is one with the same text and the same attachments, byte for byte,
/// whatever was edited meanwhile.
pub async fn repeated_create_has_same_attachments<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    let create = async |text, json, id| {
        committed(create_draft(&subject, anna, draft(text, json, Some(id))).await)
    };
    let (one, other) = (r#"[{"id":"a"}]"#, r#"[{"id":"a" }]"#);
    for (text, json, id) in [("t", Some(one), "with"), ("t", None, "without")] {
        let outcome = create(text, json, id).await;
        assert!(matches!(outcome, CreateOutcome::Created(_)), "{id}");
    }
    let with = all_messages(&subject, ROOM).await[0].id;
    for text in ["edited", ""] {
        committed(edit_to(&subject, anna, with, text).await).expect("an edit");
        let now = all_messages(&subject, ROOM).await;
        let repeated = |nth: usize| CreateOutcome::Duplicate(Box::new(now[nth].clone()));
        assert_eq!(create("t", Some(one), "with").await, repeated(0));
        assert_eq!(create("t", None, "without").await, repeated(1));
    }
    for (text, json, id) in [
        ("t", Some(other), "with"),
        ("t", None, "with"),
        ("", Some(one), "with"),
        ("t", Some(one), "without"),
    ] {
        let outcome = create(text, json, id).await;
        assert_eq!(outcome, CreateOutcome::IdConflict, "{text} {json:?} {id}");
    }
    assert_eq!(last_seq(&subject, ROOM).await, 4);
}

/// The attachments of a deleted message are in the versions of it, until a purge forgets
/// them. A purge leaves those of other messages alone.
pub async fn purge_forgets_attachments_of_deleted<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    for json in [ODD, r#"[{"id":"b"}]"#, r#"[{"id":"c"}]"#] {
        create_draft(&subject, anna, draft("t", Some(json), None)).await;
    }
    let ids: Vec<_> = all_messages(&subject, ROOM)
        .await
        .iter()
        .map(|each| each.id)
        .collect();
    for id in &ids {
        committed(edit_to(&subject, anna, *id, "edited").await).expect("an edit");
    }
    purge(&subject).await;
    let deleted = &ids[..2];
    committed(delete(&subject, anna, deleted, DeleteScope::Any).await).expect("a deletion");

    assert_eq!(
        attached(&all_messages(&subject, ROOM).await),
        [Some(r#"[{"id":"c"}]"#)]
    );
    assert_eq!(of_versions(&subject, ids[0]).await.as_deref(), Some(ODD));
    assert_eq!(
        of_versions(&subject, ids[1]).await.as_deref(),
        Some(r#"[{"id":"b"}]"#)
    );
    purge(&subject).await;
    assert_eq!(of_versions(&subject, ids[0]).await, None);
    assert_eq!(of_versions(&subject, ids[1]).await, None);
    assert_eq!(
        of_versions(&subject, ids[2]).await.as_deref(),
        Some(r#"[{"id":"c"}]"#)
    );
    assert_eq!(
        attached(&all_messages(&subject, ROOM).await),
        [Some(r#"[{"id":"c"}]"#)]
    );
}

/// Attachments count like texts: a read returns a bounded amount of both together.
pub async fn read_has_bounded_attachments<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    let long = format!(r#"[{{"id":"{}"}}]"#, "é".repeat(PIECE_BYTES / 8));
    for _ in 0..5 {
        let text = "é".repeat(PIECE_BYTES / 16);
        create_draft(&subject, anna, draft(&text, Some(&long), None)).await;
    }
    let seqs = |messages: &[Message]| messages.iter().map(|each| each.seq.0).collect::<Vec<_>>();
    for (range, expected) in [
        (HistoryRange::Newest, [4, 5]),
        (HistoryRange::Before(Seq(4)), [2, 3]),
        (HistoryRange::After(Seq(2)), [3, 4]),
    ] {
        let read = history(&subject, ROOM, range, 9).await;
        assert_eq!(seqs(&read.messages), expected, "{range:?}");
    }
    assert_eq!(seqs(&page(&subject, ROOM, 1, 9).await.1), [4, 3]);
    let delta = delta_since(&subject, ROOM, 1, 9).await.delta.unwrap();
    assert_eq!((delta.upserted.len(), delta.next), (2, Some(Seq(4))));
    let piece = search(&subject, ROOM, "nowhere", None, 9).await;
    assert_eq!(piece.next, Some(Seq(4)));
}

/// Messages with attachments and without, written at the same time, each have their own.
pub async fn concurrent_creates_have_own_attachments<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    let boris = precondition(&subject, ROOM, BORIS).await;
    let json = |nth: usize| (!nth.is_multiple_of(3)).then(|| format!(r#"[{{"id":"{nth}"}}]"#));
    let subject = Arc::new(subject);
    let work = (0..COUNT).map(|nth| {
        let subject = subject.clone();
        let create = async move {
            let id = nth.is_multiple_of(2).then(|| format!("id-{nth}"));
            let draft = draft(&nth.to_string(), json(nth).as_deref(), id.as_deref());
            let by = if nth.is_multiple_of(4) { anna } else { boris };
            committed(create_draft(&*subject, by, draft).await);
        };
        Box::pin(create) as Work
    });
    S::in_parallel(work.collect()).await;
    let now = all_messages(&*subject, ROOM).await;
    assert_eq!(now.len(), COUNT);
    for message in &now {
        let nth = message.text.as_str().parse().unwrap();
        let attachments = message.attachments.as_ref().map(Attachments::as_str);
        assert_eq!(attachments, json(nth).as_deref());
    }
}

fn draft(text: &str, json: Option<&str>, id: Option<&str>) -> Draft {
    Draft {
        text: Text::stored(text),
        attachments: json.map(Attachments::stored),
        client_msg_id: id.map(client_msg_id),
        request_id: RequestId::NONE,
    }
}

fn attached(messages: &[Message]) -> Vec<Option<&str>> {
    let all = messages.iter().map(|each| each.attachments.as_ref());
    all.map(|json| json.map(Attachments::as_str)).collect()
}

async fn of_versions<S: Subject>(subject: &S, id: MessageId) -> Option<String> {
    let page = versions(subject, ROOM, id, None, 9).await.unwrap();
    page.attachments.map(|json| json.as_str().to_owned())
}

async fn purge<S: Subject>(subject: &S) {
    subject.log().purge(Duration::ZERO, 100).await.unwrap();
}
