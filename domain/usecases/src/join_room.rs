use aftermatch_ports::{
    ChatError, Joined, Missed, Read,
    model::{RoomId, Seat, Seq, Session, Viewer, rules::MAX_REPLAY},
};

use crate::UseCases;

impl UseCases {
    pub(crate) async fn join_room(
        &self,
        session: &mut Session,
        room: RoomId,
        since: Option<Seq>,
    ) -> Result<Joined, ChatError> {
        let (_, viewer) = self.actor(session, Read::Fresh).await?;
        // Held before the room is read: what is told in between is not lost.
        self.events.hold(Seat {
            session: session.id,
            room,
            viewer,
        });
        let joined = self.enter(viewer, room, since).await;
        let again = session.room == Some(room);
        match joined {
            Ok(_) if again => {}
            Ok(_) => {
                self.empty_seat(session);
                session.room = Some(room);
            }
            Err(_) if again => self.events.release(session.id, room),
            Err(_) => self.events.leave(session.id, room),
        }
        joined
    }

    async fn enter(
        &self,
        viewer: Viewer,
        room: RoomId,
        since: Option<Seq>,
    ) -> Result<Joined, ChatError> {
        let view = self.visible(viewer, room, Read::Fresh).await?;
        let (last, missed) = match since {
            None => (self.messages.last_seq(room).await?, Missed::NotAsked),
            Some(since) => self.missed(room, since).await?,
        };
        Ok(Joined {
            view: view.at(self.clock.now()),
            last,
            missed,
        })
    }

    async fn missed(&self, room: RoomId, since: Seq) -> Result<(Seq, Missed), ChatError> {
        let changes = self.messages.changes(room, since, MAX_REPLAY).await?;
        let steps = changes.net.map(|net| net.steps(since));
        let missed = match steps {
            Some(steps) if steps.len() <= MAX_REPLAY => Missed::Steps(steps),
            _ => Missed::TooMuch,
        };
        Ok((changes.last, missed))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aftermatch_ports::{
        Chat, Unavailable,
        model::{BrandId, Refusal, Seq, User},
    };
    use mockall::{Sequence, predicate::eq};
    use pollster::block_on;

    use super::*;
    use crate::testing::{
        Mocks, OTHER, ROOM, admin, ann, at, failure, refusal, room, room_without_ann, session_of,
    };

    /// A connection of `user` that has joined `room`.
    fn joined(user: &User, room: Option<RoomId>) -> Session {
        Session {
            room,
            ..session_of(user)
        }
    }

    fn expect_hold(mocks: &mut Mocks) {
        mocks.events.expect_hold().once().return_const(());
    }

    /// The seat in `room`, and no other, is given up.
    fn expect_leave(mocks: &mut Mocks, room: RoomId) {
        let leave = mocks.events.expect_leave();
        leave
            .with(eq(session_of(&ann()).id), eq(room))
            .once()
            .return_const(());
    }

    #[test]
    fn a_seat_is_held_before_the_room_is_read() {
        for (user, viewer) in [(ann(), Viewer::Brand(BrandId(1))), (admin(), Viewer::Admin)] {
            let mut session = joined(&user, None);
            let seat = Seat {
                session: session.id,
                room: ROOM,
                viewer,
            };
            let mut mocks = Mocks::new().finding_user(Read::Fresh, &user);
            let mut order = Sequence::new();
            let hold = mocks.events.expect_hold().with(eq(seat)).once();
            hold.in_sequence(&mut order).return_const(());
            let read = mocks.rooms.expect_room().with(eq(ROOM), eq(Read::Fresh));
            read.once()
                .in_sequence(&mut order)
                .returning(|_, _| Ok(Some(Arc::new(room()))));
            let last = mocks.messages.expect_last_seq().with(eq(ROOM)).once();
            last.in_sequence(&mut order).returning(|_| Ok(Seq(41)));

            let answer = block_on(mocks.chat().join_room(&mut session, ROOM)).unwrap();
            let expected = Joined {
                view: Arc::new(room()).at(at(10)),
                since: Some(Seq(41)),
            };
            assert_eq!(answer, expected);
            assert_eq!(session.room, Some(ROOM));
        }
    }

    #[test]
    fn joining_another_room_gives_up_the_old_seat() {
        let mut session = joined(&ann(), Some(OTHER));
        let mut mocks = Mocks::new().finding(Read::Fresh, &ann(), room());
        let last = mocks.messages.expect_last_seq();
        last.returning(|_| Ok(Seq::ZERO));
        expect_hold(&mut mocks);
        expect_leave(&mut mocks, OTHER);
        let answer = block_on(mocks.chat().join_room(&mut session, ROOM)).unwrap();
        assert_eq!(answer.since, Some(Seq::ZERO));
        assert_eq!(session.room, Some(ROOM));
    }

    #[test]
    fn a_refused_join_leaves_the_seat_where_it_was() {
        for (user, room, expected) in [
            (ann(), None, Refusal::RoomForbidden),
            (ann(), Some(room_without_ann()), Refusal::RoomForbidden),
            (admin(), None, Refusal::RoomNotFound),
        ] {
            for before in [None, Some(OTHER)] {
                let mut session = joined(&user, before);
                let mut mocks = Mocks::new().finding(Read::Fresh, &user, room.clone());
                expect_hold(&mut mocks);
                expect_leave(&mut mocks, ROOM);
                let answer = block_on(mocks.chat().join_room(&mut session, ROOM));
                assert_eq!(refusal(answer), expected);
                assert_eq!(session.room, before);
            }
        }
    }

    #[test]
    fn a_failed_join_leaves_the_seat_where_it_was() {
        let mut session = joined(&ann(), Some(OTHER));
        let mut mocks = Mocks::new().finding(Read::Fresh, &ann(), room());
        let last = mocks.messages.expect_last_seq();
        last.returning(|_| Err(Unavailable::passing("the store is away")));
        expect_hold(&mut mocks);
        expect_leave(&mut mocks, ROOM);
        let answer = block_on(mocks.chat().join_room(&mut session, ROOM));
        assert!(failure(answer).is_passing());
        assert_eq!(session.room, Some(OTHER));
    }

    #[test]
    fn who_lost_the_right_to_the_endpoint_holds_no_seat() {
        let mut session = joined(&ann(), Some(OTHER));
        let off = User {
            active: false,
            ..ann()
        };
        let mocks = Mocks::new().finding(Read::Fresh, &off, room());
        let answer = block_on(mocks.chat().join_room(&mut session, ROOM));
        assert_eq!(refusal(answer), Refusal::UserDeactivated);
        assert_eq!(session.room, Some(OTHER));
    }

    #[test]
    fn joining_the_same_room_again_keeps_the_seat() {
        let mut session = joined(&ann(), Some(ROOM));
        let mocks = Mocks::new().finding(Read::Fresh, &ann(), room());
        let answer = block_on(mocks.chat().join_room(&mut session, ROOM)).unwrap();
        let expected = Joined {
            view: Arc::new(room()).at(at(10)),
            since: None,
        };
        assert_eq!(answer, expected);
        assert_eq!(session.room, Some(ROOM));
    }

    #[test]
    fn joining_the_same_room_again_can_be_refused() {
        let mut session = joined(&ann(), Some(ROOM));
        let mocks = Mocks::new().finding(Read::Fresh, &ann(), room_without_ann());
        let answer = block_on(mocks.chat().join_room(&mut session, ROOM));
        assert_eq!(refusal(answer), Refusal::RoomForbidden);
        assert_eq!(session.room, Some(ROOM));
    }
}
