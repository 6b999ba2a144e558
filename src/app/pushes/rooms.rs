use std::{collections::HashMap, future::pending, sync::Arc, time::Duration};

use aftermatch_ports::{DuePush, StoreError, model::RoomId};
use aftermatch_usecases::sync::push::{self, PushPorts, Step};
use tokio::{
    task::{Id, JoinError, JoinSet},
    time::Instant,
};

/// How long a room in which something strange happened is left alone: others go on.
const REST: Duration = Duration::from_secs(60);

/// The rooms in which something is sent now. Steps that run end when this is dropped.
pub(super) struct Rooms {
    ports: Arc<PushPorts>,
    running: JoinSet<Result<Step, StoreError>>,
    of_tasks: HashMap<Id, RoomId>,
    resting: HashMap<RoomId, Instant>,
}

impl Rooms {
    pub(super) fn new(ports: Arc<PushPorts>) -> Self {
        Self {
            ports,
            running: JoinSet::new(),
            of_tasks: HashMap::new(),
            resting: HashMap::new(),
        }
    }

    /// Starts a step in rooms that are due, as many as may run.
    pub(super) async fn start(&mut self, most: usize) -> Result<(), StoreError> {
        let free = most.saturating_sub(self.running.len());
        if free == 0 {
            return Ok(());
        }
        self.resting.retain(|_, until| *until > Instant::now());
        // So many that some of them neither run nor rest.
        let limit = most + self.resting.len();
        let mut next: HashMap<RoomId, DuePush> = HashMap::new();
        for due in self.ports.pushes.due(limit).await? {
            let runs = self.of_tasks.values().any(|room| *room == due.room);
            if !runs && !self.resting.contains_key(&due.room) && next.len() < free {
                next.entry(due.room).or_insert(due);
            }
        }
        for (room, due) in next {
            let ports = self.ports.clone();
            let step = async move { push::step(&ports, due).await };
            let task = self.running.spawn(step);
            self.of_tasks.insert(task.id(), room);
        }
        Ok(())
    }

    /// Waits until a step is done. Cancel-safe.
    pub(super) async fn next(&mut self) -> (RoomId, Result<Step, StoreError>) {
        loop {
            let Some(done) = self.running.join_next_with_id().await else {
                return pending().await;
            };
            let id = done.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
            let Some(room) = self.of_tasks.remove(&id) else {
                continue;
            };
            let step =
                done.map_or_else(|error| Err(StoreError::permanent(error)), |(_, step)| step);
            if let Err(StoreError::Permanent(error)) = &step {
                tracing::error!(
                    room = room.0,
                    error = error.to_string(),
                    "messages of a room cannot be pushed: trying again in a minute"
                );
                self.resting.insert(room, Instant::now() + REST);
            }
            return (room, step);
        }
    }
}
