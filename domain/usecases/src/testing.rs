//! What the tests of the use cases share: Ann, an administrator, the room of Ann's
//! brand and another brand, and mocks of the ports.

mod scripted;

use std::{
    convert::Infallible,
    fmt::Debug,
    pin::pin,
    sync::Arc,
    task::{Context, Waker},
};

use aftermatch_ports::{
    Chat, ChatError, Commit, CreateAnswer, MockBroadcast, MockClock, MockDirectory, MockHistory,
    MockInbox, MockLog, MockMessages, MockOnline, MockPeople, MockPresence, MockReadPositions,
    MockRelay, MockRevisions, MockRooms, MockSeats, MockSignals, MockSignatures, MockTokens,
    Precondition, Read, RemoteEvent, StoreError, Submission,
    model::{
        Author, Brand, BrandId, Endpoint, Epoch, LogHead, Message, MessageId, Pen, Profile,
        Refusal, RequestId, Revision, Room, RoomEvent, RoomId, RoomKind, Seq, Session, SessionId,
        Tariff, Text, Timestamp, User, UserId, Viewer,
    },
};

use pollster::block_on;

use self::scripted::{ScriptedRelay, ScriptedRevisions};
use crate::{Ports, UseCases, sync};

pub(crate) const ROOM: RoomId = RoomId(1);
pub(crate) const OTHER: RoomId = RoomId(2);
pub(crate) const SESSION: SessionId = SessionId(5);
/// The log of [`ROOM`].
pub(crate) const EPOCH: Epoch = Epoch { store: 7, room: 1 };
/// The longest text.
pub(crate) const MAX_CHARS: usize = 8;

