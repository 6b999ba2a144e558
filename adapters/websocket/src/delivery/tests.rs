mod closing;
mod compressed;
mod eviction;
mod folds;
mod gaps;
mod inbox;
mod interest;
mod logs;
mod order;
mod presence;
mod races;
mod requesters;
mod seats;
mod sending;
mod sent;
mod signals;
mod truth;

use std::{sync::Arc, time::Duration};

use aftermatch_ports::{
    Broadcast, Interest, Reservation, Seats, Signal, Urgency,
    model::{
        Brand, BrandId, Endpoint, Epoch, EventKind, Eviction, LogHead, MessageId, Pen, Profile,
        RequestId, Revision, Room, RoomEvent, RoomId, RoomKind, Seat, Seq, Session, SessionId,
        Text, UserId, Viewer,
    },
};
use parking_lot::Mutex;
use tokio::{net::TcpStream, task::JoinHandle, time::timeout};
use tokio_util::task::TaskTracker;

use super::hub::{Hub, Registration};
use crate::transport::{Outbox, outbox_tests::outbox};

const ROOM: RoomId = RoomId(1);
const ANN: Viewer = Viewer::Brand(BrandId(1));
const EVE: Viewer = Viewer::Brand(BrandId(2));
const LOG: Epoch = Epoch { store: 1, room: 1 };
/// The log of the same room in another store.
const MOVED: Epoch = Epoch { store: 2, room: 1 };

/// A hub to test.
struct Stage {
    hub: Arc<Hub>,
    said: Arc<Said>,
}

/// What the hub said to the other processes, each kind in its order.
#[derive(Default)]
pub(super) struct Said {
    rooms: Mutex<Vec<(RoomId, Option<Urgency>)>>,
    all: Mutex<Vec<bool>>,
    reads: Mutex<Vec<(UserId, bool)>>,
    pub(super) presence_wanted: Mutex<Vec<bool>>,
    pub(super) online: Mutex<Vec<(BrandId, bool)>>,
    signals: Mutex<Vec<Signal>>,
}

impl Interest for Said {
    fn room_wanted(&self, room: RoomId, urgency: Option<Urgency>) {
        self.rooms.lock().push((room, urgency));
    }

    fn all_wanted(&self, wanted: bool) {
        self.all.lock().push(wanted);
    }

    fn reads_wanted(&self, user: UserId, wanted: bool) {
        self.reads.lock().push((user, wanted));
    }

    fn presence_wanted(&self, wanted: bool) {
        self.presence_wanted.lock().push(wanted);
    }

    fn online(&self, brand: BrandId, is_online: bool) {
        self.online.lock().push((brand, is_online));
    }

    fn signal(&self, signal: Signal) {
        self.signals.lock().push(signal);
    }
}

/// A connection to that hub.
struct Client {
    registration: Registration,
    reservation: Option<Reservation>,
    /// The other side of the connection.
    socket: TcpStream,
}

impl Stage {
    fn new() -> Self {
        let said = Arc::<Said>::default();
        Self {
            hub: Arc::new(Hub::new(said.clone())),
            said,
        }
    }

    async fn connected(&self, session: i64) -> Client {
        self.device(session, UserId(session)).await
    }

    async fn device(&self, session: i64, user: UserId) -> Client {
        self.client(session, user, outbox(100, 100_000).await)
    }

    fn client(&self, session: i64, user: UserId, (outbox, socket): (Outbox, TcpStream)) -> Client {
        let session = Session {
            id: SessionId(session),
            user,
            endpoint: Endpoint::Chat,
            viewer: ANN,
            token_expires: i64::MAX,
        };
        Client {
            registration: self.hub.connect(&session, outbox),
            reservation: None,
            socket,
        }
    }

    async fn reserved(&self, session: i64, viewer: Viewer) -> Client {
        let mut client = self.connected(session).await;
        client.reserve(self, viewer);
        client
    }

