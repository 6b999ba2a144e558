//! A small world to try the use cases in: Ann and an administrator, and the room
//! in which Ann's brand talks with another.

use std::{fmt::Debug, sync::Arc};

use aftermatch_ports::{
    Chat, ChatError, Guard, MockClock, MockEvents, MockMessages, MockPeople, MockRooms, MockTokens,
    Read, Unavailable,
    model::{
        Brand, BrandId, Endpoint, Profile, Refusal, Revision, Room, RoomId, Session, SessionId,
        Tariff, Text, Timestamp, User, UserId,
    },
};

use crate::{Needs, UseCases};

pub(crate) const ROOM: RoomId = RoomId(1);
pub(crate) const OTHER: RoomId = RoomId(2);
/// The longest text.
pub(crate) const MAX_CHARS: usize = 8;

pub(crate) fn at(second: i64) -> Timestamp {
    time::OffsetDateTime::from_unix_timestamp(second)
        .expect("a second of our age")
        .into()
}

/// Owns brand 1.
pub(crate) fn ann() -> User {
    User {
        id: UserId(3),
        revision: Revision(30),
        active: true,
        admin: false,
        brand: Some(BrandId(1)),
        profile: Profile::new("{}"),
    }
}

/// Owns no brand.
pub(crate) fn admin() -> User {
    User {
        id: UserId(9),
        revision: Revision(90),
        admin: true,
        brand: None,
        ..ann()
    }
}

/// [`ROOM`], which brands 1 and 2 share, and which has business until second 20.
pub(crate) fn room() -> Room {
    let brand = |id, tariff| Brand {
        id: BrandId(id),
        tariff,
        tariff_until: Some(at(20)),
        profile: Profile::new("{}"),
    };
    Room {
        id: ROOM,
        revision: Revision(10),
        participants: vec![
            Arc::new(brand(1, None)),
            Arc::new(brand(2, Some(Tariff::Business))),
        ],
    }
}

/// The same without Ann's brand.
pub(crate) fn room_without_ann() -> Room {
    let mut room = room();
    room.participants.remove(0);
    room
}

/// The same without a business tariff.
pub(crate) fn room_without_business() -> Room {
    let mut room = room();
    room.participants.pop();
    room
}

/// A connection of `user`, an administrator's at that endpoint, which has joined
/// [`ROOM`].
pub(crate) fn session_of(user: &User) -> Session {
    Session {
        id: SessionId(5),
        user: user.id,
        endpoint: if user.admin {
            Endpoint::AdminChat
        } else {
            Endpoint::Chat
        },
        room: Some(ROOM),
    }
}

/// What a verdict on these two is founded on.
pub(crate) fn guard(user: &User, room: &Room) -> Guard {
    Guard {
        room: room.id,
        room_revision: room.revision,
        user: user.id,
        user_revision: user.revision,
    }
}

pub(crate) fn text(text: &str) -> Text {
    Text::new(text, MAX_CHARS).expect("a fit text")
}

/// What the use cases stand on. Whatever is asked without being expected panics,
/// and so does what was expected and not asked.
pub(crate) struct Mocks {
    pub(crate) people: MockPeople,
    pub(crate) rooms: MockRooms,
    pub(crate) messages: MockMessages,
    pub(crate) events: MockEvents,
    pub(crate) tokens: MockTokens,
    pub(crate) clock: MockClock,
}

impl Mocks {
    /// Where nobody may be asked anything.
    pub(crate) fn untouched() -> Self {
        Self {
            people: MockPeople::new(),
            rooms: MockRooms::new(),
            messages: MockMessages::new(),
            events: MockEvents::new(),
            tokens: MockTokens::new(),
            clock: MockClock::new(),
        }
    }

    /// Where it is second 10.
    pub(crate) fn new() -> Self {
        let mut mocks = Self::untouched();
        mocks.clock.expect_now().return_const(at(10));
        mocks
    }

    /// And where those who read so find these two, and nobody and no room else.
    /// Whoever reads as was never said panics.
    pub(crate) fn finding(self, read: Read, user: &User, room: impl Into<Option<Room>>) -> Self {
        self.finding_user(read, user).finding_room(read, room)
    }

    pub(crate) fn finding_user(mut self, read: Read, user: &User) -> Self {
        let user = Arc::new(user.clone());
        self.people
            .expect_user()
            .withf(move |_, asked| *asked == read)
            .returning(move |id, _| Ok(Some(user.clone()).filter(|user| user.id == id)));
        self
    }

    pub(crate) fn finding_room(mut self, read: Read, room: impl Into<Option<Room>>) -> Self {
        let room = room.into().map(Arc::new);
        self.rooms
            .expect_room()
            .withf(move |_, asked| *asked == read)
            .returning(move |id, _| Ok(room.clone().filter(|room| room.id == id)));
        self
    }

    /// What clients ask, standing on these.
    pub(crate) fn chat(self) -> impl Chat {
        UseCases::new(Needs {
            people: Arc::new(self.people),
            rooms: Arc::new(self.rooms),
            messages: Arc::new(self.messages),
            events: Arc::new(self.events),
            tokens: Arc::new(self.tokens),
            clock: Arc::new(self.clock),
            max_text_chars: MAX_CHARS,
        })
    }
}

pub(crate) fn refusal<T: Debug>(result: Result<T, ChatError>) -> Refusal {
    match result {
        Err(ChatError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

pub(crate) fn failure<T: Debug>(result: Result<T, ChatError>) -> Unavailable {
    match result {
        Err(ChatError::Unavailable(failure)) => failure,
        other => panic!("no failure: {other:?}"),
    }
}
