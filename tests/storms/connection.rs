//! A connection of a client, which can end at any time.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use aftermatch_test_support::{Client, Random, token_for};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::addresses::Addresses;

/// What ends the stay in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The connection ended.
    Disconnected,
    /// The connection lost the room and can join again.
    RoomClosed,
}

/// Shared by all clients, so that no client takes the response of another for its own.
static LAST_REQUEST: AtomicU64 = AtomicU64::new(0);

pub struct Connection {
    socket: Client,
    /// Received while a response was waited for.
    events: VecDeque<Value>,
}

/// As the protocol asks of a client that was refused. No test waits for this.
pub async fn pause(random: &mut Random) {
    sleep(Duration::from_millis(20 + random.below(100))).await;
}

impl Connection {
    /// A connection to the process `home`, or to any. Tries until there is one.
    pub async fn open(
        user: i64,
        addresses: &mut Addresses,
        home: Option<usize>,
        random: &mut Random,
    ) -> Self {
        loop {
            let address = addresses.pick(home, random).await;
            let token = token_for(user);
            let opened = Client::try_connect_amid_faults(address, "/ws/chat/", &token);
            if let Some(socket) = opened.await {
                let events = VecDeque::new();
                return Self { socket, events };
            }
            pause(random).await;
        }
    }

    /// The next event.
    pub async fn event(&mut self) -> Result<Value, End> {
        let event = match self.events.pop_front() {
            Some(event) => event,
            None => self.socket.try_receive().await.ok_or(End::Disconnected)?,
        };
        if event["action"] == "room_closed" {
            return Err(End::RoomClosed);
        }
        Ok(event)
    }

    /// Sends a request once, and waits for the response. Events before it come later.
    pub async fn request(&mut self, mut request: Value) -> Result<Value, End> {
        let id = json!(format!("r{}", LAST_REQUEST.fetch_add(1, Ordering::Relaxed)));
        request["request_id"] = id.clone();
        let sent = self.socket.try_send(&request).await;
        sent.ok_or(End::Disconnected)?;
        loop {
            let received = self.socket.try_receive().await;
            let frame = received.ok_or(End::Disconnected)?;
            if frame["request_id"] == id {
                return Ok(frame);
            }
            self.events.push_back(frame);
        }
    }

    /// Sends a request that changes nothing, until it succeeds. Refusals for good end the
    /// stay in the room.
    pub async fn ask(&mut self, request: Value, random: &mut Random) -> Result<Value, End> {
        loop {
            let response = self.request(request.clone()).await?;
            match response["response_status"].as_u64() {
                Some(200) => return Ok(response),
                Some(429 | 500 | 503) => pause(random).await,
                _ => return Err(End::RoomClosed),
            }
        }
    }

    /// Joins a room. Events from before are none of the room.
    pub async fn join(&mut self, join: Value, random: &mut Random) -> Result<Value, End> {
        self.skip_events();
        self.ask(join, random).await
    }

    pub fn skip_events(&mut self) {
        self.events.clear();
    }
}
