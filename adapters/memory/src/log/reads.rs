use aftermatch_ports::model::{Message, Net, Seq, UserId};
use aftermatch_ports::{Changes, History, MAX_GONE, Stretch};

use super::{Entry, Kept, Log};
use crate::directory::Directory;

impl Log {
    pub(crate) fn changes(&self, people: &Directory, since: Seq, most: usize) -> Changes {
        let last = self.last();
        let told = Seq::ZERO <= since && since <= last;
        let net = told.then(|| self.net(people, since, most)).flatten();
        Changes { last, net }
    }

    fn net(&self, people: &Directory, since: Seq, most: usize) -> Option<Net> {
        let (mut living, mut gone) = (Vec::new(), Vec::new());
        let mut seq = since;
        for entry in self.changes.get(self.up_to(since)..)? {
            seq = seq.next();
            match entry {
                Entry::Living(kept) => living.push(kept),
                // Created since, it stands further on; edited again, too.
                Entry::Edit(place) if *place <= since => {
                    living.extend(self.kept(*place).filter(|kept| kept.changed == seq));
                }
                Entry::Deletion(ids) => {
                    let then = ids.iter().filter(|(_, place)| *place <= since);
                    gone.extend(then.map(|(id, _)| (*id, seq)));
                }
                Entry::Dead | Entry::Edit(_) => {}
            }
            if living.len() > most || gone.len() > MAX_GONE {
                return None;
            }
        }
        gone.sort_unstable();
        let living = living.into_iter();
        Some(Net {
            living: living.map(|kept| self.message(kept, people)).collect(),
            gone,
        })
    }

    pub(crate) fn history(&self, people: &Directory, stretch: Stretch, limit: usize) -> History {
        let newest = |end: usize| {
            let mut found: Vec<_> = self.living(0, end).rev().take(limit).collect();
            found.reverse();
            found
        };
        let end = self.changes.len();
        let found = match stretch {
            Stretch::Newest => newest(end),
            Stretch::Before(seq) => newest(self.up_to(Seq(seq.0.saturating_sub(1)))),
            Stretch::After(seq) => self.living(self.up_to(seq), end).take(limit).collect(),
        };
        let first = found.first().map_or(0, |kept| self.up_to(kept.seq) - 1);
        let behind = found.last().map_or(end, |kept| self.up_to(kept.seq));
        History {
            older: self.living(0, first).next_back().is_some(),
            newer: self.living(behind, end).next().is_some(),
            messages: found
                .iter()
                .map(|kept| self.message(kept, people))
                .collect(),
            last: self.last(),
        }
    }

    pub(crate) fn newest(
        &self,
        people: &Directory,
        skip: u64,
        limit: usize,
    ) -> (u64, Vec<Message>) {
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        let all = self.living(0, self.changes.len());
        let found = all.rev().skip(skip).take(limit);
        let found = found.map(|kept| self.message(kept, people)).collect();
        (self.places.len() as u64, found)
    }

    pub(crate) fn last_message(&self, people: &Directory) -> Option<Message> {
        let newest = self.living(0, self.changes.len()).next_back()?;
        Some(self.message(newest, people))
    }

    pub(crate) fn mark_read(&mut self, user: UserId, seq: Seq) -> Seq {
        let last = self.last();
        let mark = self.marks.entry(user).or_insert(Seq::ZERO);
        *mark = seq.min(last).max(*mark);
        *mark
    }

    /// How many messages of others are there behind the reader's mark.
    pub(crate) fn unread(&self, reader: UserId) -> u64 {
        let mark = self.marks.get(&reader).copied().unwrap_or(Seq::ZERO);
        let behind = self.living(self.up_to(mark), self.changes.len());
        behind.filter(|kept| kept.author != reader).count() as u64
    }

    /// The messages that are there and were created at these places.
    fn living(&self, from: usize, to: usize) -> impl DoubleEndedIterator<Item = &Kept> {
        let entries = self.changes.get(from..to).unwrap_or_default();
        entries.iter().filter_map(|entry| match entry {
            Entry::Living(kept) => Some(kept),
            _ => None,
        })
    }

    /// How many changes there are up to that number, itself included.
    fn up_to(&self, seq: Seq) -> usize {
        usize::try_from(seq.0).map_or(0, |seq| seq.min(self.changes.len()))
    }
}
