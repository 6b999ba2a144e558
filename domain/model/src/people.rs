use std::sync::Arc;

use crate::{BrandId, Revision, Timestamp, UserId};

/// A user as the rules see one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The account's number.
    pub id: UserId,
    /// Moves with every change of this user, ownership of a brand included.
    pub revision: Revision,
    /// Whether the account may be used at all.
    pub active: bool,
    /// Whether this is an administrator of the platform.
    pub admin: bool,
    /// The brand this user owns.
    pub brand: Option<BrandId>,
    /// What the platform shows of this user.
    pub profile: Profile,
}

/// A brand as the rules see one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brand {
    /// The brand's number.
    pub id: BrandId,
    /// What the brand pays for, if anything.
    pub tariff: Option<Tariff>,
    /// When the tariff runs out; `None` is never.
    pub tariff_until: Option<Timestamp>,
    /// What the platform shows of this brand.
    pub profile: Profile,
}

/// What a brand pays for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tariff {
    /// «Лайт».
    Light,
    /// «Комфорт».
    Comfort,
    /// «Бизнес»: the only one that opens a room to an administrator's pen.
    Business,
}

/// The platform's own JSON object for a user or a brand, as text.
///
/// It is passed on as it came and never read by the core: key order, big
/// numbers and unknown keys reach the clients unharmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile(Arc<str>);

impl Profile {
    /// Takes the text of a JSON object. Whether it is one is for the adapter
    /// that read it to know.
    pub fn new(json_object: impl Into<Arc<str>>) -> Self {
        Self(json_object.into())
    }

    /// The text, as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
