use aftermatch_ports::{
    ChatError, Created, Creation, Draft, Written,
    model::{Author, Change, ClientMsgId, Message, Refusal, Session, Tag, Text, What},
};

use crate::{UseCases, write::Permit};

impl UseCases {
    pub(crate) async fn create_message(
        &self,
        session: &Session,
        text: &str,
        client_id: Option<ClientMsgId>,
        tag: Tag,
    ) -> Result<Option<Change>, ChatError> {
        let mut judging = self.judge(session)?;
        let text = Text::new(text, self.max_text_chars)?;
        let draft = Draft { text, client_id };
        loop {
            let permit = judging.permit().await?;
            let at = permit.now;
            let written = self.messages.create(permit.guard, draft.clone(), at);
            let creation = match written.await? {
                Written::Done(creation) => creation,
                Written::Stale => continue,
            };
            let created = match creation {
                Creation::Created(created) => created,
                Creation::Repeated(message) => {
                    let (seq, what) = (message.seq, What::Created(*message));
                    return Ok(Some(permit.change(session, tag, seq, what)));
                }
                Creation::Taken => return Err(Refusal::ClientMsgIdTaken.into()),
            };
            let what = What::Created(message(draft, created, &permit));
            let change = permit.change(session, tag, created.seq, what);
            self.tell(change).await;
            return Ok(None);
        }
    }
}

/// The message that a draft has become.
fn message(draft: Draft, created: Created, permit: &Permit) -> Message {
    let author = &permit.author;
    Message {
        id: created.id,
        room: permit.guard.room,
        author: Author {
            id: author.id,
            profile: author.profile.clone(),
        },
        text: draft.text,
        at: permit.now,
        edited_at: None,
        client_id: draft.client_id,
        seq: created.seq,
        changed: created.seq,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use aftermatch_ports::{
        Chat, Read,
        model::{MessageId, Seq},
    };
    use mockall::predicate::eq;
    use pollster::block_on;

    use super::*;
    use crate::testing::{
        self, Mocks, ROOM, admin, ann, at, guard, refusal, room, session_of, text,
    };

    fn named(name: &str) -> Option<ClientMsgId> {
        Some(ClientMsgId::new(name).unwrap())
    }

    #[test]
    fn a_message_is_kept_and_told_as_it_came_and_as_of_one_moment() {
        for (user, client_id) in [(ann(), named("a-1")), (admin(), None)] {
            let session = session_of(&user);
            let mut mocks = Mocks::untouched().finding(Read::Cached, &user, room());
            // Whoever asked twice would hear that business has ended meanwhile.
            let times = Mutex::new([10, 20].map(at).into_iter());
            let clock = mocks.clock.expect_now();
            clock.returning(move || times.lock().unwrap().next().unwrap());
            let (id, seq) = (MessageId(18), Seq(41));
            let draft = Draft {
                text: text(" hello\n"),
                client_id: client_id.clone(),
            };
            mocks
                .messages
                .expect_create()
                .with(eq(guard(&user, &room())), eq(draft), eq(at(10)))
                .once()
                .returning(move |_, _, _| {
                    let created = Created { id, seq };
                    Ok(Written::Done(Creation::Created(created)))
                });
            let change = Change {
                seq,
                room: Arc::new(room()).at(at(10)),
                asker: Some(session.id),
                tag: Tag::new("7"),
                what: What::Created(Message {
                    id,
                    room: ROOM,
                    author: Author {
                        id: user.id,
                        profile: user.profile,
                    },
                    text: text(" hello\n"),
                    at: at(10),
                    edited_at: None,
                    client_id: client_id.clone(),
                    seq,
                    changed: seq,
                }),
            };
            assert!(change.room.has_business);
            mocks.expect_told(move |told| *told == change);

            let chat = mocks.chat();
            let create = chat.create_message(&session, " hello\n", client_id, Tag::new("7"));
            assert_eq!(block_on(create).unwrap(), None);
        }
    }

    /// Where the store answers so to a message that Ann sends.
    fn answering(creation: Creation) -> Mocks {
        let mut mocks = Mocks::new().finding(Read::Cached, &ann(), room());
        let create = mocks.messages.expect_create().once();
        create.returning(move |_, _, _| Ok(Written::Done(creation.clone())));
        mocks
    }

    #[test]
    fn a_message_that_was_sent_before_is_answered_as_it_is_now_and_not_told() {
        let session = session_of(&ann());
        let before = Message {
            text: text("edited"),
            edited_at: Some(at(5)),
            client_id: named("a-1"),
            changed: Seq(39),
            ..testing::message(38)
        };
        let chat = answering(Creation::Repeated(Box::new(before.clone()))).chat();
        let create = chat.create_message(&session, "hello", named("a-1"), Tag::new("7"));
        let change = Change {
            seq: Seq(38),
            room: Arc::new(room()).at(at(10)),
            asker: Some(session.id),
            tag: Tag::new("7"),
            what: What::Created(before),
        };
        assert_eq!(block_on(create).unwrap(), Some(change));
    }

    #[test]
    fn the_name_of_another_message_is_refused_and_nothing_is_told() {
        let chat = answering(Creation::Taken).chat();
        let session = session_of(&ann());
        let create = chat.create_message(&session, "hello", named("a-1"), Tag::new("7"));
        assert_eq!(refusal(block_on(create)), Refusal::ClientMsgIdTaken);
    }
}
