//! The world under load: rooms of the same size. Each brand has its own user and is
//! in one room. Ids are consecutive, so they can be computed without the file.

use std::io::{self, Write};

use clap::Args;

/// Characters of a message in the history: as long as it may be, four bytes each.
const HISTORY_CHARS: usize = 10_000;

/// The size of the world.
#[derive(Args, Clone, Copy)]
pub(crate) struct World {
    /// Number of rooms.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) rooms: u64,
    /// Brands in each room, as in the world file.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) brands: u64,
}

impl World {
    /// The user of a member of a room. If there are more members than brands, a
    /// user has several connections.
    pub(crate) fn user(self, room: u64, member: u64) -> u64 {
        (room - 1) * self.brands + member % self.brands + 1
    }

    /// The administrator, who owns no brand.
    pub(crate) fn administrator(self) -> u64 {
        self.rooms * self.brands + 1
    }

    /// Writes the world file, with brand profiles of about `profile_bytes`, and `history`
    /// messages in the last room.
    pub(crate) fn write(
        self,
        profile_bytes: usize,
        history: u64,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let people = self.rooms * self.brands;
        let administrator = self.administrator();
        list(out, "{\"users\":[", administrator, |out, id| {
            let admin = id == administrator;
            write!(
                out,
                r#"{{"id":{id},"admin":{admin},"profile":{{"email":"user{id}@example.com","phone":"+7{id:010}","telegram_link":"https://t.me/bot?start={id}"}}}}"#
            )
        })?;
        list(out, "],\n\"brands\":[", people, |out, id| {
            let profile = profile(id, profile_bytes);
            write!(
                out,
                r#"{{"id":{id},"user_id":{id},"tariff":"light","profile":{profile}}}"#
            )
        })?;
        list(out, "],\n\"rooms\":[", self.rooms, |out, id| {
            let brands: Vec<_> = (0..self.brands)
                .map(|member| self.user(id, member).to_string())
                .collect();
            write!(
                out,
                r#"{{"id":{id},"participants":[{}]}}"#,
                brands.join(",")
            )
        })?;
        let (room, author) = (self.rooms, self.user(self.rooms, 0));
        let text = "🐈".repeat(HISTORY_CHARS);
        list(out, "],\n\"messages\":[", history, |out, _| {
            write!(
                out,
                r#"{{"room_id":{room},"user_id":{author},"text":"{text}","created_at":"2024-06-17T18:00:00.000Z"}}"#
            )
        })?;
        out.write_all(b"]}\n")
    }
}

fn profile(id: u64, bytes: usize) -> String {
    let begin = format!(
        r#"{{"fullname":"Brand {id}","brand_name_pos":"Brand {id}, founder","tg_nickname":"@brand{id}","about":""#
    );
    let about = bytes.saturating_sub(begin.len() + 2);
    format!("{begin}{:a<about$}\"}}", "")
}

fn list<W: Write>(
    out: &mut W,
    begin: &str,
    ids: u64,
    mut item: impl FnMut(&mut W, u64) -> io::Result<()>,
) -> io::Result<()> {
    out.write_all(begin.as_bytes())?;
    for id in 1..=ids {
        out.write_all(if id == 1 { b"\n" } else { b",\n" })?;
        item(out, id)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_participants_of_their_room() {
        let world = World {
            rooms: 3,
            brands: 4,
        };
        let mut file = Vec::new();
        world.write(1500, 2, &mut file).expect("written to memory");
        let file: serde_json::Value = serde_json::from_slice(&file).expect("JSON");
        assert_eq!(file["users"].as_array().map(Vec::len), Some(13));
        assert_eq!(file["users"][12]["admin"], true);
        assert_eq!(file["messages"].as_array().map(Vec::len), Some(2));
        assert_eq!(file["messages"][1]["room_id"], 3);
        for brand in file["brands"].as_array().expect("a list") {
            assert_eq!(brand["id"], brand["user_id"]);
            assert_eq!(brand["profile"].to_string().len(), 1500);
        }
        for room in 1..=3 {
            let participants = &file["rooms"][room as usize - 1]["participants"];
            for member in 0..10 {
                let brand = serde_json::Value::from(world.user(room, member));
                assert!(participants.as_array().expect("a list").contains(&brand));
            }
        }
    }
}
