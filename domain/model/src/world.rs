//! A world: the users, brands, rooms and messages that a service starts with or
//! imports.

use std::collections::{HashMap, HashSet};

use crate::{BrandId, MessageId, Pen, Profile, RoomId, RoomKind, Tariff, Text, Timestamp, UserId};

/// Users, brands, rooms and messages that fit together: every reference is valid
/// and every id is unique. They keep the order in which they were given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct World {
    users: Vec<NewUser>,
    brands: Vec<NewBrand>,
    rooms: Vec<NewRoom>,
    messages: Vec<NewMessage>,
}

/// A user, as the platform provides it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// The user's id.
    pub id: UserId,
    /// Whether the account may be used.
    pub active: bool,
    /// Whether the user is an administrator.
    pub admin: bool,
    /// What the platform shows of this user.
    pub profile: Profile,
}

/// A brand, as the platform provides it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBrand {
    /// The brand's id.
    pub id: BrandId,
    /// The user who owns it.
    pub owner: UserId,
    /// The tariff it pays for.
    pub tariff: Option<Tariff>,
    /// When the tariff ends; `None` means never.
    pub tariff_until: Option<Timestamp>,
    /// What the platform shows of this brand.
    pub profile: Profile,
}

/// A room, as the platform provides it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRoom {
    /// The room's id.
    pub id: RoomId,
    /// The participants, in this order.
    pub participants: Vec<BrandId>,
    /// What it is for.
    pub kind: RoomKind,
    /// When administrators may write in it.
    pub pen: Pen,
    /// Whether it is closed for writing.
    pub frozen: bool,
}

/// A message that was written before, elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// Its id, if it has one already.
    pub id: Option<MessageId>,
    /// Its room.
    pub room: RoomId,
    /// Its author.
    pub author: UserId,
    /// Its text.
    pub text: Text,
    /// When it was created.
    pub created_at: Timestamp,
}

/// A place in a world, such as `rooms[2].participants[0]`. Indices start at 0, in
/// the order in which things were given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `users`, `brands`, `rooms` or `messages`.
    pub list: &'static str,
    /// The index in that list.
    pub index: usize,
    /// The field, such as `participants[0]`.
    pub field: String,
}

/// A mistake in a world, and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The place.
    pub place: Place,
    /// What is wrong, as the end of a sentence that begins with the place.
    pub reason: String,
}

impl World {
    /// Checks that everything fits together.
    ///
    /// # Errors
    /// All mistakes, in the order of their places.
    pub fn new(
        users: Vec<NewUser>,
        brands: Vec<NewBrand>,
        rooms: Vec<NewRoom>,
        messages: Vec<NewMessage>,
    ) -> Result<Self, Vec<Mistake>> {
        let world = Self {
            users,
            brands,
            rooms,
            messages,
        };
        let mut check = Check::default();
        check.world(&world);
        if check.mistakes.is_empty() {
            Ok(world)
        } else {
            Err(check.mistakes)
        }
    }

    /// The users.
    #[must_use]
    pub fn users(&self) -> &[NewUser] {
        &self.users
    }

    /// The brands.
    #[must_use]
    pub fn brands(&self) -> &[NewBrand] {
        &self.brands
    }

    /// The rooms.
    #[must_use]
    pub fn rooms(&self) -> &[NewRoom] {
        &self.rooms
    }

    /// The messages; those of one room in the order of their `seq`.
    #[must_use]
    pub fn messages(&self) -> &[NewMessage] {
        &self.messages
    }
}

/// What contradicts itself in these records. What they refer to may be elsewhere.
pub(crate) fn contradictions(
    users: &[NewUser],
    brands: &[NewBrand],
    rooms: &[NewRoom],
) -> Vec<Mistake> {
    let mut check = Check::default();
    check.directory(users, brands, rooms, None);
    check.mistakes
}

/// What records may refer to.
#[derive(Clone, Copy)]
struct Known<'a> {
    users: &'a HashSet<UserId>,
    brands: &'a HashSet<BrandId>,
}

#[derive(Default)]
struct Check {
    mistakes: Vec<Mistake>,
}

impl Check {
    fn world(&mut self, world: &World) {
        let users: HashSet<_> = world.users.iter().map(|user| user.id).collect();
        let brands: HashSet<_> = world.brands.iter().map(|brand| brand.id).collect();
        let rooms: HashSet<_> = world.rooms.iter().map(|room| room.id).collect();
        let known = Some(Known {
            users: &users,
            brands: &brands,
        });
        self.directory(&world.users, &world.brands, &world.rooms, known);
        let messages = world.messages.iter();
        self.ids(
            "messages",
            "message",
            messages.map(|message| message.id.map(|id| id.0)),
        );
        for (index, message) in world.messages.iter().enumerate() {
            if !rooms.contains(&message.room) {
                self.unknown("messages", index, "room_id", "room", message.room.0);
            }
            if !users.contains(&message.author) {
                self.unknown("messages", index, "user_id", "user", message.author.0);
            }
        }
    }

    /// `known`: whatever is not among these does not exist.
    fn directory(
        &mut self,
        users: &[NewUser],
        brands: &[NewBrand],
        rooms: &[NewRoom],
        known: Option<Known<'_>>,
    ) {
        let ids = users.iter().map(|user| Some(user.id.0));
        self.ids("users", "user", ids);
        let ids = brands.iter().map(|brand| Some(brand.id.0));
        self.ids("brands", "brand", ids);
        self.owners(brands, known);
        let ids = rooms.iter().map(|room| Some(room.id.0));
        self.ids("rooms", "room", ids);
        self.participants(rooms, known);
    }

