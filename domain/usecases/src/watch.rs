//! What others do while we run: the platform takes rights away, and other
//! processes of this service write in our rooms.

use std::collections::{BTreeMap, HashMap, HashSet};

use aftermatch_ports::{
    Expected, Moved, Presence, Read, Tiding, Told, Unavailable,
    model::{
        Change, Eviction, Refusal, Revision, RoomId, Seq, Tag, UserId, Viewer, What, rules,
    },
};

use crate::UseCases;

/// So many messages that others wrote are told at once. Whoever is that far
/// behind has been cut off from the store for long.
const MANY: usize = 10_000;

/// What was seen at the last look.
#[derive(Default)]
struct Seen {
    users: HashMap<UserId, Revision>,
    rooms: HashMap<RoomId, Revision>,
    /// Rooms of which the store had more than was told: since which number, and
    /// up to which.
    ahead: HashMap<RoomId, (Seq, Seq)>,
}

impl UseCases {
    /// Looks after those who are connected, for as long as it is polled: who lost
    /// a right is evicted or expelled, and what other processes have kept is
    /// told.
    pub async fn watch(&self) {
        let mut seen = Seen::default();
        loop {
            match self.watch.next().await {
                // What cannot be read now is looked at the next time.
                Tiding::Look => drop(self.look(&mut seen).await),
                Tiding::Kept(told) => self.pass_on(told).await,
            }
        }
    }

    async fn look(&self, seen: &mut Seen) -> Result<(), Unavailable> {
        let present = self.events.present();
        let users: HashMap<_, _> = present
            .sessions
            .iter()
            .map(|presence| (presence.user, presence.revision))
            .collect();
        seen.users.retain(|user, _| users.contains_key(user));
        for (user, revision) in users {
            seen.users.entry(user).or_insert(revision);
        }
        let rooms: HashSet<_> = present.rooms.iter().map(|room| room.room).collect();
        seen.rooms.retain(|room, _| rooms.contains(room));
        let expected = present.rooms.iter().map(|room| Expected {
            revision: *seen.rooms.entry(room.room).or_insert(room.revision),
            ..*room
        });
        let expected = expected.collect();
        let users = seen.users.iter().map(|(user, revision)| (*user, *revision));
        let moved = self.watch.moved(users.collect(), expected).await?;
        self.judge_anew(seen, &moved, &present.sessions).await?;
        self.overtake(seen, &moved.ahead).await;
        Ok(())
    }

    /// Judges those anew who are not as they were.
    async fn judge_anew(
        &self,
        seen: &mut Seen,
        moved: &Moved,
        sessions: &[Presence],
    ) -> Result<(), Unavailable> {
        for &id in &moved.users {
            let user = self.people.user(id, Read::Fresh).await?;
            for presence in sessions.iter().filter(|presence| presence.user == id) {
                let viewer = user.as_ref().ok_or(Refusal::UserDeactivated);
                match viewer.and_then(|user| rules::viewer(user, presence.endpoint)) {
                    Ok(viewer) => self.evict_others_than(viewer, presence),
                    Err(refusal) => self.events.expel(presence.session, refusal),
                }
            }
            let revision = user.map_or(Revision(i64::MIN), |user| user.revision);
            seen.users.insert(id, revision);
        }
        for &id in &moved.rooms {
            let room = self.rooms.room(id, Read::Fresh).await?;
            for presence in sessions {
                for (_, viewer) in presence.seats.iter().filter(|(room, _)| *room == id) {
                    let why = match &room {
                        Some(room) if room.admits(*viewer) => continue,
                        Some(_) => Eviction::BrandRemoved,
                        None => Eviction::RoomRemoved,
                    };
                    self.events.evict(presence.session, id, why);
                }
            }
            let revision = room.map_or(Revision(i64::MIN), |room| room.revision);
            seen.rooms.insert(id, revision);
        }
        Ok(())
    }

    fn evict_others_than(&self, viewer: Viewer, presence: &Presence) {
        for (room, by) in &presence.seats {
            if *by != viewer {
                self.events
                    .evict(presence.session, *room, Eviction::BrandLost);
            }
        }
    }

    /// Tells what was ahead at the last look already and is still not told:
    /// nobody is about to tell it.
    async fn overtake(&self, seen: &mut Seen, ahead: &[(RoomId, Seq)]) {
        let before = std::mem::take(&mut seen.ahead);
        for &(room, last) in ahead {
            let Some(since) = self.events.last_told(room) else {
                continue;
            };
            match before.get(&room) {
                Some(&(then, last)) if then == since => self.catch_up(room, since, last).await,
                _ => drop(seen.ahead.insert(room, (since, last))),
            }
        }
    }

    /// Tells what is missing between the numbers `since` and `last`.
    pub(crate) async fn catch_up(&self, room: RoomId, since: Seq, last: Seq) {
        let changes = self.kept_since(room, since).await.ok().map(|mut changes| {
            changes.retain(|change| change.seq <= last);
            changes
        });
        self.events.catch_up(room, changes, last);
    }

    /// Tells what other processes have kept.
    async fn pass_on(&self, told: Vec<Told>) {
        let mut rooms: HashMap<RoomId, BTreeMap<Seq, Tag>> = HashMap::new();
        for Told { room, seq, tag } in told {
            rooms.entry(room).or_default().insert(seq, tag);
        }
        for (room, mut tags) in rooms {
            let Some(since) = self.events.last_told(room) else {
                continue;
            };
            tags.retain(|seq, _| *seq > since);
            if tags.is_empty() {
                continue;
            }
            // What cannot be read now is found missing later.
            let Ok(changes) = self.kept_since(room, since).await else {
                continue;
            };
            let mut changes: BTreeMap<_, _> = changes
                .into_iter()
                .map(|change| (change.seq, change))
                .collect();
            let filled = tags.into_iter().map(|(seq, tag)| {
                let change = changes.remove(&seq).map(|change| Change { tag, ..change });
                (seq, change)
            });
            self.events.fill(room, filled.collect());
        }
    }

    /// What is different in the room since that number, as changes of nobody
    /// here.
    async fn kept_since(&self, room: RoomId, since: Seq) -> Result<Vec<Change>, Unavailable> {
        let changes = self.messages.changes(room, since, MANY).await?;
        let (Some(net), Some(room)) = (changes.net, self.rooms.room(room, Read::Fresh).await?)
        else {
            return Ok(Vec::new());
        };
        let room = room.at(self.clock.now());
        let change = |(seq, what): (Seq, What)| Change {
            seq,
            room: room.clone(),
            asker: None,
            tag: Tag::NONE,
            what,
        };
        Ok(net.single_steps(since).into_iter().map(change).collect())
    }
}
