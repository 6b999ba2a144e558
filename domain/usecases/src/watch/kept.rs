use std::{
    collections::{BTreeMap, HashMap},
    mem,
};

use aftermatch_ports::{
    Read, Told, Unavailable,
    model::{Change, RoomId, Seq, Tag, What},
};

use super::Seen;
use crate::UseCases;

/// So many messages that others wrote are told at once. Whoever is that far
/// behind has been cut off from the store for long.
const MANY: usize = 10_000;

impl UseCases {
    /// Tells what was ahead at the last look already and is still not told:
    /// nobody is about to tell it.
    pub(super) async fn overtake(&self, seen: &mut Seen, ahead: &[(RoomId, Seq)]) {
        let before = mem::take(&mut seen.ahead);
        for &(room, last) in ahead {
            let Some(since) = self.events.last_told(room) else {
                continue;
            };
            let stuck = before.get(&room).filter(|(then, _)| *then == since);
            let &(_, last) = stuck.unwrap_or(&(since, last));
            if stuck.is_some()
                && let Ok(changes) = self.kept_between(room, since, last).await
            {
                self.events.catch_up(room, changes, last);
            } else {
                seen.ahead.insert(room, (since, last));
            }
        }
    }

    /// Tells what is missing between the numbers `since` and `last`, for which
    /// somebody waits: what cannot be read now is passed over.
    pub(crate) async fn catch_up(&self, room: RoomId, since: Seq, last: Seq) {
        let changes = self.kept_between(room, since, last).await;
        self.events.catch_up(room, changes.ok().flatten(), last);
    }

    /// Tells what other processes have kept.
    pub(super) async fn pass_on(&self, told: Vec<Told>) {
        let mut rooms: HashMap<RoomId, BTreeMap<Seq, Tag>> = HashMap::new();
        for Told { room, seq, tag } in told {
            rooms.entry(room).or_default().insert(seq, tag);
        }
        for (room, mut tags) in rooms {
            let Some(since) = self.events.last_told(room) else {
                continue;
            };
            tags.retain(|seq, _| *seq > since);
            let Some((&last, _)) = tags.last_key_value() else {
                continue;
            };
            // What cannot be read now is found missing later.
            let Ok(Some(changes)) = self.kept_between(room, since, last).await else {
                continue;
            };
            let changes = changes.into_iter();
            let mut changes: HashMap<_, _> = changes.map(|change| (change.seq, change)).collect();
            let filled = tags.into_iter().map(|(seq, tag)| {
                let change = changes.remove(&seq).map(|change| Change { tag, ..change });
                (seq, change)
            });
            self.events.fill(room, filled.collect());
        }
    }

    /// What is different in the room since the one number, up to the other, as
    /// changes of nobody here. `None`: that is too much to be told, or there is
    /// no such room.
    async fn kept_between(
        &self,
        room: RoomId,
        since: Seq,
        last: Seq,
    ) -> Result<Option<Vec<Change>>, Unavailable> {
        let changes = self.messages.changes(room, since, MANY).await?;
        let (Some(net), Some(room)) = (changes.net, self.rooms.room(room, Read::Fresh).await?)
        else {
            return Ok(None);
        };
        let room = room.at(self.clock.now());
        let change = |(seq, what): (Seq, What)| Change {
            seq,
            room: room.clone(),
            asker: None,
            tag: Tag::NONE,
            what,
        };
        let steps = net.single_steps(since).into_iter();
        let steps = steps.filter(|(seq, _)| *seq <= last);
        Ok(Some(steps.map(change).collect()))
    }
}

#[cfg(test)]
mod tests;
