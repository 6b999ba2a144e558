use aftermatch_ports::{
    ChatError, ListedRoom, Page, Read, RoomSummary, Scope,
    model::{Session, Timestamp, Viewer},
};

use crate::{Ports, authorize};

pub(crate) async fn run(
    ports: &Ports,
    session: &Session,
    page: Page,
) -> Result<Vec<ListedRoom>, ChatError> {
    let (user, viewer) = authorize::viewer(ports, session, Read::Fresh).await?;
    let scope = match viewer {
        Viewer::Brand(brand) => Scope::Brand {
            brand,
            reader: user.id,
        },
        Viewer::Admin => Scope::All,
    };
    let rooms = ports.rooms.rooms(scope, page).await?;
    let now = ports.clock.now();
    let rooms = rooms.into_iter();
    Ok(rooms.map(|summary| listed(summary, now)).collect())
}

/// The room as it is at the moment `now`.
pub(crate) fn listed(summary: RoomSummary, now: Timestamp) -> ListedRoom {
    ListedRoom {
        view: summary.room.at(now),
        last_seq: summary.last_seq,
        unread: summary.unread,
        read_seq: summary.read_seq,
        last_message: summary.last_message,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aftermatch_ports::{
        Chat, StoreError,
        model::{BrandId, Refusal, RoomId, Seq, User},
    };
    use mockall::predicate::eq;
    use pollster::block_on;

    use super::*;
    use crate::testing::{
        Mocks, admin, ann, at, failure, message, refusal, room, room_without_business, session_of,
    };

    const PAGE: Page = Page {
        after: Some(RoomId(7)),
        limit: 2,
    };

    #[test]
    fn list_rooms_shows_brand_own_admin_all() {
        let brand = Scope::Brand {
            brand: BrandId(1),
            reader: ann().id,
        };
        for (user, scope, unread) in [(ann(), brand, Some(3)), (admin(), Scope::All, None)] {
            let with_messages = (Seq(41), unread, Some(message(38)));
            let empty = (Seq::ZERO, unread.map(|_| 0), None);
            let rooms = [(room(), with_messages), (room_without_business(), empty)];
            let mut summaries = Vec::new();
            let mut expected = Vec::new();
            for (room, (last_seq, unread, last_message)) in rooms {
                let room = Arc::new(room);
                expected.push(ListedRoom {
                    view: room.clone().at(at(10)),
                    last_seq,
                    unread,
                    read_seq: unread.map(|_| Seq(3)),
                    last_message: last_message.clone(),
                });
                summaries.push(RoomSummary {
                    room,
                    last_seq,
                    unread,
                    read_seq: unread.map(|_| Seq(3)),
                    last_message,
                });
            }
            let mut mocks = Mocks::new().finding_user(Read::Fresh, &user);
            let rooms = mocks.rooms.expect_rooms().with(eq(scope), eq(PAGE)).once();
            rooms.returning(move |_, _| Ok(summaries.clone()));
            let listed = block_on(mocks.chat().list_rooms(&session_of(&user), PAGE));
            assert_eq!(listed.unwrap(), expected);
        }
    }

    #[test]
    fn list_rooms_lost_right_reads_no_room() {
        let user = User {
            brand: None,
            ..ann()
        };
        let mocks = Mocks::new().finding_user(Read::Fresh, &user);
        let result = block_on(mocks.chat().list_rooms(&session_of(&user), PAGE));
        assert_eq!(refusal(result), Refusal::BrandRequired);
    }

    #[test]
    fn list_rooms_unreadable_store_is_transient_failure() {
        let mut mocks = Mocks::new().finding_user(Read::Fresh, &ann());
        let rooms = mocks.rooms.expect_rooms();
        rooms.returning(|_, _| Err(StoreError::transient("the store is away")));
        let result = block_on(mocks.chat().list_rooms(&session_of(&ann()), PAGE));
        assert!(failure(result).is_transient());
    }
}
