use aftermatch_model::{
    Message, MessageId, RoomId, SearchWords, Seq, Text, access::DeleteScope, world::NewMessage,
};

use super::fixtures::{ANNA, BORIS, ODD_TEXTS, OTHER, ROOM, UNKNOWN_ROOM, message, two_rooms};
use super::operations::all_messages;
use super::random_history::random_history;
use super::subject::Subject;
use super::writes::{committed, delete, edit_to, precondition, write};
use crate::{FoundPiece, MAX_SEARCHED, PIECE_BYTES};

pub(super) async fn search<S: Subject>(
    subject: &S,
    room: RoomId,
    text: &str,
    before: Option<Seq>,
    limit: usize,
) -> FoundPiece {
    let words = SearchWords::new(text).expect("a word");
    let history = subject.history();
    let found = history.search(room, &words, before, limit).await;
    found.unwrap()
}

/// Everything that is found from `before` on, newest first, read with this limit.
async fn search_all<S: Subject>(
    subject: &S,
    room: RoomId,
    text: &str,
    before: Option<Seq>,
    limit: usize,
) -> Vec<Message> {
    let mut all = Vec::new();
    let mut next = Some(before);
    while let Some(before) = next {
        let piece = search(subject, room, text, before, limit).await;
        assert!(piece.messages.len() <= limit, "{limit}");
        assert!(
            piece
                .next
                .is_none_or(|next| before.is_none_or(|before| next < before)),
            "it goes on"
        );
        all.extend(piece.messages);
        next = piece.next.map(Some);
    }
    all
}

/// The ids of everything that is found in [`ROOM`], oldest first.
async fn found<S: Subject>(subject: &S, text: &str) -> Vec<i64> {
    let found = search_all(subject, ROOM, text, None, 100).await;
    found.iter().rev().map(|message| message.id.0).collect()
}

/// A world with messages 1, 2, … of [`ROOM`] that have these texts.
async fn with_texts<S: Subject>(texts: &[&str]) -> S {
    let messages = (1..).zip(texts).map(|(id, text)| NewMessage {
        text: Text::stored(*text),
        ..message::<S>(Some(id), ROOM, ANNA)
    });
    S::with_world(two_rooms(messages.collect())).await
}

/// A search finds whole words in any case, in any script, whatever stands around them.
pub async fn search_finds_whole_words_in_any_case<S: Subject>() {
    let subject = with_texts::<S>(&[
        "Hello, Bob!",
        "Привет! Как дела?",
        "ПРИВЕТСТВИЕ",
        "write to a.b@C.de or https://example.com/Path?q=1",
        "a full-time job, 17.06.2024",
        "fulltime",
        "Straße und ὈΔΟΣ ΟΔΟΣ",
        "snake_case don’t",
        "日本、東京 🦀 İI",
        "…привет, bob…",
    ])
    .await;
    for (text, ids) in [
        ("hello", &[1][..]),
        ("BOB", &[1, 10]),
        ("bo", &[]),
        ("привет", &[2, 10]),
        ("ПрИвЕт?", &[2, 10]),
        ("приветствие", &[3]),
        ("a.b@c.de", &[4]),
        ("b", &[4]),
        ("A", &[4, 5]),
        ("example.com", &[4]),
        ("https://example.com/path", &[4]),
        ("q", &[4]),
        ("full", &[5]),
        ("full-time", &[5]),
        ("FullTime", &[6]),
        ("2024", &[5]),
        ("20", &[]),
        ("17.06.2024", &[5]),
        ("STRASSE", &[7]),
        ("οδος", &[7]),
        ("snake", &[8]),
        ("case", &[8]),
        ("t", &[8]),
        ("日本", &[9]),
        ("日", &[]),
        ("东京", &[]),
        ("i", &[]),
    ] {
        assert_eq!(found(&subject, text).await, ids, "{text}");
    }
}

/// A message is found if it has all of the words, in any order, however often.
pub async fn search_finds_messages_with_all_words<S: Subject>() {
    let subject = with_texts::<S>(&["big deal", "a deal, and a BIG one", "big", "deal deal"]).await;
    for (text, ids) in [
        ("big deal", &[1, 2][..]),
        ("deal big deal", &[1, 2]),
        ("deal", &[1, 2, 4]),
        ("a big deal", &[2]),
        ("big deal small", &[]),
    ] {
        assert_eq!(found(&subject, text).await, ids, "{text}");
    }
}

/// A message is found by the text that it has now, and not after its deletion.
pub async fn search_finds_present_texts<S: Subject>() {
    let subject = with_texts::<S>(&["red one", "red two", "red three"]).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    assert_eq!(found(&subject, "red").await, [1, 2, 3]);
    for (text, red, blue) in [
        ("blue", &[1, 3][..], &[2][..]),
        ("red blue", &[1, 2, 3], &[2]),
    ] {
        committed(edit_to(&subject, anna, MessageId(2), text).await).unwrap();
        assert_eq!(found(&subject, "red").await, red);
        assert_eq!(found(&subject, "blue").await, blue);
        assert_eq!(found(&subject, "two").await, [0; 0]);
    }
    committed(
        delete(
            &subject,
            anna,
            &[MessageId(2), MessageId(3)],
            DeleteScope::Any,
        )
        .await,
    );
    assert_eq!(found(&subject, "red").await, [1]);
    assert_eq!(found(&subject, "blue").await, [0; 0]);
    let piece = search(&subject, ROOM, "red", None, 9).await;
    assert_eq!((piece.next, piece.last_seq), (None, Seq(6)));
}

