use aftermatch_ports::{
    ChatError,
    model::{RoomId, Seq, Session},
};

use crate::{Ports, authorize};

pub(crate) async fn run(
    ports: &Ports,
    session: &Session,
    seq: Seq,
    is_private: bool,
) -> Result<(RoomId, Seq), ChatError> {
    let room = authorize::joined_room(ports, session).await?;
    let (id, user) = (room.id, session.user);
    let marked = ports.read_positions.mark_read(id, user, seq, !is_private);
    let mark = marked.await?;
    if mark.moved || mark.shown.is_some() {
        ports.signals.read(session.id, id, mark.seq, mark.shown);
    }
    Ok((id, mark.seq))
}

#[cfg(test)]
mod tests {
    use aftermatch_ports::{Chat, Read, ReadMark, StoreError, model::Refusal};
    use mockall::predicate::eq;
    use pollster::block_on;

    use super::*;
    use crate::testing::{
        Mocks, ROOM, SESSION, admin, ann, failure, refusal, room, room_without_ann, session_of,
    };

    #[test]
    fn mark_read_returns_position_of_store() {
        for user in [ann(), admin()] {
            let mut mocks = Mocks::new().finding(Read::Fresh, &user, room());
            let mark_read = mocks.read_positions.expect_mark_read().once();
            mark_read
                .with(eq(ROOM), eq(user.id), eq(Seq(99)), eq(true))
                .returning(|_, _, _, _| Ok(mark(false, None)));
            let result = block_on(mocks.chat().mark_read(&session_of(&user), Seq(99), false));
            assert_eq!(result.unwrap(), (ROOM, Seq(41)));
        }
    }

    fn mark(moved: bool, shown: Option<i64>) -> ReadMark {
        ReadMark {
            seq: Seq(41),
            moved,
            shown: shown.map(Seq),
        }
    }

    #[test]
    fn mark_read_that_moves_reaches_those_who_follow() {
        for (is_private, mark) in [
            (true, mark(true, None)),
            (false, mark(true, Some(41))),
            // What was read in private stays so.
            (false, mark(false, Some(40))),
        ] {
            let mut mocks = Mocks::new().finding(Read::Fresh, &ann(), room());
            let mark_read = mocks.read_positions.expect_mark_read().once();
            mark_read
                .withf(move |_, _, _, is_shown| *is_shown != is_private)
                .returning(move |_, _, _, _| Ok(mark));
            let read = mocks.signals.expect_read().once();
            read.with(eq(SESSION), eq(ROOM), eq(Seq(41)), eq(mark.shown))
                .return_const(());
            let result = block_on(
                mocks
                    .chat()
                    .mark_read(&session_of(&ann()), Seq(41), is_private),
            );
            assert_eq!(result.unwrap(), (ROOM, Seq(41)));
        }
    }

    #[test]
    fn mark_read_not_joined_moves_nothing() {
        let chat = Mocks::seated_in(None).chat();
        let result = block_on(chat.mark_read(&session_of(&ann()), Seq(1), false));
        assert_eq!(refusal(result), Refusal::NotInRoom);
    }

    #[test]
    fn mark_read_lost_right_moves_nothing() {
        let mocks = Mocks::new().finding(Read::Fresh, &ann(), room_without_ann());
        let result = block_on(mocks.chat().mark_read(&session_of(&ann()), Seq(1), false));
        assert_eq!(refusal(result), Refusal::RoomForbidden);
    }

    #[test]
    fn mark_read_not_stored_is_transient_failure() {
        let mut mocks = Mocks::new().finding(Read::Fresh, &ann(), room());
        let mark_read = mocks.read_positions.expect_mark_read();
        mark_read.returning(|_, _, _, _| Err(StoreError::transient("the store is away")));
        let result = block_on(mocks.chat().mark_read(&session_of(&ann()), Seq(1), false));
        assert!(failure(result).is_transient());
    }
}