    fn ids(&mut self, list: &'static str, what: &str, ids: impl Iterator<Item = Option<i64>>) {
        let mut first = HashMap::new();
        for (index, id) in ids.enumerate() {
            let Some(id) = id else { continue };
            if id < 1 {
                self.add(list, index, "id", format!("is {id}: ids are 1 and up"));
            }
            let before = *first.entry(id).or_insert(index);
            if before != index {
                let reason = format!(
                    "is {id}, and so is that of {list}[{before}]: each {what} has an id of its own"
                );
                self.add(list, index, "id", reason);
            }
        }
    }

    fn owners(&mut self, brands: &[NewBrand], known: Option<Known<'_>>) {
        let mut first = HashMap::new();
        for (index, brand) in brands.iter().enumerate() {
            if known.is_some_and(|known| !known.users.contains(&brand.owner)) {
                self.unknown("brands", index, "user_id", "user", brand.owner.0);
            }
            let before = *first.entry(brand.owner).or_insert(index);
            if before != index {
                let reason = format!(
                    "is {}, who owns brands[{before}] already: a user owns one brand at most",
                    brand.owner
                );
                self.add("brands", index, "user_id", reason);
            }
        }
    }

    fn participants(&mut self, rooms: &[NewRoom], known: Option<Known<'_>>) {
        for (index, room) in rooms.iter().enumerate() {
            let mut seen = HashSet::new();
            for (nth, &brand) in room.participants.iter().enumerate() {
                let field = format!("participants[{nth}]");
                if known.is_some_and(|known| !known.brands.contains(&brand)) {
                    self.unknown("rooms", index, &field, "brand", brand.0);
                }
                if !seen.insert(brand) {
                    let reason = format!("is {brand}, who is in this room already");
                    self.add("rooms", index, &field, reason);
                }
            }
        }
    }

    fn unknown(&mut self, list: &'static str, index: usize, field: &str, what: &str, id: i64) {
        let reason = format!("is {id}, but there is no {what} with that id");
        self.add(list, index, field, reason);
    }

    fn add(&mut self, list: &'static str, index: usize, field: &str, reason: String) {
        let field = field.to_owned();
        let place = Place { list, index, field };
        self.mistakes.push(Mistake { place, reason });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: i64) -> NewUser {
        NewUser {
            id: UserId(id),
            active: true,
            admin: false,
            profile: Profile::new("{}"),
        }
    }

    fn brand(id: i64, owner: i64) -> NewBrand {
        NewBrand {
            id: BrandId(id),
            owner: UserId(owner),
            tariff: None,
            tariff_until: None,
            profile: Profile::new("{}"),
        }
    }

    fn room(id: i64, participants: &[i64]) -> NewRoom {
        NewRoom {
            id: RoomId(id),
            participants: participants.iter().copied().map(BrandId).collect(),
            kind: RoomKind::default(),
            pen: Pen::default(),
            frozen: false,
        }
    }

    fn message(id: Option<i64>, room: i64, author: i64) -> NewMessage {
        NewMessage {
            id: id.map(MessageId),
            room: RoomId(room),
            author: UserId(author),
            text: Text::new("hello", 5).expect("a valid text"),
            created_at: time::OffsetDateTime::UNIX_EPOCH.into(),
        }
    }

    #[test]
    fn consistent_world_is_accepted_unchanged() {
        let users = vec![user(4), user(3)];
        let brands = vec![brand(2, 4), brand(1, 3)];
        let rooms = vec![room(7, &[2, 1]), room(5, &[])];
        let messages = vec![
            message(None, 7, 3),
            message(None, 7, 4),
            message(Some(1), 5, 4),
        ];
        let world = World::new(
            users.clone(),
            brands.clone(),
            rooms.clone(),
            messages.clone(),
        )
        .expect("a world without a mistake");
        assert_eq!(world.users(), users);
        assert_eq!(world.brands(), brands);
        assert_eq!(world.rooms(), rooms);
        assert_eq!(world.messages(), messages);
    }

    #[test]
    fn every_mistake_is_reported_with_place() {
        let mistakes = World::new(
            vec![user(3), user(0), user(3)],
            vec![brand(1, 3), brand(2, 3), brand(5, 8)],
            vec![room(1, &[1, 6, 1])],
            vec![message(Some(4), 9, 3), message(Some(4), 1, 77)],
        )
        .expect_err("a world full of mistakes");
        let reported: Vec<_> = mistakes
            .iter()
            .map(|Mistake { place, reason }| {
                format!("{}[{}].{} {reason}", place.list, place.index, place.field)
            })
            .collect();
        assert_eq!(
            reported,
            [
                "users[1].id is 0: ids are 1 and up",
                "users[2].id is 3, and so is that of users[0]: each user has an id of its own",
                "brands[1].user_id is 3, who owns brands[0] already: a user owns one brand at most",
                "brands[2].user_id is 8, but there is no user with that id",
                "rooms[0].participants[1] is 6, but there is no brand with that id",
                "rooms[0].participants[2] is 1, who is in this room already",
                "messages[1].id is 4, and so is that of messages[0]: each message has an id of its own",
                "messages[0].room_id is 9, but there is no room with that id",
                "messages[1].user_id is 77, but there is no user with that id",
            ]
        );
    }
}
