use std::sync::Arc;

use crate::{Brand, BrandId, Epoch, Pen, Revision, RoomId, RoomKind, Tariff, Timestamp, Viewer};

/// A room and its participants, at one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// The room's id. Clients call it `pk`.
    pub id: RoomId,
    /// Changes with every change of the room, of its participants or of their brands.
    pub revision: Revision,
    /// The identity of its log.
    pub epoch: Epoch,
    /// Usually two, in the order in which they were given.
    pub participants: Vec<Arc<Brand>>,
    /// What it is for.
    pub kind: RoomKind,
    /// When administrators may write in it.
    pub pen: Pen,
    /// Whether it is closed for writing, for brands and administrators alike.
    pub frozen: bool,
}

impl Room {
    /// Whether a participant has the business tariff and it has not ended. At the
    /// moment [`Brand::tariff_until`] it has ended.
    #[must_use]
    pub fn has_business(&self, now: Timestamp) -> bool {
        self.participants.iter().any(|brand| {
            brand.tariff == Some(Tariff::Business)
                && brand.tariff_until.is_none_or(|until| now < until)
        })
    }

    /// Whether `brand` is a participant.
    #[must_use]
    pub fn has(&self, brand: BrandId) -> bool {
        self.participants.iter().any(|other| other.id == brand)
    }

    /// Whether `viewer` may see this room.
    #[must_use]
    pub fn admits(&self, viewer: Viewer) -> bool {
        match viewer {
            Viewer::Admin => true,
            Viewer::Brand(brand) => self.has(brand),
        }
    }

    /// The room as it is at the moment `now`.
    #[must_use]
    pub fn at(self: Arc<Self>, now: Timestamp) -> RoomView {
        let has_business = self.has_business(now);
        RoomView {
            room: self,
            has_business,
        }
    }
}

/// A room at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomView {
    /// The room.
    pub room: Arc<Room>,
    /// [`Room::has_business`] at that moment.
    pub has_business: bool,
}
