//! A small world to try the use cases in: Ann and an administrator, and the room
//! in which Ann's brand talks with another.

mod tidings;

use std::{
    fmt::Debug,
    mem,
    pin::pin,
    sync::Arc,
    task::{Context, Waker},
};

use aftermatch_ports::{
    Chat, ChatError, Guard, MockClock, MockEvents, MockMessages, MockPeople, MockRooms, MockTokens,
    MockWatch, Read, Tiding, Unavailable, Watch,
    model::{
        Author, Brand, BrandId, Change, Endpoint, Message, MessageId, Profile, Refusal, Revision,
        Room, RoomId, Seq, Session, SessionId, Tariff, Text, Timestamp, User, UserId,
    },
};

use self::tidings::Tidings;
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
        revision: user.revision,
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

/// What Ann wrote in [`ROOM`] by the change `seq`, and nobody has touched since.
pub(crate) fn message(seq: i64) -> Message {
    Message {
        id: MessageId(100 + seq),
        room: ROOM,
        author: Author {
            id: ann().id,
            profile: ann().profile,
        },
        text: text("hello"),
        at: at(1),
        edited_at: None,
        client_id: None,
        seq: Seq(seq),
        changed: Seq(seq),
    }
}

/// What the use cases stand on. Whatever is asked without being expected panics,
/// and so does what was expected and not asked.
pub(crate) struct Mocks {
    pub(crate) people: MockPeople,
    pub(crate) rooms: MockRooms,
    pub(crate) messages: MockMessages,
    pub(crate) watch: MockWatch,
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
            watch: MockWatch::new(),
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

    /// And where one change, which is as it has to be, is announced and told.
    pub(crate) fn expect_told(&mut self, fits: impl Fn(&Change) -> bool + Send + Sync + 'static) {
        let fits = Arc::new(fits);
        let announced = fits.clone();
        let announce = self.watch.expect_announce().once();
        announce
            .withf(move |change| announced(change))
            .return_const(());
        let tell = self.events.expect_tell().once();
        tell.withf(move |change| fits(change)).returning(|_| Ok(()));
    }

    /// What clients ask, standing on these.
    pub(crate) fn chat(mut self) -> impl Chat {
        let watch = mem::take(&mut self.watch);
        self.use_cases(watch)
    }

    /// Watches until there is no tiding left.
    pub(crate) fn watching(mut self, tidings: impl IntoIterator<Item = Tiding>) {
        let watch = Tidings::new(tidings, mem::take(&mut self.watch));
        let use_cases = self.use_cases(watch);
        let mut watching = pin!(use_cases.watch());
        let mut context = Context::from_waker(Waker::noop());
        assert!(watching.as_mut().poll(&mut context).is_pending());
    }

    fn use_cases(self, watch: impl Watch + 'static) -> UseCases {
        UseCases::new(Needs {
            people: Arc::new(self.people),
            rooms: Arc::new(self.rooms),
            messages: Arc::new(self.messages),
            watch: Arc::new(watch),
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