    async fn joined_as(&self, session: i64, viewer: Viewer, last_seq: i64) -> Client {
        let mut client = self.reserved(session, viewer).await;
        client.activate(last_seq);
        client
    }

    async fn joined(&self, session: i64, last_seq: i64) -> Client {
        self.joined_as(session, ANN, last_seq).await
    }

    /// Broadcasts [`event`] number `seq` in a task of its own.
    fn broadcast(&self, seq: i64) -> JoinHandle<()> {
        let hub = self.hub.clone();
        let broadcast = async move { hub.broadcast(event(seq, 1)).await };
        TaskTracker::new().spawn(broadcast)
    }

    /// The same; it waits for its predecessors already.
    async fn early(&self, seq: i64) -> JoinHandle<()> {
        let broadcast = self.broadcast(seq);
        tokio::task::yield_now().await;
        assert!(!broadcast.is_finished(), "event {seq} waits");
        broadcast
    }

    async fn delivered(&self, seq: i64) {
        self.broadcast(seq).await.expect("no panic");
    }

    /// The next overdue room within this time, and after how many milliseconds.
    async fn overdue(&self, within: Duration) -> Option<(i64, u128)> {
        let start = tokio::time::Instant::now();
        let (room, delivered) = timeout(within, self.hub.overdue()).await.ok()?;
        assert_eq!((room, delivered.epoch), (ROOM, LOG));
        Some((delivered.last_seq.0, start.elapsed().as_millis()))
    }
}

impl Client {
    fn outbox(&self) -> &Outbox {
        self.registration.connection().outbox()
    }

    fn session(&self) -> SessionId {
        self.registration.connection().session
    }

    fn reserve(&mut self, stage: &Stage, viewer: Viewer) {
        self.reserve_as(stage, viewer, false);
    }

    fn reserve_as(&mut self, stage: &Stage, viewer: Viewer, is_lean: bool) {
        let seat = Seat {
            session: self.session(),
            room: ROOM,
            viewer,
            is_lean,
        };
        let seats: Arc<dyn Seats> = stage.hub.clone();
        self.reservation = Some(Reservation::new(seats, seat));
    }

    fn activate(&mut self, last_seq: i64) {
        self.activate_in(head(LOG, last_seq));
    }

    fn activate_in(&mut self, head: LogHead) {
        self.anchor(head);
        let reservation = self.reservation.take().expect("a reservation");
        reservation.activate(head.last_seq);
    }

    fn anchor(&self, head: LogHead) {
        let reservation = self.reservation.as_ref().expect("a reservation");
        assert!(reservation.anchor(head), "delivery starts after that");
    }
}

fn head(epoch: Epoch, last_seq: i64) -> LogHead {
    LogHead {
        epoch,
        last_seq: Seq(last_seq),
    }
}

/// An edit by session 1 in a room of so many brands.
fn event(seq: i64, brands: i64) -> RoomEvent {
    let brand = |id| {
        Arc::new(Brand {
            id: BrandId(id),
            tariff: None,
            tariff_until: None,
            profile: Profile::new("{}"),
        })
    };
    let room = Arc::new(Room {
        id: ROOM,
        revision: Revision(brands),
        epoch: LOG,
        participants: (1..=brands).map(brand).collect(),
        kind: RoomKind::default(),
        pen: Pen::default(),
        frozen: false,
    });
    RoomEvent {
        seq: Seq(seq),
        epoch: LOG,
        at: at(seq),
        by: UserId(1),
        room: room.at(at(seq)),
        requester: Some(SessionId(1)),
        request_id: RequestId::new("1"),
        kind: EventKind::Edited {
            id: MessageId(5),
            text: Text::new("text", 10).expect("a valid text"),
        },
    }
}

/// The time of event number `seq`.
fn at(seq: i64) -> aftermatch_ports::model::Timestamp {
    (time::OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(seq)).into()
}

/// The same by another process, or from the log.
fn remote_event(seq: i64) -> RoomEvent {
    RoomEvent {
        requester: None,
        ..event(seq, 1)
    }
}
