//! Which rooms are due for which scopes.

use std::{
    collections::{HashMap, hash_map},
    mem,
    ops::BitOrAssign,
    time::Duration,
};

use aftermatch_ports::{Scope, model::RoomId};
use tokio::time::Instant;

/// How long a room is not due again for a scope after it was delivered.
const REST: Duration = Duration::from_secs(1);

/// How long a room that could not be read is not due again.
const PAUSE: Duration = Duration::from_millis(500);

pub(super) type Key = (RoomId, Scope);

/// What there is to deliver of a room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct News {
    /// The room itself has changed, not only what was written in it.
    pub(super) room: bool,
    /// Something that the state of the room does not show: who is online, how far others have
    /// read, or that a connection has lost its seat.
    pub(super) more: bool,
}

impl BitOrAssign for News {
    fn bitor_assign(&mut self, other: Self) {
        self.room |= other.room;
        self.more |= other.more;
    }
}

#[derive(Default)]
pub(super) struct Entries(HashMap<Key, Entry>);

struct Entry {
    stage: Stage,
    /// What is to be delivered.
    news: News,
}

#[derive(Clone, Copy)]
enum Reading {
    /// With this news.
    News(News),
    /// Nobody needs what is read any more: it may be older than what followers have who came
    /// after that.
    Void,
}

/// What was read of a room.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Finished {
    /// It is to be delivered with this news.
    News(News),
    /// Nobody needs it.
    Void,
}

/// Each stage but `Reading` ends at a deadline.
enum Stage {
    /// It is due.
    Due,
    /// It is being read. Whether it is due after that.
    Reading { read: Reading, again: bool },
    /// It was delivered. Whether it is due after the rest.
    Resting { again: bool },
}

impl Entries {
    /// Makes a room due. Returns whether its deadline is now.
    pub(super) fn make_due(&mut self, key: Key, news: News) -> bool {
        match self.0.entry(key) {
            hash_map::Entry::Vacant(vacant) => {
                vacant.insert(Entry {
                    stage: Stage::Due,
                    news,
                });
                true
            }
            hash_map::Entry::Occupied(mut occupied) => {
                let entry = occupied.get_mut();
                entry.news |= news;
                match &mut entry.stage {
                    Stage::Due => {}
                    Stage::Reading { again, .. } | Stage::Resting { again } => *again = true,
                }
                false
            }
        }
    }

    /// It has changed, but nobody is to receive that. What is being read may be older.
    pub(super) fn disturb(&mut self, key: Key) {
        if let Some(entry) = self.0.get_mut(&key)
            && let Stage::Reading { again, .. } = &mut entry.stage
        {
            *again = true;
        }
    }

    /// Whether it has changed since it was read.
    pub(super) fn is_due(&self, key: Key) -> bool {
        let stage = self.0.get(&key).map(|entry| &entry.stage);
        matches!(stage, Some(Stage::Due | Stage::Resting { again: true }))
    }

    /// A deadline has come. Returns whether the room is to be read now.
    pub(super) fn begin(&mut self, key: Key) -> bool {
        let Some(entry) = self.0.get_mut(&key) else {
            return false;
        };
        match entry.stage {
            Stage::Due | Stage::Resting { again: true } => {
                let news = mem::take(&mut entry.news);
                entry.stage = Stage::Reading {
                    read: Reading::News(news),
                    again: false,
                };
                true
            }
            Stage::Resting { again: false } => {
                self.0.remove(&key);
                false
            }
            Stage::Reading { .. } => false,
        }
    }

    /// It was read. Returns what is to be delivered, and the next deadline.
    pub(super) fn finish(&mut self, key: Key) -> Option<(Finished, Option<Instant>)> {
        let entry = self.0.get_mut(&key)?;
        let Stage::Reading { read, again } = entry.stage else {
            return None;
        };
        match read {
            Reading::News(news) => {
                entry.stage = Stage::Resting { again };
                Some((Finished::News(news), Some(Instant::now() + REST)))
            }
            Reading::Void => Some((Finished::Void, self.begin_again(key, again))),
        }
    }

    /// Nobody received what was read: the next change need not wait. Returns the deadline if
    /// the room is due.
    pub(super) fn skip_rest(&mut self, key: Key) -> Option<Instant> {
        match self.0.get(&key)?.stage {
            Stage::Resting { again } => self.begin_again(key, again),
            Stage::Due | Stage::Reading { .. } => None,
        }
    }

    /// It was read, and the scope does not have it any more. Returns whether it was due again,
    /// and so may be there again; `None` if nobody needs what was read.
    pub(super) fn dismiss(&mut self, key: Key) -> Option<bool> {
        match self.0.get(&key)?.stage {
            Stage::Reading {
                read: Reading::News(_),
                again,
            } => {
                self.0.remove(&key);
                Some(again)
            }
            _ => None,
        }
    }

    /// It could not be read. Returns the next deadline.
    pub(super) fn postpone(&mut self, key: Key) -> Option<Instant> {
        let entry = self.0.get_mut(&key)?;
        let Stage::Reading { read, again } = entry.stage else {
            return None;
        };
        match read {
            Reading::News(news) => {
                entry.news |= news;
                entry.stage = Stage::Due;
                Some(Instant::now() + PAUSE)
            }
            Reading::Void => self.begin_again(key, again),
        }
    }

