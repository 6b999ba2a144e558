use aftermatch_ports::{
    ChatError, History, Stretch,
    model::{Message, Session},
};

use crate::UseCases;

impl UseCases {
    pub(crate) async fn history(
        &self,
        session: &Session,
        stretch: Stretch,
        limit: usize,
    ) -> Result<History, ChatError> {
        let room = self.joined(session).await?;
        Ok(self.messages.history(room.id, stretch, limit).await?)
    }

    pub(crate) async fn newest(
        &self,
        session: &Session,
        skip: u64,
        limit: usize,
    ) -> Result<(u64, Vec<Message>), ChatError> {
        let room = self.joined(session).await?;
        Ok(self.messages.newest(room.id, skip, limit).await?)
    }
}

#[cfg(test)]
mod tests {
    use aftermatch_ports::{
        Chat, Read, Unavailable,
        model::{Refusal, Seq},
    };
    use mockall::predicate::eq;
    use pollster::block_on;

    use super::*;
    use crate::testing::{
        Mocks, ROOM, admin, ann, failure, message, refusal, room, room_without_ann,
        room_without_business, session_of,
    };

    #[test]
    fn a_stretch_of_the_joined_room_is_read_as_asked() {
        let read = History {
            messages: vec![message(38), message(40)],
            older: true,
            newer: false,
            last: Seq(41),
        };
        for stretch in [
            Stretch::Newest,
            Stretch::Before(Seq(41)),
            Stretch::After(Seq(37)),
        ] {
            let mut mocks = Mocks::new().finding(Read::Fresh, &ann(), room());
            let history = mocks.messages.expect_history().once();
            let answer = read.clone();
            history
                .with(eq(ROOM), eq(stretch), eq(2))
                .returning(move |_, _, _| Ok(answer.clone()));
            let answer = mocks.chat();
            let answer = block_on(answer.history(&session_of(&ann()), stretch, 2));
            assert_eq!(answer.unwrap(), read);
        }
    }

    #[test]
    fn the_newest_of_the_joined_room_are_read_as_asked() {
        let mut mocks = Mocks::new().finding(Read::Fresh, &ann(), room());
        let newest = mocks.messages.expect_newest().once();
        newest
            .with(eq(ROOM), eq(40), eq(20))
            .returning(|_, _, _| Ok((42, vec![message(2), message(1)])));
        let chat = mocks.chat();
        let answer = block_on(chat.newest(&session_of(&ann()), 40, 20));
        assert_eq!(answer.unwrap(), (42, vec![message(2), message(1)]));
    }

    #[test]
    fn an_administrator_reads_where_it_may_not_write() {
        let mut mocks = Mocks::new().finding(Read::Fresh, &admin(), room_without_business());
        mocks
            .messages
            .expect_newest()
            .returning(|_, _, _| Ok((0, vec![])));
        let chat = mocks.chat();
        let answer = block_on(chat.newest(&session_of(&admin()), 0, 20));
        assert_eq!(answer.unwrap(), (0, vec![]));
    }

    /// Both refuse alike, and no message is read.
    fn refused(mocks: fn() -> Mocks, session: &Session) -> Refusal {
        let history = block_on(mocks().chat().history(session, Stretch::Newest, 2));
        let history = refusal(history);
        let newest = refusal(block_on(mocks().chat().newest(session, 0, 2)));
        assert_eq!(history, newest);
        history
    }

    #[test]
    fn without_a_joined_room_nothing_is_read() {
        let session = Session {
            room: None,
            ..session_of(&ann())
        };
        assert_eq!(refused(Mocks::untouched, &session), Refusal::NotInRoom);
    }

    #[test]
    fn who_may_not_see_the_room_any_more_reads_nothing_of_it() {
        let others = || Mocks::new().finding(Read::Fresh, &ann(), room_without_ann());
        let session = session_of(&ann());
        assert_eq!(refused(others, &session), Refusal::RoomForbidden);
    }

    #[test]
    fn messages_that_cannot_be_read_are_no_empty_room() {
        let away = || Unavailable::passing("the store is away");
        let mut mocks = Mocks::new().finding(Read::Fresh, &ann(), room());
        let messages = &mut mocks.messages;
        messages
            .expect_history()
            .returning(move |_, _, _| Err(away()));
        messages
            .expect_newest()
            .returning(move |_, _, _| Err(away()));
        let (chat, session) = (mocks.chat(), session_of(&ann()));
        let history = block_on(chat.history(&session, Stretch::Newest, 2));
        assert!(failure(history).is_passing());
        let newest = block_on(chat.newest(&session, 0, 2));
        assert!(failure(newest).is_passing());
    }
}
