//! What all connections share.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;

use crate::{peer::Peer, wire::Frames};

/// The members of a room.
pub(crate) type Room = Arc<Mutex<Vec<Arc<Peer>>>>;

pub(crate) struct ServerState {
    pub(crate) frames: Frames,
    pub(crate) max_outbox_bytes: usize,
    rooms: Mutex<HashMap<u64, Room>>,
}

impl ServerState {
    pub(crate) fn new(frame_bytes: u16, max_outbox_bytes: usize) -> Self {
        Self {
            frames: Frames::new(frame_bytes),
            max_outbox_bytes,
            rooms: Mutex::default(),
        }
    }

    pub(crate) fn room(&self, id: u64) -> Room {
        self.rooms.lock().entry(id).or_default().clone()
    }
}
