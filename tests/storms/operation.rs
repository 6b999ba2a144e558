//! An operation of an author, repeated until its answer is definite.

use aftermatch_test_support::Random;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    addresses::Addresses,
    book::{Step, What},
    connection::{Connection, End, pause},
};

/// An author's way to the service: one connection after the other.
pub struct Operations {
    pub user: i64,
    pub room: i64,
    pub addresses: Addresses,
    pub random: Random,
    pub connection: Option<Connection>,
    /// Requests of which nobody knows whether they were carried out.
    pub unclear: u64,
}

/// A definite answer.
pub struct Answer {
    pub frame: Value,
    /// Whether the same request may have been carried out before.
    pub repeated: bool,
    sent: Instant,
    answered: Instant,
}

impl Answer {
    pub fn status(&self) -> u64 {
        self.frame["response_status"].as_u64().expect("a status")
    }

    pub fn step(&self, what: What) -> Step {
        Step {
            what,
            sent: self.sent,
            answered: self.answered,
        }
    }
}

impl Operations {
    /// Sends a request until its answer is definite.
    pub async fn perform(&mut self, request: &Value) -> Answer {
        let unclear = self.unclear;
        loop {
            let mut connection = self.joined().await;
            let sent = Instant::now();
            let response = connection.request(request.clone()).await;
            connection.skip_events();
            if response != Err(End::Disconnected) {
                self.connection = Some(connection);
            }
            if let Some(frame) = self.definite(response).await {
                return Answer {
                    frame,
                    repeated: self.unclear > unclear,
                    sent,
                    answered: Instant::now(),
                };
            }
        }
    }

    /// The response if it is definite.
    async fn definite(&mut self, response: Result<Value, End>) -> Option<Value> {
        let response = response.inspect_err(|_| self.unclear += 1).ok()?;
        match response["response_status"].as_u64() {
            Some(500 | 503) => self.unclear += 1,
            Some(429) => {}
            Some(400) if response["error_code"] == "not_in_room" => {
                self.connection = None;
                return None;
            }
            _ => return Some(response),
        }
        pause(&mut self.random).await;
        None
    }

    /// A connection that has joined the room.
    pub async fn joined(&mut self) -> Connection {
        if let Some(connection) = self.connection.take() {
            return connection;
        }
        loop {
            let (addresses, random) = (&mut self.addresses, &mut self.random);
            let mut connection = Connection::open(self.user, addresses, None, random).await;
            let join = json!({"action": "join_room", "room_pk": self.room});
            if connection.join(join, random).await.is_ok() {
                return connection;
            }
        }
    }
}
