//! What others do while we run: the platform takes rights away, and other
//! processes of this service write in our rooms.

mod kept;

use std::{
    collections::{HashMap, HashSet},
    convert::Infallible,
};

use aftermatch_ports::{
    Expected, Moved, Presence, Present, Read, Tiding, Unavailable,
    model::{
        Endpoint, Eviction, Refusal, Revision, RoomId, Seq, SessionId, User, UserId, Viewer, rules,
    },
};

use crate::UseCases;

/// What was seen at the last look.
#[derive(Default)]
struct Seen {
    /// The connections that were judged since they came: by which revision of
    /// the user, and as whom it may act. `None` was expelled.
    sessions: HashMap<SessionId, Option<(Revision, Viewer)>>,
    /// The rooms that were judged since somebody sat down.
    rooms: HashMap<RoomId, Revision>,
    /// Rooms of which the store had more than was told: since which number, and
    /// up to which.
    ahead: HashMap<RoomId, (Seq, Seq)>,
}

impl UseCases {
    /// Looks after those who are connected, for as long as it is polled: who lost
    /// a right is evicted or expelled, and what other processes have kept is
    /// told.
    pub async fn watch(&self) -> Infallible {
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
        let mut present = self.events.present();
        seen.forget_what_is_over(&present);
        let expelled = Some(&None);
        let sessions = &mut present.sessions;
        sessions.retain(|here| seen.sessions.get(&here.session) != expelled);
        let (users, rooms) = seen.expected(&present);
        let moved = self.watch.moved(users, rooms).await?;
        self.judge_anew(seen, &moved, &present.sessions).await;
        self.overtake(seen, &moved.ahead).await;
        Ok(())
    }

    /// Judges those anew who are not as they were. Who cannot be read stays as it
    /// was seen, and so has moved at the next look, too.
    async fn judge_anew(&self, seen: &mut Seen, moved: &Moved, sessions: &[Presence]) {
        let mut users = HashMap::new();
        for &id in &moved.users {
            if let Ok(user) = self.people.user(id, Read::Fresh).await {
                users.insert(id, user);
            }
        }
        let mut rooms = HashMap::new();
        for &id in &moved.rooms {
            if let Ok(room) = self.rooms.room(id, Read::Fresh).await {
                rooms.insert(id, room);
            }
        }
        for here in sessions {
            let user = users.get(&here.user);
            let judged = user.map(|user| as_whom(user.as_deref(), here.endpoint));
            if let Some(judged) = &judged {
                let judged = judged.as_ref().ok().copied();
                seen.sessions.insert(here.session, judged);
            }
            let viewer = match judged.transpose() {
                Ok(judged) => judged.map(|(_, viewer)| viewer),
                Err(refusal) => {
                    self.events.expel(here.session, refusal);
                    continue;
                }
            };
            for &(id, by) in &here.seats {
                let why = match rooms.get(&id) {
                    _ if viewer.is_some_and(|now| now != by) => Eviction::BrandLost,
                    Some(None) => Eviction::RoomRemoved,
                    Some(Some(room)) if !room.admits(by) => Eviction::BrandRemoved,
                    _ => continue,
                };
                self.events.evict(here.session, id, why);
            }
        }
        let kept = rooms.into_iter();
        let kept = kept.filter_map(|(id, room)| Some((id, room?.revision)));
        seen.rooms.extend(kept);
    }
}

impl Seen {
    fn forget_what_is_over(&mut self, present: &Present) {
        let here = present.sessions.iter();
        let here: HashMap<_, _> = here.map(|here| (here.session, here)).collect();
        self.sessions.retain(|session, judged| {
            let Some(here) = here.get(session) else {
                return false;
            };
            // A seat by another right than it has: its join was under way when
            // it was judged. It is as it was when it came, and judged again.
            judged.is_none_or(|(_, viewer)| here.seats.iter().all(|(_, by)| *by == viewer))
        });
        let rooms: HashSet<_> = present.rooms.iter().map(|room| room.room).collect();
        self.rooms.retain(|room, _| rooms.contains(room));
    }

    /// The users and the rooms as they were judged last: each connection's user
    /// by itself, for one may have come before a change and another after it.
    fn expected(&self, present: &Present) -> (Vec<(UserId, Revision)>, Vec<Expected>) {
        let users = present.sessions.iter().map(|here| {
            let judged = self.sessions.get(&here.session).copied().flatten();
            let revision = judged.map(|(revision, _)| revision);
            (here.user, revision.unwrap_or(here.revision))
        });
        let users: HashSet<_> = users.collect();
        let rooms = present.rooms.iter().map(|room| Expected {
            revision: self.rooms.get(&room.room).copied().unwrap_or(room.revision),
            ..*room
        });
        (users.into_iter().collect(), rooms.collect())
    }
}

/// The user's revision, and as whom it may act at this endpoint by that.
fn as_whom(user: Option<&User>, endpoint: Endpoint) -> Result<(Revision, Viewer), Refusal> {
    let user = user.ok_or(Refusal::UserDeactivated)?;
    Ok((user.revision, rules::viewer(user, endpoint)?))
}

#[cfg(test)]
mod tests;
