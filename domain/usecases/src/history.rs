use aftermatch_ports::{
    ChatError, HistoryPage, HistoryRange,
    model::{Message, Session},
};

use crate::{Ports, authorize};

/// Messages in a range of event numbers.
pub(crate) async fn range(
    ports: &Ports,
    session: &Session,
    range: HistoryRange,
    limit: usize,
) -> Result<HistoryPage, ChatError> {
    let room = authorize::joined_room(ports, session).await?;
    Ok(ports.history.history(room.id, range, limit).await?)
}

/// Messages by page, newest first.
pub(crate) async fn page(
    ports: &Ports,
    session: &Session,
    skip: u64,
    limit: usize,
) -> Result<(u64, Vec<Message>), ChatError> {
    let room = authorize::joined_room(ports, session).await?;
    Ok(ports.history.page(room.id, skip, limit).await?)
}

#[cfg(test)]
mod tests {
    use aftermatch_ports::{
        Chat, Read, StoreError,
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
    fn history_reads_requested_range_of_room() {
        let expected = HistoryPage {
            messages: vec![message(38), message(40)],
            has_older: true,
            has_newer: false,
            last_seq: Seq(41),
        };
        for range in [
            HistoryRange::Newest,
            HistoryRange::Before(Seq(41)),
            HistoryRange::After(Seq(37)),
        ] {
            let mut mocks = Mocks::new().finding(Read::Fresh, &ann(), room());
            let history = mocks.history.expect_history().once();
            let stored = expected.clone();
            history
                .with(eq(ROOM), eq(range), eq(2))
                .returning(move |_, _, _| Ok(stored.clone()));
            let chat = mocks.chat();
            let result = block_on(chat.history(&session_of(&ann()), range, 2));
            assert_eq!(result.unwrap(), expected);
        }
    }

    #[test]
    fn page_reads_requested_messages_of_room() {
        let mut mocks = Mocks::new().finding(Read::Fresh, &ann(), room());
        let page = mocks.history.expect_page().once();
        page.with(eq(ROOM), eq(40), eq(20))
            .returning(|_, _, _| Ok((42, vec![message(2), message(1)])));
        let chat = mocks.chat();
        let result = block_on(chat.page(&session_of(&ann()), 40, 20));
        assert_eq!(result.unwrap(), (42, vec![message(2), message(1)]));
    }

    #[test]
    fn admin_reads_room_without_business() {
        let mut mocks = Mocks::new().finding(Read::Fresh, &admin(), room_without_business());
        let page = mocks.history.expect_page();
        page.returning(|_, _, _| Ok((0, vec![])));
        let chat = mocks.chat();
        let result = block_on(chat.page(&session_of(&admin()), 0, 20));
        assert_eq!(result.unwrap(), (0, vec![]));
    }

    /// The refusal of both requests. Neither reads a message.
    fn refused(mocks: fn() -> Mocks) -> Refusal {
        let session = session_of(&ann());
        let history = block_on(mocks().chat().history(&session, HistoryRange::Newest, 2));
        let history = refusal(history);
        let page = refusal(block_on(mocks().chat().page(&session, 0, 2)));
        assert_eq!(history, page);
        history
    }

    #[test]
    fn history_not_joined_reads_nothing() {
        let not_joined = || Mocks::seated_in(None);
        assert_eq!(refused(not_joined), Refusal::NotInRoom);
    }

    #[test]
    fn history_lost_right_reads_no_message() {
        let removed = || Mocks::new().finding(Read::Fresh, &ann(), room_without_ann());
        assert_eq!(refused(removed), Refusal::RoomForbidden);
    }

    #[test]
    fn history_unreadable_store_is_transient_failure() {
        let away = || StoreError::transient("the store is away");
        let mut mocks = Mocks::new().finding(Read::Fresh, &ann(), room());
        let history = mocks.history.expect_history();
        history.returning(move |_, _, _| Err(away()));
        let page = mocks.history.expect_page();
        page.returning(move |_, _, _| Err(away()));
        let (chat, session) = (mocks.chat(), session_of(&ann()));
        let history = block_on(chat.history(&session, HistoryRange::Newest, 2));
        assert!(failure(history).is_transient());
        let page = block_on(chat.page(&session, 0, 2));
        assert!(failure(page).is_transient());
    }
}
