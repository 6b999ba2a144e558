use aftermatch_model::{
    Author, ClientMsgId, Message, MessageId, Profile, Seq, Text,
    world::{NewMessage, NewUser},
};

use super::fixtures::{ANNA, BORIS, ODD_PROFILE, OTHER, ROOM, message, profile, two_rooms, user};
use super::operations::{all_messages, delta_since, page, summary};
use super::subject::Subject;
use super::writes::{committed, create_with, edit_to, precondition};
use crate::{CreateOutcome, Scope};

/// Every kind of read shows a message as it was created and, after an edit, as it
/// was edited.
pub async fn message_reads_as_written_and_edited<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let boris = precondition(&subject, ROOM, BORIS).await;
    let odd = " \u{feff}e\u{301} \"'\\ %s\r\n🦀\t";
    let created = create_with(&subject, boris, odd, Some("A.b_c:d-9")).await;
    let CreateOutcome::Created(created) = committed(created) else {
        panic!("it is the first message");
    };
    let mut expected = Message {
        id: created.id,
        room: ROOM,
        author: Author {
            id: BORIS,
            profile: profile(BORIS.0),
        },
        text: Text::stored(odd),
        attachments: None,
        created_at: created.commit.at,
        edited_at: None,
        client_msg_id: Some(ClientMsgId::new("A.b_c:d-9").unwrap()),
        seq: Seq(1),
        changed_seq: Seq(1),
    };
    assert_read_everywhere(&subject, &expected).await;

    for (text, changed_seq) in [("once\u{1f}", 2), ("twice", 3)] {
        let edited = committed(edit_to(&subject, boris, created.id, text).await).unwrap();
        expected.text = Text::stored(text);
        expected.edited_at = Some(edited.at);
        expected.changed_seq = Seq(changed_seq);
        assert_read_everywhere(&subject, &expected).await;
    }
}

/// A message of the initial world reads as it was given, and its number is its
/// position in the room.
pub async fn initial_messages_read_as_given<S: Subject>() {
    let given = |id, room, author, text: &str| NewMessage {
        text: Text::stored(text),
        created_at: S::t1(),
        ..message::<S>(id, room, author)
    };
    let messages = vec![
        given(Some(70), ROOM, BORIS, "first"),
        given(Some(9), OTHER, ANNA, "elsewhere"),
        given(Some(8), ROOM, ANNA, "second"),
    ];
    let subject = S::with_world(two_rooms(messages)).await;
    let expected = [(70, BORIS, "first"), (8, ANNA, "second")];
    let expected = expected.into_iter().zip(1..);
    let expected = expected.map(|((id, author, text), seq)| Message {
        id: MessageId(id),
        room: ROOM,
        author: Author {
            id: author,
            profile: profile(author.0),
        },
        text: Text::stored(text),
        attachments: None,
        created_at: S::t1(),
        edited_at: None,
        client_msg_id: None,
        seq: Seq(seq),
        changed_seq: Seq(seq),
    });
    assert_eq!(
        all_messages(&subject, ROOM).await,
        expected.collect::<Vec<_>>()
    );
}

/// A message shows its author's profile as it is now.
pub async fn message_shows_author_as_of_now<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(None, ROOM, ANNA)])).await;
    let odd = Profile::new(ODD_PROFILE);
    let anna = NewUser {
        profile: odd.clone(),
        ..user(ANNA)
    };
    subject.put_user(anna).await;
    let mut expected = all_messages(&subject, ROOM).await.pop().unwrap();
    assert_eq!(expected.author.profile, odd);
    assert_read_everywhere(&subject, &expected).await;
    subject.put_user(user(ANNA)).await;
    expected.author.profile = profile(ANNA.0);
    assert_read_everywhere(&subject, &expected).await;
}

/// Every kind of read shows the room's one message like this.
pub(super) async fn assert_read_everywhere<S: Subject>(subject: &S, expected: &Message) {
    let one = std::slice::from_ref(expected);
    assert_eq!(all_messages(subject, ROOM).await, one);
    assert_eq!(page(subject, ROOM, 0, 9).await, (1, one.to_vec()));
    let since = delta_since(subject, ROOM, 0, 9).await;
    assert_eq!(since.delta.unwrap().upserted, one);
    let summary = summary(subject, Scope::All, ROOM).await;
    assert_eq!(summary.last_message.as_ref(), Some(expected));
}
