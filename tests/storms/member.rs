//! Clients that follow a room.

use std::{convert::Infallible, ops::AddAssign};

use aftermatch_test_support::Random;
use serde_json::json;
use tokio::sync::watch;

use crate::{
    addresses::Addresses,
    connection::{Connection, End},
    mirror::Mirror,
    reading::number,
};

pub struct Member {
    pub user: i64,
    pub room: i64,
    /// The process of the first connection. Later ones are to any process.
    pub home: usize,
    pub addresses: Addresses,
    pub random: Random,
    pub seen: watch::Sender<Seen>,
}

/// What a member knows, and what it went through.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// `None` until the room was read once.
    pub mirror: Option<Mirror>,
    pub tally: Tally,
}

/// How often each case happened.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    pub events: u64,
    pub out_of_order: u64,
    pub disconnected: u64,
    pub room_closed: u64,
    pub resumed: u64,
    pub read: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.events += other.events;
        self.out_of_order += other.out_of_order;
        self.disconnected += other.disconnected;
        self.room_closed += other.room_closed;
        self.resumed += other.resumed;
        self.read += other.read;
    }
}

impl Member {
    /// Follows the room until the task is aborted.
    pub async fn run(mut self) {
        let mut home = Some(self.home);
        loop {
            let (addresses, random) = (&mut self.addresses, &mut self.random);
            let mut connection = Connection::open(self.user, addresses, home, random).await;
            while let Err(End::RoomClosed) = self.stay(&mut connection).await {
                self.count(|tally| tally.room_closed += 1);
            }
            self.count(|tally| tally.disconnected += 1);
            home = None;
        }
    }

    /// Joins the room and follows it to the end of the stay.
    async fn stay(&mut self, connection: &mut Connection) -> Result<Infallible, End> {
        self.join(connection).await?;
        loop {
            let event = connection.event().await?;
            self.seen.send_modify(|seen| {
                let mirror = seen.mirror.as_mut().expect("it has joined");
                let in_order = mirror.apply(&event);
                seen.tally.events += 1;
                seen.tally.out_of_order += u64::from(!in_order);
            });
        }
    }

    /// Joins the room, and reads it unless the answer promises what was missed.
    async fn join(&mut self, connection: &mut Connection) -> Result<(), End> {
        let mut join = json!({"action": "join_room", "room_pk": self.room});
        // Some come back without memory.
        if !self.random.once_in(4)
            && let Some(known) = &self.seen.borrow().mirror
        {
            join["since_seq"] = json!(known.seq);
            if let Some(epoch) = &known.epoch {
                join["epoch"] = epoch.clone();
            }
        }
        let joined = connection.join(join, &mut self.random).await?["data"].take();
        let epoch = joined.get("epoch").cloned();
        if joined["resumed"] == true {
            self.seen.send_modify(|seen| {
                seen.mirror.as_mut().expect("a resumed room").epoch = epoch;
                seen.tally.resumed += 1;
            });
            return Ok(());
        }
        let seq = number(&joined["last_seq"]);
        let (texts, _) = connection.read(seq, &mut self.random).await?;
        self.seen.send_modify(|seen| {
            seen.mirror = Some(Mirror { texts, seq, epoch });
            seen.tally.read += 1;
        });
        Ok(())
    }

    fn count(&self, count: impl FnOnce(&mut Tally)) {
        self.seen.send_modify(|seen| count(&mut seen.tally));
    }
}
