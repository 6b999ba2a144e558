//! One storm, from the first message to the comparison.

use std::{collections::BTreeMap, time::Duration};

use aftermatch_test_support::{PROGRAM_TIMEOUT, Random, get, import, worlds};
use serde_json::json;
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout, timeout_at},
};

use crate::{
    author::Author,
    book::Book,
    connection::pause,
    faults::{Faults, short_time},
    findings::{Findings, Followed, Injected, Room},
    length,
    member::Seen,
    people::{Following, OBSERVER, ROOMS, authors, members, operations},
    processes::Processes,
};

/// Until a member has received the last message of its room.
const LAST_MESSAGE_TIMEOUT: Duration = Duration::from_secs(30);

/// A storm waits for half of its time: two have room on two cores.
static TWO_AT_A_TIME: Semaphore = Semaphore::const_new(2);

pub async fn storm<F: Faults>(number: usize) {
    let _turn = TWO_AT_A_TIME.acquire().await;
    let mut faults = F::start().await;
    import(&faults.url(), &worlds::many_members(OBSERVER, ROOMS)).await;
    let mut processes = Processes::start(number, &faults.url(), faults.settings()).await;
    let (_following, members) = members(&processes).await;
    let (end, authors) = authors(&processes, F::AUTHORS_PAUSE);
    let injected = inject(&mut faults, &mut processes).await;
    end.send_replace(true);
    let books = timeout(PROGRAM_TIMEOUT, authors.join_all()).await;
    let mut books = books.expect("every request gets a definite answer in time");
    expect_all_works(&processes).await;
    let followed = last_messages(&processes, members, &mut books).await;
    let findings = Findings {
        storm: format!("{}, processes: {number}", F::NAME),
        injected,
        losses: faults.losses(),
        rooms: read(&processes).await,
        books,
        followed,
    };
    findings.report();
}

/// Lets one thing after the other fail. Returns how often each did.
async fn inject<F: Faults>(faults: &mut F, processes: &mut Processes) -> Injected {
    let until = Instant::now() + length(F::SECONDS);
    let mut random = Random::new();
    let mut injected = Injected::new();
    while Instant::now() < until {
        short_time(&mut random).await;
        if let Some(fault) = faults.inject(processes, &mut random).await {
            *injected.entry(fault).or_default() += 1;
        }
    }
    injected
}

/// Every process says that it is ready, and lists the rooms to a new connection.
async fn expect_all_works(processes: &Processes) {
    for nth in 0..processes.number() {
        let program = processes.program(nth);
        let address = program.address().await;
        let ready = async {
            while get(address, "/readyz").await.status != 200 {
                pause(&mut Random::new()).await;
            }
        };
        let ready = timeout(PROGRAM_TIMEOUT, ready).await;
        ready.expect("ready after the last fault");
        let mut observer = program.joined(OBSERVER, ROOMS).await;
        let list = json!({"action": "list"});
        let listed = observer.request_amid_events(list).await;
        assert_eq!(listed["response_status"], 200, "{listed}");
        let rooms = listed["data"]["results"]
            .as_array()
            .or(listed["data"].as_array());
        assert_eq!(rooms.map(Vec::len), Some(ROOMS as usize), "{listed}");
    }
}

/// Creates a last message in each room, and waits until the members have it.
async fn last_messages(
    processes: &Processes,
    members: Vec<Following>,
    books: &mut Vec<Book>,
) -> Vec<Followed> {
    let mut last = BTreeMap::new();
    for room in 1..=ROOMS {
        let author = Author::new(operations(processes, OBSERVER, room), false);
        let written = timeout(PROGRAM_TIMEOUT, author.write_last()).await;
        let (text, book) = written.expect("the last message is answered in time");
        last.insert(room, text);
        books.push(book);
    }
    let deadline = Instant::now() + LAST_MESSAGE_TIMEOUT;
    let mut followed = Vec::new();
    for mut member in members {
        let text = &last[&member.room];
        let knows = |seen: &Seen| seen.mirror.as_ref().is_some_and(|mirror| mirror.has(text));
        let known = timeout_at(deadline, member.seen.wait_for(knows));
        let has_last = matches!(known.await, Ok(Ok(_)));
        let seen = member.seen.borrow().clone();
        let Following { user, room, .. } = member;
        followed.push(Followed {
            user,
            room,
            seen,
            has_last,
        });
    }
    followed
}

/// The rooms as the database has them.
async fn read(processes: &Processes) -> BTreeMap<i64, Room> {
    let mut rooms = BTreeMap::new();
    for room in 1..=ROOMS {
        let mut random = Random::new();
        let mut observer = operations(processes, OBSERVER, room).joined().await;
        let read = timeout(PROGRAM_TIMEOUT, observer.read(i64::MAX, &mut random)).await;
        let (texts, last_seq) = read.expect("in time").expect("a room at rest");
        rooms.insert(room, Room { texts, last_seq });
    }
    rooms
}
