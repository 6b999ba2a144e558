//! Users, brands and rooms, as world files have them: what a response shows can be sent back.

use std::collections::BTreeMap;

use aftermatch_ports::{
    PutCounts,
    model::{
        Pen, Profile, RoomKind, Tariff,
        world::{NewBrand, NewRoom, NewUser},
    },
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::{
    json::{self, Json},
    limits::MAX_ROOMS,
    response::value::Time,
};

/// A user. Any user can be the author of messages of the platform; one who connects needs a
/// brand, or has to be an administrator.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "user_record", deny_unknown_fields)]
pub(super) struct UserRecord<'a> {
    #[schemars(default = "that_of_path")]
    id: RecordNumber,
    /// Whether the user may connect. With false, connections are closed with 4401.
    #[schemars(default = "yes")]
    active: bool,
    /// Whether the user is an administrator, who may see all rooms.
    #[schemars(default)]
    admin: bool,
    #[schemars(default = "no_profile")]
    profile: ProfileText<'a>,
}

/// A brand. A user owns one at most.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "brand_record", deny_unknown_fields)]
pub(super) struct BrandRecord<'a> {
    #[schemars(default = "that_of_path")]
    id: RecordNumber,
    /// The user who owns it.
    user_id: RecordNumber,
    /// A room has business while one of its participants has that tariff.
    #[schemars(default, schema_with = "tariff_shape")]
    tariff: Option<&'static str>,
    /// When the tariff ends; `null` means never.
    #[schemars(default)]
    tariff_until: Option<Time>,
    #[schemars(default = "no_profile")]
    profile: ProfileText<'a>,
}

/// A room.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "room_record", deny_unknown_fields)]
pub(super) struct RoomRecord<'a> {
    #[schemars(default = "that_of_path")]
    id: RecordNumber,
    /// The ids of its brands, usually two, in the order in which clients show them.
    participants: Vec<RecordNumber>,
    /// What the room is for. No rule depends on it.
    #[schemars(default = "usual_kind", schema_with = "kind_shape")]
    kind: &'a str,
    /// When administrators may write. `tariff`: while a participant has business.
    #[schemars(default = "usual_pen", schema_with = "pen_shape")]
    pen: &'static str,
    /// Whether the room is closed for writing, for everyone but the platform.
    #[schemars(default)]
    frozen: bool,
}

/// Many records.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "records", deny_unknown_fields)]
pub(super) struct RecordLists<'a> {
    #[schemars(default)]
    pub(super) users: Vec<UserRecord<'a>>,
    #[schemars(default)]
    pub(super) brands: Vec<BrandRecord<'a>>,
    #[schemars(default)]
    pub(super) rooms: Vec<RoomRecord<'a>>,
}

/// What became of the records. The others were there already.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "record_counts", deny_unknown_fields)]
pub(super) struct Counts {
    /// How many were added.
    created: usize,
    /// How many had other values before.
    changed: usize,
    /// How many were there already.
    unchanged: usize,
}

/// A page of the rooms, by id.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "room_records", deny_unknown_fields)]
pub(super) struct RoomRecords<'a> {
    #[schemars(length(max = MAX_ROOMS))]
    results: Vec<RoomRecord<'a>>,
    /// The `after` of the next page; `null` if this one is the last.
    next_after: Option<i64>,
}

/// The number by which the platform knows it.
#[derive(Debug, Clone, Copy, Default, Serialize, JsonSchema)]
#[schemars(inline)]
pub(super) struct RecordNumber(#[schemars(range(min = 1))] pub(super) i64);

/// What clients show. It is passed on as text and never read, except that an `id` in it must be
/// the one beside it.
#[derive(Debug, JsonSchema)]
#[schemars(inline, with = "BTreeMap<String, Value>")]
pub(super) struct ProfileText<'a>(&'a Profile);

impl Serialize for ProfileText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Json(self.0.as_str()).serialize(serializer)
    }
}

/// Not shown: the path has the id.
struct OfPath;

fn that_of_path() -> OfPath {
    OfPath
}

fn yes() -> bool {
    true
}

fn no_profile() -> BTreeMap<String, Value> {
    BTreeMap::new()
}

fn usual_kind() -> String {
    RoomKind::default().as_str().to_owned()
}

fn usual_pen() -> &'static str {
    Pen::default().as_str()
}

fn tariff_shape(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"enum": ["light", "comfort", "business", null]})
}

fn kind_shape(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "pattern": format!("^[a-z][a-z0-9_-]{{0,{}}}$", RoomKind::MAX_CHARS - 1),
    })
}

fn pen_shape(_: &mut SchemaGenerator) -> Schema {
    let all = [Pen::Tariff, Pen::Always, Pen::Never];
    json_schema!({"enum": all.map(Pen::as_str)})
}

impl<'a> From<&'a NewUser> for UserRecord<'a> {
    fn from(user: &'a NewUser) -> Self {
        Self {
            id: RecordNumber(user.id.0),
            active: user.active,
            admin: user.admin,
            profile: ProfileText(&user.profile),
        }
    }
}

impl<'a> From<&'a NewBrand> for BrandRecord<'a> {
    fn from(brand: &'a NewBrand) -> Self {
        Self {
            id: RecordNumber(brand.id.0),
            user_id: RecordNumber(brand.owner.0),
            tariff: brand.tariff.map(|tariff| match tariff {
                Tariff::Light => "light",
                Tariff::Comfort => "comfort",
                Tariff::Business => "business",
            }),
            tariff_until: brand.tariff_until.map(Time),
            profile: ProfileText(&brand.profile),
        }
    }
}

impl<'a> From<&'a NewRoom> for RoomRecord<'a> {
    fn from(room: &'a NewRoom) -> Self {
        let participants = room.participants.iter();
        Self {
            id: RecordNumber(room.id.0),
            participants: participants.map(|brand| RecordNumber(brand.0)).collect(),
            kind: room.kind.as_str(),
            pen: room.pen.as_str(),
            frozen: room.frozen,
        }
    }
}

fn to_vec(shape: &impl Serialize) -> Vec<u8> {
    let mut out = Vec::new();
    json::write(&mut out, shape);
    out
}

/// A user.
#[must_use]
pub fn user(user: &NewUser) -> Vec<u8> {
    to_vec(&UserRecord::from(user))
}

/// A brand.
#[must_use]
pub fn brand(brand: &NewBrand) -> Vec<u8> {
    to_vec(&BrandRecord::from(brand))
}

/// A room.
#[must_use]
pub fn room(room: &NewRoom) -> Vec<u8> {
    to_vec(&RoomRecord::from(room))
}

/// A page of rooms, which is the last one unless it has `limit` of them.
#[must_use]
pub fn rooms(rooms: &[NewRoom], limit: usize) -> Vec<u8> {
    let last = rooms.last().map(|room| room.id.0);
    to_vec(&RoomRecords {
        results: rooms.iter().map(RoomRecord::from).collect(),
        next_after: last.filter(|_| rooms.len() >= limit),
    })
}

/// What became of `of` records.
#[must_use]
pub fn counts(counts: PutCounts, of: usize) -> Vec<u8> {
    let PutCounts { created, changed } = counts;
    to_vec(&Counts {
        created,
        changed,
        unchanged: of.saturating_sub(created + changed),
    })
}

impl<'a> RoomRecords<'a> {
    /// A page with this room.
    pub(super) fn of(room: &'a NewRoom) -> Self {
        Self {
            results: vec![room.into()],
            next_after: None,
        }
    }
}

impl Counts {
    pub(super) const EXAMPLE: Self = Self {
        created: 3,
        changed: 0,
        unchanged: 0,
    };
}