pub(crate) fn at(second: i64) -> Timestamp {
    time::OffsetDateTime::from_unix_timestamp(second)
        .expect("a valid second")
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
        epoch: EPOCH,
        participants: vec![
            Arc::new(brand(1, None)),
            Arc::new(brand(2, Some(Tariff::Business))),
        ],
        kind: RoomKind::default(),
        pen: Pen::default(),
        frozen: false,
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

/// The same, closed for writing.
pub(crate) fn frozen_room() -> Room {
    Room {
        frozen: true,
        ..room()
    }
}

/// A session of `user`, who connects to the endpoint for administrators if it is
/// one.
pub(crate) fn session_of(user: &User) -> Session {
    Session {
        id: SESSION,
        user: user.id,
        endpoint: if user.admin {
            Endpoint::AdminChat
        } else {
            Endpoint::Chat
        },
        viewer: match user.brand {
            Some(brand) if !user.admin => Viewer::Brand(brand),
            _ => Viewer::Admin,
        },
        token_expires: 11,
    }
}

/// The log of [`ROOM`], up to this event.
pub(crate) fn head(last_seq: i64) -> LogHead {
    LogHead {
        epoch: EPOCH,
        last_seq: Seq(last_seq),
    }
}

/// What the log of [`ROOM`] has of a write: its number, and a time that is not the
/// time of this process.
pub(crate) fn commit(seq: i64) -> Commit {
    Commit {
        seq: Seq(seq),
        at: at(15),
        epoch: EPOCH,
    }
}

/// The precondition of a write that was authorized by these two.
pub(crate) fn precondition(user: &User, room: &Room) -> Precondition {
    Precondition {
        room: room.id,
        room_revision: room.revision,
        room_epoch: room.epoch.room,
        user: user.id,
        user_revision: user.revision,
    }
}

pub(crate) fn text(text: &str) -> Text {
    Text::new(text, MAX_CHARS).expect("a valid text")
}

/// A message that Ann created in [`ROOM`] by event `seq` and nobody changed since.
pub(crate) fn message(seq: i64) -> Message {
    Message {
        id: MessageId(100 + seq),
        room: ROOM,
        author: Author {
            id: ann().id,
            profile: ann().profile,
        },
        text: text("hello"),
        attachments: None,
        created_at: at(1),
        edited_at: None,
        client_msg_id: None,
        seq: Seq(seq),
        changed_seq: Seq(seq),
    }
}

/// The ports of the use cases. A call that was not expected panics, and so does an
/// expected call that was not made.
pub(crate) struct Mocks {
    pub(crate) directory: MockDirectory,
    pub(crate) people: MockPeople,
    pub(crate) rooms: MockRooms,
    pub(crate) messages: MockMessages,
    pub(crate) log: MockLog,
    pub(crate) history: MockHistory,
    pub(crate) read_positions: MockReadPositions,
    pub(crate) revisions: MockRevisions,
    pub(crate) relay: MockRelay,
    pub(crate) seats: MockSeats,
    pub(crate) broadcast: MockBroadcast,
    pub(crate) inbox: MockInbox,
    pub(crate) signals: MockSignals,
    pub(crate) online: MockOnline,
    pub(crate) presence: MockPresence,
    pub(crate) tokens: MockTokens,
    /// `None`: the service takes no attachments.
    pub(crate) signatures: Option<MockSignatures>,
    pub(crate) clock: MockClock,
}

impl Mocks {
    /// The session has joined `room`; no other call is expected.
    pub(crate) fn seated_in(room: Option<RoomId>) -> Self {
        let mut mocks = Self {
            directory: MockDirectory::new(),
            people: MockPeople::new(),
            rooms: MockRooms::new(),
            messages: MockMessages::new(),
            log: MockLog::new(),
            history: MockHistory::new(),
            read_positions: MockReadPositions::new(),
            revisions: MockRevisions::new(),
            relay: MockRelay::new(),
            seats: MockSeats::new(),
            broadcast: MockBroadcast::new(),
            inbox: MockInbox::new(),
            signals: MockSignals::new(),
            online: MockOnline::new(),
            presence: MockPresence::new(),
            tokens: MockTokens::new(),
            signatures: None,
            clock: MockClock::new(),
        };
        let room_of = mocks.seats.expect_room_of();
        room_of.returning(move |session| room.filter(|_| session == SESSION));
        mocks
    }

    /// The session has joined [`ROOM`]; no other call is expected.
    pub(crate) fn untouched() -> Self {
        Self::seated_in(Some(ROOM))
    }

    /// The same at second 10.
    pub(crate) fn new() -> Self {
        Self::untouched().at_second_10()
    }

    pub(crate) fn at_second_10(mut self) -> Self {
        self.clock.expect_now().return_const(at(10));
        self
    }

    /// Reads of this freshness find this user and this room and nothing else. Reads
    /// of another freshness panic unless they are expected, too.
    pub(crate) fn finding(self, read: Read, user: &User, room: impl Into<Option<Room>>) -> Self {
        self.finding_user(read, user).finding_room(read, room)
    }

    pub(crate) fn finding_user(mut self, read: Read, user: &User) -> Self {
        let user = Arc::new(user.clone());
        self.people
            .expect_user()
            .withf(move |_, requested| *requested == read)
            .returning(move |id, _| Ok(Some(user.clone()).filter(|user| user.id == id)));
        self
    }

    pub(crate) fn finding_room(mut self, read: Read, room: impl Into<Option<Room>>) -> Self {
        let room = room.into().map(Arc::new);
        self.rooms
            .expect_room()
            .withf(move |_, requested| *requested == read)
            .returning(move |id, _| Ok(room.clone().filter(|room| room.id == id)));
        self
    }

    /// One event for which `matches` is true is published to other processes and
    /// broadcast here.
    pub(crate) fn expect_published(
        &mut self,
        matches: impl Fn(&RoomEvent) -> bool + Send + Sync + 'static,
    ) {
        let matches = Arc::new(matches);
        let relayed = matches.clone();
        let publish = self.relay.expect_publish().once();
        publish
            .withf(move |event, _| relayed(event))
            .return_const(());
        self.inbox.expect_event().once().return_const(());
        let broadcast = self.broadcast.expect_broadcast().once();
        broadcast
            .withf(move |event| matches(event))
            .return_const(());
    }

    pub(crate) fn chat(self) -> impl Chat {
        UseCases::new(self.ports())
    }

    /// Runs [`sync::rights`] for `checks` rechecks.
    pub(crate) fn recheck(mut self, checks: usize) {
        self.inbox.expect_written().return_const(());
        self.inbox.expect_scopes().return_const(Vec::new());
        let mut ports = self.ports();
        ports.revisions = Arc::new(ScriptedRevisions::new(checks, ports.revisions));
        poll_once(async {
            let mut rechecks = sync::rights::Rechecks::default();
            loop {
                drop(rechecks.next(&ports).await);
            }
        });
    }

    /// Runs [`sync::platform_events`] for one list of them.
    pub(crate) fn receive_of_platform(self) {
        let mut ports = self.ports();
        ports.revisions = Arc::new(ScriptedRevisions::new(1, ports.revisions));
        poll_once(sync::platform_events::run(&ports));
    }

    /// Runs [`sync::remote_events`] until it has received these batches.
    pub(crate) fn receive(mut self, batches: impl IntoIterator<Item = Vec<RemoteEvent>>) {
        self.inbox.expect_event().return_const(());
        self.inbox.expect_written().return_const(());
        self.inbox.expect_is_next().return_const(false);
        let mut ports = self.ports();
        ports.relay = Arc::new(ScriptedRelay::new(batches));
        poll_once(sync::remote_events::run(&ports));
    }

    pub(crate) fn ports(self) -> Ports {
        Ports {
            directory: Arc::new(self.directory),
            people: Arc::new(self.people),
            rooms: Arc::new(self.rooms),
            messages: Arc::new(self.messages),
            log: Arc::new(self.log),
            history: Arc::new(self.history),
            read_positions: Arc::new(self.read_positions),
            revisions: Arc::new(self.revisions),
            relay: Arc::new(self.relay),
            seats: Arc::new(self.seats),
            broadcast: Arc::new(self.broadcast),
            inbox: Arc::new(self.inbox),
            signals: Arc::new(self.signals),
            online: Arc::new(self.online),
            presence: Arc::new(self.presence),
            tokens: Arc::new(self.tokens),
            signatures: self.signatures.map(|mock| Arc::new(mock) as _),
            clock: Arc::new(self.clock),
            max_text_chars: MAX_CHARS,
            token_leeway: 0,
        }
    }
}

/// Everything the mocks return is ready at once, so one poll does all the work.
fn poll_once(task: impl Future<Output = Infallible>) {
    let mut context = Context::from_waker(Waker::noop());
    assert!(pin!(task).poll(&mut context).is_pending());
}

/// What the request to create this message is answered with.
pub(crate) fn create(chat: &impl Chat, session: &Session, message: Submission) -> CreateAnswer {
    let mut answers = create_all(chat, session, vec![message]);
    assert_eq!(answers.len(), 1);
    answers.remove(0)
}

/// The same of messages that are created together.
pub(crate) fn create_all(
    chat: &impl Chat,
    session: &Session,
    messages: Vec<Submission>,
) -> Vec<CreateAnswer> {
    let mut answers = Vec::new();
    block_on(chat.create_messages(session, messages, &mut |answer| answers.push(answer)));
    answers
}

/// A message with this text.
pub(crate) fn submission(text: &str) -> Submission {
    Submission {
        text: text.to_owned(),
        attachments: Vec::new(),
        client_msg_id: None,
        request_id: RequestId::new("7"),
    }
}

pub(crate) fn refusal<T: Debug>(result: Result<T, ChatError>) -> Refusal {
    match result {
        Err(ChatError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

pub(crate) fn failure<T: Debug>(result: Result<T, ChatError>) -> StoreError {
    match result {
        Err(ChatError::Store(failure)) => failure,
        other => panic!("no failure: {other:?}"),
    }
}