    /// The room does not wait. Returns the deadline if it is due.
    fn begin_again(&mut self, key: Key, is_due: bool) -> Option<Instant> {
        if !is_due {
            self.0.remove(&key);
            return None;
        }
        if let Some(entry) = self.0.get_mut(&key) {
            entry.stage = Stage::Due;
        }
        Some(Instant::now())
    }

    /// Nobody of the scope follows the room any more.
    pub(super) fn remove(&mut self, key: Key) {
        if let Some(entry) = self.0.get_mut(&key)
            && let Stage::Reading { .. } = entry.stage
        {
            // It is still read by one task at a time.
            *entry = Entry {
                stage: Stage::Reading {
                    read: Reading::Void,
                    again: false,
                },
                news: News::default(),
            };
        } else {
            self.0.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Key = (RoomId(1), Scope::All);
    const ROOM: News = News {
        room: true,
        more: false,
    };
    const MORE: News = News {
        room: false,
        more: true,
    };

    fn finish(entries: &mut Entries) -> Option<News> {
        match entries.finish(KEY)?.0 {
            Finished::News(news) => Some(news),
            Finished::Void => None,
        }
    }

    #[test]
    fn change_during_read_is_delivered_after_rest() {
        let mut entries = Entries::default();
        assert!(entries.make_due(KEY, ROOM));
        assert!(!entries.make_due(KEY, News::default()));
        assert!(entries.begin(KEY));
        assert!(!entries.begin(KEY), "one task at a time");
        assert!(!entries.make_due(KEY, MORE));
        assert_eq!(finish(&mut entries), Some(ROOM));
        assert!(entries.begin(KEY), "the rest is over");
        assert_eq!(finish(&mut entries), Some(MORE));
        assert!(!entries.begin(KEY), "nothing has changed");
        assert!(entries.0.is_empty());
    }

    #[test]
    fn disturbed_read_is_due_again() {
        let mut entries = Entries::default();
        entries.disturb(KEY);
        assert!(entries.0.is_empty(), "it is not being read");
        entries.make_due(KEY, News::default());
        entries.begin(KEY);
        entries.disturb(KEY);
        finish(&mut entries);
        assert!(entries.is_due(KEY));
        assert!(entries.begin(KEY));
        finish(&mut entries);
        entries.disturb(KEY);
        assert!(!entries.is_due(KEY), "it was read already");
    }

    #[test]
    fn change_during_rest_waits() {
        let mut entries = Entries::default();
        entries.make_due(KEY, News::default());
        entries.begin(KEY);
        finish(&mut entries);
        assert!(!entries.make_due(KEY, MORE), "not before the rest is over");
        assert!(entries.begin(KEY));
    }

    #[test]
    fn room_without_news_does_not_rest() {
        let mut entries = Entries::default();
        entries.make_due(KEY, News::default());
        entries.begin(KEY);
        entries.make_due(KEY, MORE);
        finish(&mut entries);
        assert!(entries.skip_rest(KEY).is_some(), "it changed meanwhile");
        assert!(entries.begin(KEY));
        assert_eq!(finish(&mut entries), Some(MORE));
        assert!(entries.skip_rest(KEY).is_none());
        assert!(entries.make_due(KEY, MORE), "at once");
    }

    #[test]
    fn unreadable_room_is_due_again_with_all_its_news() {
        let mut entries = Entries::default();
        entries.make_due(KEY, ROOM);
        entries.begin(KEY);
        entries.make_due(KEY, MORE);
        assert!(entries.postpone(KEY).is_some());
        assert!(entries.begin(KEY));
        let all = News {
            room: true,
            more: true,
        };
        assert_eq!(finish(&mut entries), Some(all));
    }

    #[test]
    fn room_that_was_removed_is_not_delivered() {
        for end in [
            |entries: &mut Entries| assert_eq!(finish(entries), None),
            |entries: &mut Entries| assert!(entries.postpone(KEY).is_none()),
        ] {
            let mut entries = Entries::default();
            entries.make_due(KEY, ROOM);
            entries.begin(KEY);
            entries.remove(KEY);
            assert_eq!(entries.dismiss(KEY), None);
            end(&mut entries);
            assert!(!entries.begin(KEY));
            assert!(entries.0.is_empty());
        }
    }

    #[test]
    fn room_that_comes_back_while_it_is_read_is_read_again() {
        for end in [
            |entries: &mut Entries| assert_eq!(finish(entries), None),
            |entries: &mut Entries| assert!(entries.postpone(KEY).is_some()),
        ] {
            let mut entries = Entries::default();
            entries.make_due(KEY, ROOM);
            entries.begin(KEY);
            entries.remove(KEY);
            entries.make_due(KEY, MORE);
            assert!(!entries.begin(KEY), "one task at a time");
            end(&mut entries);
            assert!(entries.begin(KEY), "what was read is too old");
            assert_eq!(finish(&mut entries), Some(MORE));
        }
    }
}
