//! What all know in the end, and how late they knew it.

use serde_json::json;

use super::{MS, Run, What};
use crate::{
    inbox::delays::Delays,
    report::{Report, float},
    times::times,
};

impl Run<'_> {
    /// Waits for all responses, and leaves all rooms.
    pub(super) fn finish(&mut self) -> anyhow::Result<()> {
        let quiet = |run: &Self| {
            let mut clients = run.clients.iter();
            clients.all(|client| client.ready && client.pending.is_empty())
        };
        self.wait_until("all are answered", quiet)?;
        for number in 0..self.clients.len() {
            let joined = self.clients.get(number).and_then(|client| client.joined);
            if joined.is_some() {
                self.request(number, What::Leave, json!({"action": "leave_room"}));
            }
        }
        self.wait_until("all have left", quiet)
    }

    /// Compares until all are equal, or until `end`. Returns the differences.
    pub(super) fn settle(&mut self, end: u64) -> anyhow::Result<Vec<String>> {
        loop {
            self.compare()?;
            let different = self.differences();
            let now = self.net.stopwatch().nanos();
            if different.is_empty() || now > end {
                return Ok(different);
            }
            self.pump(now + 50 * MS)?;
        }
    }

    pub(super) fn compare(&mut self) -> anyhow::Result<()> {
        for number in 0..self.clients.len() {
            self.request(number, What::Compare, json!({"action": "list"}));
        }
        self.wait_until("all have their lists", |run| {
            let mut clients = run.clients.iter();
            clients.all(|client| client.pending.is_empty())
        })
    }

    pub(super) fn differences(&self) -> Vec<String> {
        let clients = self.clients.iter().enumerate();
        let different = clients.flat_map(|(number, client)| {
            let of_client = client.differences.iter().flatten();
            of_client.map(move |difference| format!("connection {number}: {difference}"))
        });
        different.collect()
    }

    pub(super) fn report_delays(&self, report: &mut Report) -> anyhow::Result<()> {
        let people = self.moving.people;
        let mut delays = Delays::default();
        for (number, client) in self.clients.iter().enumerate() {
            if !client.moves {
                let rooms = 1..=people.rooms;
                let rooms = rooms.filter(|room| people.users(*room).contains(&client.user));
                let rooms: Vec<_> = rooms.collect();
                let process = client.process;
                self.journal.delays(number, process, &rooms, &mut delays);
            }
        }
        for (key, name, nanos) in [
            ("same", "at the author's process", &delays.same_process),
            ("elsewhere", "at the other process", &delays.elsewhere),
        ] {
            let mut all = times()?;
            for nanos in nanos {
                all.saturating_record(*nanos);
            }
            report.add(key, &format!("states {name}"), float(all.len()), 0);
            report.times(key, &format!("author's response to state {name}"), &all);
            let max = float(nanos.iter().copied().max().unwrap_or_default()) / 1e3;
            report.add(
                &format!("{key}_max_us"),
                &format!("{name}, max, µs"),
                max,
                0,
            );
        }
        report.add(
            "rested",
            "events that waited for the rest",
            float(delays.rested),
            0,
        );
        report.add("missing", "events in no state", float(delays.missing), 0);
        Ok(())
    }
}