/// A search reads messages as the history does, from any number on and with any limit:
/// the same ones, each once, newest first.
pub async fn search_with_any_limit_finds_same_messages<S: Subject>() {
    let room = random_history::<S>(5, 90).await;
    let expected = |text: &str, before: Seq| {
        let words = SearchWords::new(text).unwrap();
        let all = room.now().iter().rev();
        let found =
            all.filter(move |message| message.seq < before && words.are_in(message.text.as_str()));
        found.cloned().collect::<Vec<_>>()
    };
    for text in ["text", "s", "a", "text a", "nowhere"] {
        let expected = expected(text, Seq(i64::MAX));
        assert_eq!(expected.is_empty(), text == "nowhere", "{text}");
        for limit in [1, 3, 1_000] {
            let found = search_all(&room.subject, ROOM, text, None, limit).await;
            assert_eq!(found, expected, "{text}, {limit}");
        }
    }
    let numbers = -1..=room.last_seq().0 + 2;
    for before in numbers.chain([i64::MIN, i64::MAX]).map(Seq) {
        let found = search_all(&room.subject, ROOM, "text", Some(before), 7).await;
        assert_eq!(found, expected("text", before), "{before:?}");
    }
}

/// One call looks through a bounded number of messages and a bounded amount of text, and
/// says where to go on as long as there are older messages.
pub async fn search_looks_through_bounded_piece<S: Subject>() {
    let all = i64::try_from(MAX_SEARCHED).unwrap() + 1;
    let messages = (1..=all).map(|id| NewMessage {
        text: Text::stored(if id == 1 { "first" } else { "other" }),
        ..message::<S>(Some(id), ROOM, ANNA)
    });
    let long = (1..=4).map(|nth| NewMessage {
        text: Text::stored(format!("{nth} {}", "é".repeat(PIECE_BYTES / 4))),
        ..message::<S>(Some(all + nth), OTHER, ANNA)
    });
    let subject = S::with_world(two_rooms(messages.chain(long).collect())).await;

    let piece = search(&subject, ROOM, "first", None, 9).await;
    assert_eq!((piece.messages, piece.next), (vec![], Some(Seq(2))));
    let piece = search(&subject, ROOM, "first", piece.next, 9).await;
    assert_eq!(piece.messages.len(), 1);
    assert_eq!((piece.messages[0].seq, piece.next), (Seq(1), None));
    let piece = search(&subject, ROOM, "other", None, 2).await;
    assert_eq!(piece.messages.len(), 2);
    assert_eq!(piece.next, Some(Seq(all - 1)));

    for (before, next) in [(None, Some(Seq(4))), (Some(Seq(4)), Some(Seq(3)))] {
        let piece = search(&subject, OTHER, "1", before, 9).await;
        assert_eq!((piece.messages, piece.next), (vec![], next));
    }
    let found = search_all(&subject, OTHER, "1", None, 9).await;
    assert!(found.iter().map(|message| message.seq).eq([Seq(1)]));
}

/// A search finds no message of another room, and none of a room that does not exist.
pub async fn search_stays_within_room<S: Subject>() {
    let elsewhere = message::<S>(Some(7), OTHER, BORIS);
    let subject = S::with_world(two_rooms(vec![elsewhere])).await;
    let nothing = |last_seq| FoundPiece {
        messages: vec![],
        next: None,
        last_seq: Seq(last_seq),
    };
    assert_eq!(search(&subject, ROOM, "hello", None, 9).await, nothing(0));
    write(&subject, ROOM, ANNA).await;
    let expected = FoundPiece {
        messages: all_messages(&subject, ROOM).await,
        ..nothing(1)
    };
    assert_eq!(expected.messages.len(), 1);
    assert_eq!(search(&subject, ROOM, "hello", None, 9).await, expected);
    assert_eq!(
        search(&subject, ROOM, "hello", Some(Seq(1)), 9).await,
        nothing(1)
    );

    subject.remove_room(ROOM).await;
    for room in [ROOM, UNKNOWN_ROOM] {
        assert_eq!(search(&subject, room, "hello", None, 9).await, nothing(0));
    }
}

/// Text of any kind can be searched, and whatever has a word is found by itself.
pub async fn search_finds_odd_texts_by_themselves<S: Subject>() {
    let subject = with_texts::<S>(&ODD_TEXTS).await;
    for (id, text) in (1..).zip(ODD_TEXTS) {
        if SearchWords::new(text).is_ok() {
            assert!(found(&subject, text).await.contains(&id), "{text:?}");
        }
    }
}
