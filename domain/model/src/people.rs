use std::sync::Arc;

use crate::{BrandId, Revision, Timestamp, UserId};

/// A user, with what the rules need to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The user's id.
    pub id: UserId,
    /// Changes with every change of this user, ownership of a brand included.
    pub revision: Revision,
    /// Whether the account may be used.
    pub active: bool,
    /// Whether the user is an administrator of the platform.
    pub admin: bool,
    /// The brand this user owns.
    pub brand: Option<BrandId>,
    /// What the platform shows of this user.
    pub profile: Profile,
}

/// A brand, with what the rules need to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brand {
    /// The brand's id.
    pub id: BrandId,
    /// The tariff the brand pays for, if any.
    pub tariff: Option<Tariff>,
    /// When the tariff ends; `None` means never.
    pub tariff_until: Option<Timestamp>,
    /// What the platform shows of this brand.
    pub profile: Profile,
}

/// A tariff that a brand can pay for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tariff {
    /// «Лайт».
    Light,
    /// «Комфорт».
    Comfort,
    /// «Бизнес»: the only one with which administrators may write in the room.
    Business,
}

/// The platform's own JSON object for a user or a brand, as text.
///
/// The core passes it on unread, so key order, big numbers and unknown keys
/// reach the clients unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile(Arc<str>);

impl Profile {
    /// Takes the text of a JSON object. The adapter that read it has checked that
    /// it is one.
    pub fn new(json_object: impl Into<Arc<str>>) -> Self {
        Self(json_object.into())
    }

    /// The text, as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
