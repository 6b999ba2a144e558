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
        Chat, Created, Read,
        model::{Change, MessageId, Seq},
    };
    use mockall::predicate::eq;
    use pollster::block_on;

    use super::*;
    use crate::testing::{Mocks, admin, ann, at, guard, room, session_of, text};

    #[test]
    fn a_message_is_kept_and_told_as_it_came_and_as_of_one_moment() {
        for user in [ann(), admin()] {
            let session = session_of(&user);
            let mut mocks = Mocks::untouched().finding(Read::Cached, &user, room());
            // Whoever asked twice would hear that business has ended meanwhile.
            let times = Mutex::new([10, 20].map(at).into_iter());
            let clock = mocks.clock.expect_now();
            clock.returning(move || times.lock().unwrap().next().unwrap());
            let (id, seq) = (MessageId(18), Seq(41));
            mocks
                .messages
                .expect_create()
                .with(eq(guard(&user, &room())), eq(text(" hello\n")), eq(at(10)))
                .once()
                .returning(move |_, _, _| Ok(Written::Done(Created { id, seq })));
            let change = Change {
                seq,
                room: Arc::new(room()).at(at(10)),
                session: session.id,
                tag: Tag::new("7"),
                what: What::Created {
                    id,
                    text: text(" hello\n"),
                    author: Arc::new(user),
                    at: at(10),
                },
            };
            assert!(change.room.has_business);
            let tell = mocks.events.expect_tell().with(eq(change));
            tell.once().return_const(());

            let chat = mocks.chat();
            let answer = block_on(chat.create_message(&session, " hello\n", Tag::new("7")));
            assert!(answer.is_ok(), "{answer:?}");
        }
    }
}
