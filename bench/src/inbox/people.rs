//! A world of brands that are in several rooms of two each.

use std::io::{self, Write};

use clap::Args;
use serde_json::{Value, json};

#[derive(Args, Clone, Copy)]
pub(crate) struct People {
    /// Brands, each with a user of the same id.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(3..))]
    pub(super) brands: u64,
    /// Rooms of two brands.
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) rooms: u64,
}

impl People {
    /// The two users of a room: the next neighbours first, then those after them.
    pub(super) fn users(self, room: u64) -> [u64; 2] {
        let (round, first) = ((room - 1) / self.brands, (room - 1) % self.brands);
        let second = (first + 1 + round % (self.brands - 1)) % self.brands;
        [first + 1, second + 1]
    }

    /// Writes the world file, with brand profiles of about `profile_bytes`.
    pub(super) fn write(self, profile_bytes: usize, out: &mut impl Write) -> io::Result<()> {
        let ids = || 1..=self.brands;
        let about = "a".repeat(profile_bytes.saturating_sub(100));
        let user = |id: u64| {
            let link = format!("https://t.me/bot?start={id}");
            let email = format!("user{id}@example.com");
            json!({"id": id, "profile": {"email": email, "phone": format!("+7{id:010}"), "telegram_link": link}})
        };
        let brand = |id: u64| {
            let name = format!("Brand {id}, founder");
            let profile = json!({"brand_name_pos": name, "tg_nickname": format!("@brand{id}"), "about": about});
            json!({"id": id, "user_id": id, "tariff": "light", "profile": profile})
        };
        let room = |id: u64| json!({"id": id, "participants": self.users(id)});
        let world = json!({
            "users": ids().map(user).collect::<Vec<_>>(),
            "brands": ids().map(brand).collect::<Vec<_>>(),
            "rooms": (1..=self.rooms).map(room).collect::<Vec<Value>>(),
        });
        writeln!(out, "{world}")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn rooms_have_different_pairs() {
        let people = People {
            brands: 100,
            rooms: 500,
        };
        let pairs: BTreeSet<_> = (1..=500).map(|room| people.users(room)).collect();
        assert_eq!(pairs.len(), 500);
        for user in 1..=100 {
            let rooms = pairs.iter().filter(|pair| pair.contains(&user)).count();
            assert_eq!(rooms, 10);
        }
        assert!(pairs.iter().all(|[one, other]| one != other));
    }
}
