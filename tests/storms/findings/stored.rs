//! What the database has, compared with what the authors were answered.

use std::collections::{BTreeSet, HashMap};

use super::{Findings, Room};

impl Findings {
    /// Messages that are not as the last answers say.
    pub(super) fn lost(&self) -> Vec<String> {
        let mut lost = Vec::new();
        for book in &self.books {
            let stored = by_name(&self.rooms[&book.room]);
            for message in &book.messages {
                let found = stored.get(message.name.as_str());
                let found = found.and_then(|all| all.first());
                let text = found.map(|(_, text)| *text);
                let same_id = found.is_none_or(|(id, _)| *id == message.id);
                if !same_id || !message.may_be(text, &self.losses) {
                    lost.push(format!("room {}: stored {found:?}: {message:?}", book.room));
                }
            }
        }
        lost
    }

    /// Messages that are stored twice, or that no author was answered.
    pub(super) fn doubled(&self) -> Vec<String> {
        let messages = self.books.iter().flat_map(|book| &book.messages);
        let known: BTreeSet<_> = messages.map(|message| message.name.as_str()).collect();
        let mut doubled = Vec::new();
        for (number, room) in &self.rooms {
            for (name, stored) in by_name(room) {
                if stored.len() > 1 || !known.contains(name) {
                    doubled.push(format!("room {number}: {stored:?}"));
                }
            }
        }
        doubled
    }

    /// Rooms in which a number was used twice, or is missing and belongs to no request with an
    /// unclear answer.
    pub(super) fn misnumbered(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (number, room) in &self.rooms {
            let (seqs, unclear) = self.numbers(*number);
            let different: BTreeSet<_> = seqs.iter().copied().collect();
            let last = room.last_seq;
            let missing = (1..=last).filter(|seq| !different.contains(seq)).count();
            let beyond = different.last().is_some_and(|seq| *seq > last);
            if different.len() < seqs.len() || missing > unclear || beyond {
                let (all, different) = (seqs.len(), different.len());
                wrong.push(format!(
                    "room {number}: {all} numbers answered, {different} different ones, \
                     {missing} of {last} missing, {unclear} unclear"
                ));
            }
        }
        wrong
    }

    /// The answered numbers of a room, and how many others it may have used.
    fn numbers(&self, room: i64) -> (Vec<i64>, usize) {
        let (mut seqs, mut unclear) = (Vec::new(), 0);
        for book in self.books.iter().filter(|book| book.room == room) {
            unclear += book.unclear as usize;
            for step in book.messages.iter().flat_map(|message| &message.steps) {
                match step.seq() {
                    Some(_) if step.may_be_lost(&self.losses) => unclear += 1,
                    seq => seqs.extend(seq),
                }
            }
        }
        (seqs, unclear)
    }

    pub(super) fn unexpected(&self) -> Vec<String> {
        let all = self.books.iter().flat_map(|book| &book.unexpected);
        all.cloned().collect()
    }
}

/// The messages of a room by the first words of their texts.
fn by_name(room: &Room) -> HashMap<&str, Vec<(i64, &str)>> {
    let mut names: HashMap<_, Vec<_>> = HashMap::new();
    for (id, text) in &room.texts {
        let name = text.split(' ').next().unwrap_or_default();
        names.entry(name).or_default().push((*id, text.as_str()));
    }
    names
}
