use aftermatch_ports::{
    ChatError,
    model::{RoomId, Seq, Session},
};

use crate::{Ports, authorize};

pub(crate) async fn run(
    ports: &Ports,
    session: &Session,
    seq: Seq,
) -> Result<(RoomId, Seq), ChatError> {
    let room = authorize::joined_room(ports, session).await?;
    let marked = ports.read_positions.mark_read(room.id, session.user, seq);
    Ok((room.id, marked.await?))
}

#[cfg(test)]
mod tests {
    use aftermatch_ports::{Chat, Read, StoreError, model::Refusal};
    use mockall::predicate::eq;
    use pollster::block_on;

    use super::*;
    use crate::testing::{
        Mocks, ROOM, admin, ann, failure, refusal, room, room_without_ann, session_of,
    };

    #[test]
    fn mark_read_returns_position_of_store() {
        for user in [ann(), admin()] {
            let mut mocks = Mocks::new().finding(Read::Fresh, &user, room());
            let mark_read = mocks.read_positions.expect_mark_read().once();
            mark_read
                .with(eq(ROOM), eq(user.id), eq(Seq(99)))
                .returning(|_, _, _| Ok(Seq(41)));
            let result = block_on(mocks.chat().mark_read(&session_of(&user), Seq(99)));
            assert_eq!(result.unwrap(), (ROOM, Seq(41)));
        }
    }

    #[test]
    fn mark_read_not_joined_moves_nothing() {
        let chat = Mocks::seated_in(None).chat();
        let result = block_on(chat.mark_read(&session_of(&ann()), Seq(1)));
        assert_eq!(refusal(result), Refusal::NotInRoom);
    }

    #[test]
    fn mark_read_lost_right_moves_nothing() {
        let mocks = Mocks::new().finding(Read::Fresh, &ann(), room_without_ann());
        let result = block_on(mocks.chat().mark_read(&session_of(&ann()), Seq(1)));
        assert_eq!(refusal(result), Refusal::RoomForbidden);
    }

    #[test]
    fn mark_read_not_stored_is_transient_failure() {
        let mut mocks = Mocks::new().finding(Read::Fresh, &ann(), room());
        let mark_read = mocks.read_positions.expect_mark_read();
        mark_read.returning(|_, _, _| Err(StoreError::transient("the store is away")));
        let result = block_on(mocks.chat().mark_read(&session_of(&ann()), Seq(1)));
        assert!(failure(result).is_transient());
    }
}
