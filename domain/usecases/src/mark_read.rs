use aftermatch_ports::{
    ChatError,
    model::{RoomId, Seq, Session},
};

use crate::UseCases;

impl UseCases {
    pub(crate) async fn mark_read(
        &self,
        session: &Session,
        seq: Seq,
    ) -> Result<(RoomId, Seq), ChatError> {
        let room = self.joined(session).await?;
        let read = self.messages.mark_read(room.id, session.user, seq).await?;
        Ok((room.id, read))
    }
}

#[cfg(test)]
mod tests {
    use aftermatch_ports::{Chat, Read, Unavailable, model::Refusal};
    use mockall::predicate::eq;
    use pollster::block_on;

    use super::*;
    use crate::testing::{
        Mocks, ROOM, admin, ann, failure, refusal, room, room_without_ann, session_of,
    };

    #[test]
    fn the_joined_room_is_read_up_to_where_the_store_says() {
        for user in [ann(), admin()] {
            let mut mocks = Mocks::new().finding(Read::Fresh, &user, room());
            let mark = mocks.messages.expect_mark_read().once();
            mark.with(eq(ROOM), eq(user.id), eq(Seq(99)))
                .returning(|_, _, _| Ok(Seq(41)));
            let answer = block_on(mocks.chat().mark_read(&session_of(&user), Seq(99)));
            assert_eq!(answer.unwrap(), (ROOM, Seq(41)));
        }
    }

    #[test]
    fn without_a_joined_room_nothing_is_marked() {
        let session = Session {
            room: None,
            ..session_of(&ann())
        };
        let answer = block_on(Mocks::untouched().chat().mark_read(&session, Seq(1)));
        assert_eq!(refusal(answer), Refusal::NotInRoom);
    }

    #[test]
    fn who_may_not_see_the_room_any_more_marks_nothing() {
        let mocks = Mocks::new().finding(Read::Fresh, &ann(), room_without_ann());
        let answer = block_on(mocks.chat().mark_read(&session_of(&ann()), Seq(1)));
        assert_eq!(refusal(answer), Refusal::RoomForbidden);
    }

    #[test]
    fn a_mark_that_was_not_kept_is_a_failure() {
        let mut mocks = Mocks::new().finding(Read::Fresh, &ann(), room());
        let mark = mocks.messages.expect_mark_read();
        mark.returning(|_, _, _| Err(Unavailable::passing("the store is away")));
        let answer = block_on(mocks.chat().mark_read(&session_of(&ann()), Seq(1)));
        assert!(failure(answer).is_passing());
    }
}
