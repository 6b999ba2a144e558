mod eviction;
mod order;
mod presence;
mod seats;
mod sending;

use std::sync::Arc;

use aftermatch_ports::{
    Broadcast, Reservation, Seats,
    model::{
        Brand, BrandId, Endpoint, EventKind, MessageId, Profile, RequestId, Revision, Room,
        RoomEvent, RoomId, RoomVersion, Seat, Seq, Session, SessionId, Text, UserId, Viewer,
    },
};
use bytes::Bytes;
use tokio::{io::AsyncReadExt, net::TcpStream, task::JoinHandle};
use tokio_util::task::TaskTracker;

use super::hub::{Hub, Registration};
use crate::transport::{
    Outbox,
    outbox_tests::{outbox, waiting},
};

const ROOM: RoomId = RoomId(1);
const ANN: Viewer = Viewer::Brand(BrandId(1));
const EVE: Viewer = Viewer::Brand(BrandId(2));

/// A hub to test.
struct Stage {
    hub: Arc<Hub>,
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
        Self {
            hub: Arc::new(Hub::new()),
        }
    }

    async fn connected(&self, session: i64) -> Client {
        let (outbox, socket) = outbox(100, 100_000).await;
        let session = Session {
            id: SessionId(session),
            user: UserId(session),
            revision: Revision(1),
            endpoint: Endpoint::Chat,
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
    fn broadcast(&self, seq: i64) -> JoinHandle<Result<(), Seq>> {
        let hub = self.hub.clone();
        let broadcast = async move { hub.broadcast(event(seq, 1)).await };
        TaskTracker::new().spawn(broadcast)
    }

    async fn delivered(&self, seq: i64) {
        let delivered = self.broadcast(seq).await.expect("no panic");
        assert_eq!(delivered, Ok(()), "event {seq} was delivered in its turn");
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
        let seat = Seat {
            session: self.session(),
            room: ROOM,
            viewer,
        };
        let seats: Arc<dyn Seats> = stage.hub.clone();
        self.reservation = Some(Reservation::new(seats, seat));
    }

    fn activate(&mut self, last_seq: i64) {
        self.activate_at(joined_at(last_seq));
    }

    fn activate_at(&mut self, joined: RoomVersion) {
        let reservation = self.reservation.take().expect("a reservation");
        let anchored = reservation.anchor(joined.last_seq);
        assert!(anchored, "delivery starts after that");
        reservation.activate(joined);
    }

    /// The next event that arrives at the client's own end of the connection.
    async fn arrival(&mut self) -> i64 {
        let mut bytes = vec![0; 4096];
        let length = self.socket.read(&mut bytes).await.expect("a frame");
        seq_of(&Bytes::copy_from_slice(&bytes[..length]))
    }

    /// The frames that wait for this client, taken out: the `seq` of each event, 0
    /// for any other frame.
    fn received(&self) -> Vec<i64> {
        waiting(self.outbox()).iter().map(seq_of).collect()
    }
}

/// The room as a join after event `last_seq` has read it.
fn joined_at(last_seq: i64) -> RoomVersion {
    RoomVersion {
        room: ROOM,
        revision: Revision(1),
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
        participants: (1..=brands).map(brand).collect(),
    });
    RoomEvent {
        seq: Seq(seq),
        room: room.at(time::OffsetDateTime::UNIX_EPOCH.into()),
        requester: Some(SessionId(1)),
        request_id: RequestId::new("1"),
        kind: EventKind::Edited {
            id: MessageId(5),
            text: Text::new("text", 10).expect("a valid text"),
        },
    }
}

/// The same by another process.
fn remote_event(seq: i64) -> RoomEvent {
    RoomEvent {
        requester: None,
        ..event(seq, 1)
    }
}

fn seq_of(frame: &Bytes) -> i64 {
    let text = String::from_utf8_lossy(frame);
    let digits = text.split_once("\"seq\":").map_or("0", |(_, rest)| rest);
    let digits = digits.split('}').next();
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}
