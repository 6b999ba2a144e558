use aftermatch_ports::{
    ChatError, Written,
    model::{Session, Tag, Text, What},
};

use crate::UseCases;

impl UseCases {
    pub(crate) async fn create_message(
        &self,
        session: &Session,
        text: &str,
        tag: Tag,
    ) -> Result<(), ChatError> {
        let mut judging = self.judge(session)?;
        let text = Text::new(text, self.max_text_chars)?;
        loop {
            let permit = judging.permit().await?;
            let at = permit.now;
            let written = self.messages.create(permit.guard, text.clone(), at).await?;
            let Written::Done(created) = written else {
                continue;
            };
            let what = What::Created {
                id: created.id,
                text,
                author: permit.author.clone(),
                at,
            };
            self.tell(session, permit, tag, created.seq, what).await;
            return Ok(());
        }
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
