use aftermatch_ports::{
    ChatError, Listed, Overview, Page, Read, Scope,
    model::{Session, Viewer},
};

use crate::UseCases;

impl UseCases {
    pub(crate) async fn list(
        &self,
        session: &Session,
        page: Page,
    ) -> Result<Vec<Listed>, ChatError> {
        let (user, viewer) = self.actor(session, Read::Fresh).await?;
        let scope = match viewer {
            Viewer::Brand(brand) => Scope::Brand {
                brand,
                reader: user.id,
            },
            Viewer::Admin => Scope::All,
        };
        let rooms = self.rooms.rooms(scope, page).await?;
        let now = self.clock.now();
        let listed = |room: Overview| Listed {
            view: room.room.at(now),
            last: room.last,
            unread: room.unread,
            last_message: room.last_message,
        };
        Ok(rooms.into_iter().map(listed).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aftermatch_ports::model::{BrandId, Refusal, RoomId, Seq, User};
    use aftermatch_ports::{Chat, Unavailable};
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
    fn a_brand_lists_its_rooms_and_an_administrator_all() {
        let anns = Scope::Brand {
            brand: BrandId(1),
            reader: ann().id,
        };
        for (user, scope, unread) in [(ann(), anns, Some(3)), (admin(), Scope::All, None)] {
            let written = (Seq(41), unread, Some(message(38)));
            let untouched = (Seq::ZERO, unread.map(|_| 0), None);
            let rooms = [(room(), written), (room_without_business(), untouched)];
            let mut overviews = Vec::new();
            let mut expected = Vec::new();
            for (room, (last, unread, last_message)) in rooms {
                let room = Arc::new(room);
                expected.push(Listed {
                    view: room.clone().at(at(10)),
                    last,
                    unread,
                    last_message: last_message.clone(),
                });
                overviews.push(Overview {
                    room,
                    last,
                    unread,
                    last_message,
                });
            }
            let mut mocks = Mocks::new().finding_user(Read::Fresh, &user);
            let listing = mocks.rooms.expect_rooms().with(eq(scope), eq(PAGE)).once();
            listing.returning(move |_, _| Ok(overviews.clone()));
            let listed = block_on(mocks.chat().list(&session_of(&user), PAGE)).unwrap();
            assert_eq!(listed, expected);
        }
    }

    #[test]
    fn who_lost_the_right_is_refused_before_a_room_is_read() {
        let user = User {
            brand: None,
            ..ann()
        };
        let mocks = Mocks::new().finding_user(Read::Fresh, &user);
        let answer = block_on(mocks.chat().list(&session_of(&user), PAGE));
        assert_eq!(refusal(answer), Refusal::BrandRequired);
    }

    #[test]
    fn rooms_that_cannot_be_read_are_no_empty_list() {
        let mut mocks = Mocks::new().finding_user(Read::Fresh, &ann());
        let listing = mocks.rooms.expect_rooms();
        listing.returning(|_, _| Err(Unavailable::passing("the store is away")));
        let answer = block_on(mocks.chat().list(&session_of(&ann()), PAGE));
        assert!(failure(answer).is_passing());
    }
}
