use std::sync::Arc;

use crate::{Brand, BrandId, Revision, RoomId, Tariff, Timestamp, Viewer};

/// A room: whose it is, at one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// The room's number; clients call it `pk`.
    pub id: RoomId,
    /// Moves with every change of the participants or of one of their brands.
    pub revision: Revision,
    /// Two as a rule, in the order in which they were given.
    pub participants: Vec<Arc<Brand>>,
}

impl Room {
    /// Whether a participant's tariff is the business one and has not run out.
    /// A tariff has run out at the very moment it is said to last until.
    #[must_use]
    pub fn has_business(&self, now: Timestamp) -> bool {
        self.participants.iter().any(|brand| {
            brand.tariff == Some(Tariff::Business)
                && brand.tariff_until.is_none_or(|until| now < until)
        })
    }

    /// Whether `brand` takes part in this room.
    #[must_use]
    pub fn has(&self, brand: BrandId) -> bool {
        self.participants.iter().any(|other| other.id == brand)
    }

    /// Whether `viewer` may see what happens here.
    #[must_use]
    pub fn admits(&self, viewer: Viewer) -> bool {
        match viewer {
            Viewer::Admin => true,
            Viewer::Brand(brand) => self.has(brand),
        }
    }

    /// The room with what depends on the time filled in.
    #[must_use]
    pub fn at(self: Arc<Self>, now: Timestamp) -> RoomView {
        let has_business = self.has_business(now);
        RoomView {
            room: self,
            has_business,
        }
    }
}

/// A room as it is at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomView {
    /// The room.
    pub room: Arc<Room>,
    /// [`Room::has_business`] at that moment.
    pub has_business: bool,
}
