use aftermatch_model::{
    Author, ClientMsgId, Message, MessageId, Profile, Seq, Text,
    world::{NewMessage, NewUser},
};

use super::Subject;
use super::asked::{all, changes, done, edit_to, guard, listed, newest, send};
use super::given::{ANNA, BORIS, OTHER, ROOM, message, profile, talk, user};
use crate::{Creation, Scope};

/// A message reads as it was written, and after an edit as it was edited, wherever
/// it is read.
pub async fn a_message_reads_as_it_was_written_and_edited<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    let boris = guard(&subject, ROOM, BORIS).await;
    let odd = " \u{feff}e\u{301} \"'\\ %s\r\n🦀\t";
    let Creation::Created(created) = done(send(&subject, boris, odd, Some("A.b_c:d-9")).await)
    else {
        panic!("nothing was sent before");
    };
    let mut expected = Message {
        id: created.id,
        room: ROOM,
        author: Author {
            id: BORIS,
            profile: profile(BORIS.0),
        },
        text: Text::kept(odd),
        at: S::moment(),
        edited_at: None,
        client_id: Some(ClientMsgId::new("A.b_c:d-9").unwrap()),
        seq: Seq(1),
        changed: Seq(1),
    };
    reads_everywhere(&subject, &expected).await;

    for (text, changed) in [("once\u{1f}", 2), ("twice", 3)] {
        done(edit_to(&subject, boris, created.id, text).await).unwrap();
        expected.text = Text::kept(text);
        expected.edited_at = Some(S::later());
        expected.changed = Seq(changed);
        reads_everywhere(&subject, &expected).await;
    }
}

/// A message that a world begins with reads as it was given, and its number is
/// its place in the room.
pub async fn messages_of_the_first_hour_read_as_they_were_given<S: Subject>() {
    let given = |id, room, author, text: &str| NewMessage {
        text: Text::kept(text),
        at: S::later(),
        ..message::<S>(id, room, author)
    };
    let messages = vec![
        given(Some(70), ROOM, BORIS, "first"),
        given(Some(9), OTHER, ANNA, "elsewhere"),
        given(Some(8), ROOM, ANNA, "second"),
    ];
    let subject = S::holding(talk(messages)).await;
    let expected = [(70, BORIS, "first"), (8, ANNA, "second")];
    let expected = expected.into_iter().zip(1..);
    let expected = expected.map(|((id, author, text), seq)| Message {
        id: MessageId(id),
        room: ROOM,
        author: Author {
            id: author,
            profile: profile(author.0),
        },
        text: Text::kept(text),
        at: S::later(),
        edited_at: None,
        client_id: None,
        seq: Seq(seq),
        changed: Seq(seq),
    });
    assert_eq!(all(&subject, ROOM).await, expected.collect::<Vec<_>>());
}

/// A message shows its author as the platform shows that user now.
pub async fn a_message_shows_its_author_as_of_now<S: Subject>() {
    let subject = S::holding(talk(vec![message::<S>(None, ROOM, ANNA)])).await;
    let odd = Profile::new(r#"{ "b":1.00,"a":123456789012345678901234567890, "имя":"\u0416" }"#);
    let anna = NewUser {
        profile: odd.clone(),
        ..user(ANNA)
    };
    subject.put_user(anna).await;
    let mut expected = all(&subject, ROOM).await.pop().unwrap();
    assert_eq!(expected.author.profile, odd);
    reads_everywhere(&subject, &expected).await;
    subject.put_user(user(ANNA)).await;
    expected.author.profile = profile(ANNA.0);
    reads_everywhere(&subject, &expected).await;
}

/// The room's one message reads so, whatever it is asked by.
async fn reads_everywhere<S: Subject>(subject: &S, expected: &Message) {
    let one = std::slice::from_ref(expected);
    assert_eq!(all(subject, ROOM).await, one);
    assert_eq!(newest(subject, ROOM, 0, 9).await, (1, one.to_vec()));
    let told = changes(subject, ROOM, 0, 9).await;
    assert_eq!(told.net.unwrap().living, one);
    let listed = listed(subject, Scope::All, ROOM).await;
    assert_eq!(listed.last_message.as_ref(), Some(expected));
}
