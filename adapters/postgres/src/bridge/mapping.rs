//! The mapping file: which queries on the platform's tables give users, brands, rooms,
//! participants and messages, and which rows of which tables move what.

mod parse;
mod reader;

use std::fmt;

pub(crate) use self::reader::{Mistake, similar};

/// What a query gives, in the order in which it is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Target {
    /// Users with their rights.
    Users,
    /// Profiles of users, apart: a profile that fails delays no right.
    UserProfiles,
    /// Brands with their owners and tariffs.
    Brands,
    /// Profiles of brands.
    BrandProfiles,
    /// Rooms.
    Rooms,
    /// Participants, by room.
    Participants,
    /// All messages of a room, by room.
    History,
    /// Messages.
    Messages,
}

impl Target {
    pub(crate) const ALL: [Self; 8] = [
        Self::Users,
        Self::UserProfiles,
        Self::Brands,
        Self::BrandProfiles,
        Self::Rooms,
        Self::Participants,
        Self::History,
        Self::Messages,
    ];

    /// Those that a source can name.
    pub(crate) const NAMED: [Self; 5] = [
        Self::Users,
        Self::Brands,
        Self::Rooms,
        Self::Participants,
        Self::Messages,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::UserProfiles => "user_profiles",
            Self::Brands => "brands",
            Self::BrandProfiles => "brand_profiles",
            Self::Rooms => "rooms",
            Self::Participants => "participants",
            Self::History => "history",
            Self::Messages => "messages",
        }
    }

    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name() == name)
    }

    /// What has the same keys and is applied with it.
    pub(crate) fn profiles(self) -> Option<Self> {
        match self {
            Self::Users => Some(Self::UserProfiles),
            Self::Brands => Some(Self::BrandProfiles),
            _ => None,
        }
    }

    /// The columns that its query must have, each with the kind of its type.
    pub(crate) fn columns(self) -> &'static [(&'static str, Kind)] {
        use Kind::{Boolean, Id, Json, Number, Text, Time};
        match self {
            Self::Users => &[("id", Id), ("active", Boolean), ("admin", Boolean)],
            Self::UserProfiles | Self::BrandProfiles => &[("id", Id), ("profile", Json)],
            Self::Brands => &[
                ("id", Id),
                ("user_id", Id),
                ("tariff", Text),
                ("tariff_until", Time),
            ],
            Self::Rooms => &[("id", Id)],
            Self::Participants => &[("room_id", Id), ("brand_id", Id), ("position", Number)],
            Self::Messages | Self::History => &[
                ("id", Id),
                ("room_id", Id),
                ("user_id", Id),
                ("text", Text),
                ("created_at", Time),
            ],
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which types a column may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Id,
    Number,
    Boolean,
    Text,
    Json,
    Time,
}

/// SQL of the mapping, and the line on which it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sql {
    pub(crate) text: String,
    pub(crate) line: usize,
}

/// How a source gives the keys of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Keys {
    /// The key of the row is the key of the target.
    Same,
    /// A query of the keys `:keys`.
    Query(Sql),
}

/// A table of the platform whose rows move something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) schema: String,
    pub(crate) table: String,
    pub(crate) line: usize,
    pub(crate) key: String,
    /// An update that leaves these as they were moves nothing. Empty: any update does.
    pub(crate) columns: Vec<String>,
    pub(crate) targets: Vec<(Target, Keys)>,
}

impl Source {
    /// The name by which its marks go.
    pub(crate) fn name(&self) -> String {
        format!("{}.{}", self.schema, self.table)
    }
}

/// The author of messages whose user is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ghost {
    pub(crate) id: i64,
    pub(crate) profile: String,
}

/// What is written here is written there as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Back {
    No,
    /// Into the table of the query of messages.
    Yes,
    /// Into this table.
    Into(Box<BackTable>),
}

/// The platform's table of messages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct BackTable {
    pub(crate) table: String,
    pub(crate) id: String,
    pub(crate) room: String,
    pub(crate) user: String,
    pub(crate) text: String,
    pub(crate) at: String,
}

/// A mapping without mistakes that can be found without a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// Where queries look for tables.
    pub(crate) schema: String,
    /// Triggers also work for what is replicated.
    pub(crate) replica: bool,
    pub(crate) ghost: Option<Ghost>,
    pub(crate) back: Back,
    pub(crate) queries: Vec<(Target, Sql)>,
    pub(crate) sources: Vec<Source>,
    /// Columns that may be read, by table. `None`: Postgres finds them.
    pub(crate) reads: Option<Vec<(String, Vec<String>)>>,
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// Every mistake, each with its line.
    pub fn parse(text: &str) -> Result<Self, Mistakes> {
        parse::parse(text)
    }

    /// The names of the sources that move a target.
    pub(crate) fn sources_of(&self, target: Target) -> Vec<String> {
        let moves = |source: &&Source| source.targets.iter().any(|(of, _)| *of == target);
        let sources = self.sources.iter().filter(moves);
        sources.map(Source::name).collect()
    }

    /// The query of a target.
    pub(crate) fn query(&self, target: Target) -> Option<&Sql> {
        let target = match target {
            Target::History => Target::Messages,
            target => target,
        };
        let mut queries = self.queries.iter();
        queries.find(|(of, _)| *of == target).map(|(_, sql)| sql)
    }
}

/// What is wrong with a mapping.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Mistakes(pub(crate) Vec<Mistake>);

#[cfg(test)]
mod tests;
