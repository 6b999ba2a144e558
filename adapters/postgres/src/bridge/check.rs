//! Compares what the queries return with what is here.

mod compare;
mod profiles;
mod waiting;

use std::{collections::BTreeMap, time::Duration};

use sqlx::{Connection, Error, PgConnection};
use tokio::time::sleep;

use self::compare::{Among, compare};
use super::{
    fill::window,
    mapping::{Mapping, Mistakes, Target},
    marks::{self, Waiting},
    objects::{self, named},
    probe, round,
    sql::{Bridge, BridgeError, query},
    triggers,
};
use crate::options::Options;

/// How much longer than while the service runs a statement may take.
const PATIENCE: u32 = 10;

/// Keys that one statement compares.
const PORTION: i64 = 20_000;

/// Differences of one kind that are listed.
const LISTED: usize = 100;

/// How often what differs is compared again: it may be about to be applied.
const LOOKS: usize = 10;

/// Pause before each.
const PAUSE: Duration = Duration::from_millis(300);

/// What else to do than to compare.
#[derive(Debug, Clone, Default)]
pub struct Depth {
    /// Apply what differs.
    pub repair: bool,
    /// Profiles as the platform shows them: lines of JSON.
    pub profiles: Option<String>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Checked {
    /// A sentence each. Not all of them, if there are many of one kind.
    pub lines: Vec<String>,
    /// How many there are.
    pub problems: usize,
}

impl Checked {
    fn add(&mut self, lines: Vec<String>, kind: &str) {
        self.problems += lines.len();
        let more = lines.len().saturating_sub(LISTED);
        self.lines.extend(lines.into_iter().take(LISTED));
        if more > 0 {
            self.lines.push(format!("… and {more} more {kind}"));
        }
    }
}

/// Compares everything, both ways.
///
/// # Errors
/// The database is unreachable, or the mapping does not fit it.
pub async fn check(
    options: &Options,
    mapping: &Mapping,
    depth: &Depth,
) -> Result<Checked, BridgeError> {
    let limit = PATIENCE * options.statement_timeout;
    let (mut connection, mut bridge) = Bridge::open(options, mapping, limit).await?;
    let probe = probe::all(&mut bridge, &mut connection).await?;
    if !probe.mistakes.is_empty() {
        return Err(BridgeError::Mistakes(Mistakes(probe.mistakes)));
    }
    if !objects::exist(&bridge, &mut connection).await? {
        let sentence = "there is no bridge: run `aftermatch bridge install` first";
        return Err(BridgeError::Refused(sentence.to_owned()));
    }
    let mut checked = Checked::default();
    for source in &bridge.mapping.sources {
        let state = triggers::state(&bridge, &mut connection, source).await?;
        if !state.is_complete() {
            let line = format!(
                "the triggers on {} are gone, or not as they should be: run `aftermatch bridge install` again",
                source.name()
            );
            checked.add(vec![line], "triggers");
        }
    }
    let mut found = differences(&bridge, &mut connection).await?;
    if depth.repair && !found.is_empty() {
        repair(&bridge, &mut connection, &found).await?;
    }
    for _ in 0..LOOKS {
        if found.is_empty() {
            break;
        }
        sleep(PAUSE).await;
        found = again(&bridge, &mut connection, &found).await?;
    }
    for target in Target::ALL {
        let lines = found.iter().filter(|(of, ..)| *of == target);
        let lines = lines.map(|(_, key, what)| format!("{} {key} {what}", singular(target)));
        checked.add(lines.collect(), target.name());
    }
    checked.add(waiting::lines(&bridge, &mut connection).await?, "marks");
    if let Some(shown) = &depth.profiles {
        let lines = profiles::lines(&bridge, &mut connection, shown).await?;
        checked.add(lines, "profiles");
    }
    connection.close().await?;
    Ok(checked)
}

/// What a difference is of.
fn singular(target: Target) -> &'static str {
    match target {
        Target::Users => "user",
        Target::UserProfiles => "the profile of user",
        Target::Brands => "brand",
        Target::BrandProfiles => "the profile of brand",
        Target::Rooms => "room",
        Target::Participants => "the list of participants of room",
        Target::Messages | Target::History => "message",
    }
}

/// Target, key and what is different.
type Difference = (Target, i64, String);

async fn differences(
    bridge: &Bridge,
    connection: &mut PgConnection,
) -> Result<Vec<Difference>, Error> {
    let mut all = Vec::new();
    for (target, _) in &bridge.mapping.queries {
        let mut after = i64::MIN;
        loop {
            let mut transaction = bridge.begin(connection).await?;
            let keys = window(bridge, &mut transaction, *target, after, PORTION).await?;
            let Some(last) = keys.last() else { break };
            let among = Among::Range(after, *last);
            all.extend(compare(bridge, &mut transaction, *target, among).await?);
            after = *last;
        }
    }
    Ok(all)
}

/// What of these is still different.
async fn again(
    bridge: &Bridge,
    connection: &mut PgConnection,
    found: &[Difference],
) -> Result<Vec<Difference>, Error> {
    let mut keys: BTreeMap<Target, Vec<i64>> = BTreeMap::new();
    for (target, key, _) in found {
        keys.entry(*target).or_default().push(*key);
    }
    let mut all = Vec::new();
    for (target, keys) in keys {
        for keys in keys.chunks(usize::try_from(PORTION).unwrap_or(usize::MAX)) {
            let mut transaction = bridge.begin(connection).await?;
            all.extend(compare(bridge, &mut transaction, target, Among::These(keys)).await?);
        }
    }
    Ok(all)
}

/// Marks what differs, and applies it.
async fn repair(
    bridge: &Bridge,
    connection: &mut PgConnection,
    found: &[Difference],
) -> Result<(), Error> {
    let marks = found.iter().map(|(target, key, what)| Waiting {
        source: None,
        target: *target,
        key: key.to_string(),
        at: None,
        tries: 0,
        error: what.clone(),
    });
    let marks: Vec<_> = marks.collect();
    marks::wait(bridge, connection, &marks).await?;
    if bridge.writes_back() {
        let deleted = "
            INSERT INTO {written} (message_id, created)
            SELECT id, false FROM {messages} WHERE id = ANY ($1) AND deleted_at IS NOT NULL";
        let keys = found
            .iter()
            .filter(|(target, ..)| *target == Target::Messages);
        query(named(bridge, deleted))
            .bind(keys.map(|(_, key, _)| *key).collect::<Vec<_>>())
            .execute(&mut *connection)
            .await?;
    }
    query(named(
        bridge,
        "UPDATE {moved} SET after = now() WHERE tries = 0",
    ))
    .execute(&mut *connection)
    .await?;
    round::all(bridge, connection).await
}
