use aftermatch_ports::{
    ChatError, Written,
    model::{MessageId, Refusal, Session, Tag, Text, What},
};

use crate::UseCases;

impl UseCases {
    pub(crate) async fn edit_message(
        &self,
        session: &Session,
        id: MessageId,
        text: &str,
        tag: Tag,
    ) -> Result<(), ChatError> {
        let mut judging = self.judge(session)?;
        let text = Text::new(text, self.max_text_chars)?;
        loop {
            let permit = judging.permit().await?;
            let written = self
                .messages
                .edit(permit.guard, id, text.clone(), permit.now);
            let Written::Done(edited) = written.await? else {
                continue;
            };
            let seq = edited.ok_or(Refusal::MessageNotFound)?;
            let what = What::Edited { id, text };
            self.tell(permit.change(session, tag, seq, what)).await;
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aftermatch_ports::{
        Chat, Read,
        model::{Change, Seq},
    };
    use mockall::predicate::eq;
    use pollster::block_on;

    use super::*;
    use crate::testing::{
        Mocks, ann, at, guard, refusal, room, room_without_business, session_of, text,
    };

    const ID: MessageId = MessageId(18);

    #[test]
    fn an_edit_is_kept_and_told_as_it_came() {
        for room in [room(), room_without_business()] {
            let session = session_of(&ann());
            let mut mocks = Mocks::new().finding(Read::Cached, &ann(), room.clone());
            mocks
                .messages
                .expect_edit()
                .with(
                    eq(guard(&ann(), &room)),
                    eq(ID),
                    eq(text(" b\n")),
                    eq(at(10)),
                )
                .once()
                .returning(|_, _, _, _| Ok(Written::Done(Some(Seq(42)))));
            let change = Change {
                seq: Seq(42),
                room: Arc::new(room).at(at(10)),
                asker: Some(session.id),
                tag: Tag::new("7"),
                what: What::Edited {
                    id: ID,
                    text: text(" b\n"),
                },
            };
            mocks.expect_told(move |told| *told == change);

            let chat = mocks.chat();
            let answer = block_on(chat.edit_message(&session, ID, " b\n", Tag::new("7")));
            assert!(answer.is_ok(), "{answer:?}");
        }
    }

    #[test]
    fn an_edit_of_what_is_not_there_is_refused_and_not_told() {
        let mut mocks = Mocks::new().finding(Read::Cached, &ann(), room());
        let edit = mocks.messages.expect_edit().once();
        edit.returning(|_, _, _, _| Ok(Written::Done(None)));
        let chat = mocks.chat();
        let session = session_of(&ann());
        let answer = block_on(chat.edit_message(&session, ID, "b", Tag::new("7")));
        assert_eq!(refusal(answer), Refusal::MessageNotFound);
    }
}
