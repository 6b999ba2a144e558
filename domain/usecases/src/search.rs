use aftermatch_ports::{
    ChatError, FoundPiece, Read,
    model::{Refusal, SearchWords, Seq, Session},
};

use crate::{Ports, authorize};

/// Messages of the joined room that have all words of `text`.
pub(crate) async fn run(
    ports: &Ports,
    session: &Session,
    text: &str,
    before: Option<Seq>,
    limit: usize,
) -> Result<FoundPiece, ChatError> {
    let room = ports.seats.room_of(session.id).ok_or(Refusal::NotInRoom)?;
    let words = SearchWords::new(text)?;
    let (_, viewer) = authorize::viewer(ports, session, Read::Fresh).await?;
    let room = authorize::visible_room(ports, viewer, room, Read::Fresh).await?;
    Ok(ports.history.search(room.id, &words, before, limit).await?)
}

#[cfg(test)]
mod tests {
    use aftermatch_ports::{Chat, StoreError};
    use mockall::predicate::eq;
    use pollster::block_on;

    use super::*;
    use crate::testing::{
        Mocks, ROOM, admin, ann, failure, message, refusal, room, room_without_ann,
        room_without_business, session_of,
    };

    fn found() -> FoundPiece {
        FoundPiece {
            messages: vec![message(40), message(38)],
            next: Some(Seq(38)),
            last_seq: Seq(41),
        }
    }

    #[test]
    fn search_looks_for_words_in_room() {
        let words = SearchWords::new("hello bob").expect("words");
        for before in [None, Some(Seq(41))] {
            let mut mocks = Mocks::new().finding(Read::Fresh, &ann(), room());
            let search = mocks.history.expect_search().once();
            search
                .with(eq(ROOM), eq(words.clone()), eq(before), eq(2))
                .returning(|_, _, _, _| Ok(found()));
            let (chat, session) = (mocks.chat(), session_of(&ann()));
            let result = block_on(chat.search(&session, " Bob, HELLO!", before, 2));
            assert_eq!(result.unwrap(), found());
        }
    }

    #[test]
    fn admin_searches_room_without_business() {
        let mut mocks = Mocks::new().finding(Read::Fresh, &admin(), room_without_business());
        let search = mocks.history.expect_search();
        search.returning(|_, _, _, _| Ok(found()));
        let chat = mocks.chat();
        let result = block_on(chat.search(&session_of(&admin()), "a", None, 2));
        assert_eq!(result.unwrap(), found());
    }

    /// The refusal of a search, which reads no message.
    fn refused(mocks: Mocks, text: &str) -> Refusal {
        refusal(block_on(mocks.chat().search(
            &session_of(&ann()),
            text,
            None,
            2,
        )))
    }

    #[test]
    fn search_not_joined_reads_nothing() {
        for text in ["a", ""] {
            assert_eq!(refused(Mocks::seated_in(None), text), Refusal::NotInRoom);
        }
    }

    #[test]
    fn search_without_word_reads_nothing() {
        let joined = Mocks::seated_in(Some(ROOM));
        assert_eq!(refused(joined, "?!"), Refusal::NoSearchWord);
    }

    #[test]
    fn search_lost_right_reads_no_message() {
        let removed = Mocks::new().finding(Read::Fresh, &ann(), room_without_ann());
        assert_eq!(refused(removed, "a"), Refusal::RoomForbidden);
    }

    #[test]
    fn search_unreadable_store_is_transient_failure() {
        let mut mocks = Mocks::new().finding(Read::Fresh, &ann(), room());
        let search = mocks.history.expect_search();
        search.returning(|_, _, _, _| Err(StoreError::transient("the store is away")));
        let (chat, session) = (mocks.chat(), session_of(&ann()));
        let result = block_on(chat.search(&session, "a", None, 2));
        assert!(failure(result).is_transient());
    }
}
