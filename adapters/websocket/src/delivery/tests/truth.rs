//! Random histories: whatever happens, and in whatever order it becomes known here, each
//! connection that follows has received in the end what a list says.

mod model;

use std::collections::HashMap;

use aftermatch_ports::{
    DueRoom, Inbox, Scope, Signals, Summary,
    model::{FollowedRooms, Following},
};
use aftermatch_protocol::event;
use proptest::{collection::vec, prelude::*};
use tokio::{runtime, time::advance};

use self::model::{ADMIN, ANN_READS, BOB_WRITES, ROOMS, Truth};
use super::*;
use crate::encode;

/// One thing that happens. Numbers choose among what there is.
#[derive(Debug, Clone)]
enum Happening {
    Create {
        room: usize,
        by_ann: bool,
        news: News,
    },
    Edit {
        room: usize,
        nth: usize,
        news: News,
    },
    Delete {
        room: usize,
        nth: usize,
        news: News,
    },
    Mark {
        room: usize,
        back: i64,
        is_shown: bool,
        is_lost: bool,
    },
    Change {
        room: usize,
    },
    /// What waits becomes known here.
    Notice {
        nth: usize,
    },
    /// Rooms that are due begin to be read.
    Begin,
    /// One of them is read, and is not delivered yet.
    Read {
        nth: usize,
    },
    Deliver {
        nth: usize,
    },
    Postpone {
        nth: usize,
    },
    Join {
        device: usize,
    },
    Leave {
        device: usize,
    },
    Follow {
        device: usize,
    },
    Wait {
        millis: u64,
    },
}

/// How an event becomes known here.
#[derive(Debug, Clone, Copy)]
enum News {
    Whole,
    Twice,
    /// The recheck finds its number.
    Number,
}

/// What is not known here yet.
enum Notice {
    Event(Box<RoomEvent>),
    Written(RoomId, Seq),
    Signal(Signal),
    Changed(RoomId),
    Compare,
}

fn news() -> impl Strategy<Value = News> + Clone {
    prop_oneof![8 => Just(News::Whole), 1 => Just(News::Twice), 1 => Just(News::Number)]
}

fn happening() -> impl Strategy<Value = Happening> {
    let room = 0..ROOMS.len();
    let nth = 0..8_usize;
    let device = 0..3_usize;
    let create = (room.clone(), prop::bool::weighted(0.2), news());
    let change = (room.clone(), nth.clone(), news());
    let mark = (
        room.clone(),
        0..3_i64,
        any::<bool>(),
        prop::bool::weighted(0.2),
    );
    prop_oneof![
        10 => create.prop_map(|(room, by_ann, news)| Happening::Create { room, by_ann, news }),
        1 => change.clone().prop_map(|(room, nth, news)| Happening::Edit { room, nth, news }),
        1 => change.prop_map(|(room, nth, news)| Happening::Delete { room, nth, news }),
        2 => mark.prop_map(|(room, back, is_shown, is_lost)| Happening::Mark {
            room,
            back,
            is_shown,
            is_lost,
        }),
        1 => room.prop_map(|room| Happening::Change { room }),
        12 => prop_oneof![3 => Just(0), 1 => nth.clone()].prop_map(|nth| Happening::Notice { nth }),
        6 => Just(Happening::Begin),
        3 => nth.clone().prop_map(|nth| Happening::Read { nth }),
        6 => nth.clone().prop_map(|nth| Happening::Deliver { nth }),
        1 => nth.prop_map(|nth| Happening::Postpone { nth }),
        1 => device.clone().prop_map(|device| Happening::Join { device }),
        1 => device.clone().prop_map(|device| Happening::Leave { device }),
        1 => device.prop_map(|device| Happening::Follow { device }),
        5 => (0..1_500_u64).prop_map(|millis| Happening::Wait { millis }),
    ]
}

struct Device {
    client: Client,
    scope: Scope,
    follows: bool,
    /// What it has last received of each room, or found in its list.
    known: HashMap<RoomId, String>,
}

/// What is read of rooms, and what has been read and is not delivered.
type Reading = (DueRoom, Option<Summary>);

struct History {
    stage: Stage,
    truth: Truth,
    devices: Vec<Device>,
    unnoticed: Vec<Notice>,
    reading: Vec<Reading>,
}

/// The part of the frame that every `room_changed` has.
fn shown(summary: &Summary) -> String {
    let frame = encode::text(&event::room_changed(summary, false, None, false));
    let text = String::from_utf8_lossy(&frame).into_owned();
    let start = text.find('{').expect("JSON");
    let end = text.find("},\"action\"").expect("an action");
    text[start..end].to_owned()
}

fn nth<T>(of: &[T], nth: usize) -> Option<usize> {
    (!of.is_empty()).then(|| nth % of.len())
}

impl History {
    async fn new() -> Self {
        let stage = Stage::new();
        let mut devices = Vec::new();
        for (session, user) in [(1, ANN_READS), (2, ANN_READS), (3, ADMIN)] {
            let client = stage.device(session, user).await;
            let connection = client.registration.connection();
            if user == ADMIN {
                connection.set_viewer(Viewer::Admin);
            }
            devices.push(Device {
                scope: connection.scope(),
                client,
                follows: false,
                known: HashMap::new(),
            });
        }
        let mut history = Self {
            stage,
            truth: Truth::default(),
            devices,
            unnoticed: Vec::new(),
            reading: Vec::new(),
        };
        (0..3).for_each(|device| history.follow(device));
        history
    }

    fn happen(&mut self, happening: &Happening) {
        match *happening {
            Happening::Create { room, by_ann, news } => {
                let by = if by_ann { ANN_READS } else { BOB_WRITES };
                let event = self.truth.create(ROOMS[room], by);
                self.announce(event, news);
            }
            Happening::Edit { room, nth, news } => {
                let event = self.truth.edit(ROOMS[room], nth);
                event
                    .into_iter()
                    .for_each(|event| self.announce(event, news));
            }
            Happening::Delete { room, nth, news } => {
                let event = self.truth.delete(ROOMS[room], nth);
                event
                    .into_iter()
                    .for_each(|event| self.announce(event, news));
            }
            Happening::Mark {
                room,
                back,
                is_shown,
                is_lost,
            } => {
                let room = ROOMS[room];
                if let Some(seq) = self.truth.mark(room, back) {
                    self.unnoticed.push(if is_lost {
                        Notice::Compare
                    } else {
                        Notice::Signal(Signal::Read {
                            room,
                            user: ANN_READS,
                            seq,
                            shown: is_shown.then_some(seq),
                        })
                    });
                }
            }
            Happening::Change { room } => {
                self.truth.change(ROOMS[room]);
                self.unnoticed.push(Notice::Changed(ROOMS[room]));
            }
            Happening::Notice { nth } => self.notice(nth),
            Happening::Begin => self.begin(),
            Happening::Read { nth } => {
                if let Some(nth) = self::nth(&self.reading, nth) {
                    let (due, read) = &mut self.reading[nth];
                    read.get_or_insert_with(|| self.truth.summary(due.room, due.scope));
                }
            }
            Happening::Deliver { nth } => self.deliver(nth),
            Happening::Postpone { nth } => {
                if let Some(nth) = self::nth(&self.reading, nth) {
                    self.stage.hub.postpone(self.reading.remove(nth).0);
                }
            }
            Happening::Join { device } => {
                let device = &mut self.devices[device];
                if device.scope != Scope::All && device.client.reservation.is_none() {
                    device.client.reserve(&self.stage, ANN);
                    device.client.activate(0);
                }
            }
            Happening::Leave { device } => {
                self.stage.hub.leave(self.devices[device].client.session());
            }
            Happening::Follow { device } if self.devices[device].follows => {
                let device = &mut self.devices[device];
                device.follows = false;
                let session = device.client.session();
                self.stage.hub.follow(session, Following::default());
            }
            Happening::Follow { device } => self.follow(device),
            Happening::Wait { .. } => {}
        }
        self.receive();
    }

    fn announce(&mut self, event: RoomEvent, news: News) {
        let (room, seq) = (event.room.room.id, event.seq);
        let whole = || Notice::Event(Box::new(event.clone()));
        match news {
            News::Whole => self.unnoticed.push(whole()),
            News::Twice => self.unnoticed.extend([whole(), whole()]),
            News::Number => self.unnoticed.push(Notice::Written(room, seq)),
        }
    }

    fn notice(&mut self, nth: usize) {
        let Some(nth) = self::nth(&self.unnoticed, nth) else {
            return;
        };
        let hub = &self.stage.hub;
        match self.unnoticed.remove(nth) {
            Notice::Event(event) => hub.event(&event),
            Notice::Written(room, seq) => hub.written(room, seq),
            Notice::Signal(signal) => hub.receive(signal),
            Notice::Changed(room) => hub.changed(vec![room], vec![(room, BrandId(1))]),
            Notice::Compare => {
                for scope in hub.scopes() {
                    hub.load(scope, self.truth.states(scope));
                }
            }
        }
    }

    /// Follows, and asks for the list.
    fn follow(&mut self, device: usize) {
        let device = &mut self.devices[device];
        let following = Following {
            rooms: FollowedRooms::InReach,
            ..Following::default()
        };
        let unloaded = self.stage.hub.follow(device.client.session(), following);
        if let Some(scope) = unloaded {
            self.stage.hub.load(scope, self.truth.states(scope));
        }
        device.follows = true;
        device.client.texts();
        let listed = ROOMS.map(|room| (room, shown(&self.truth.summary(room, device.scope))));
        device.known = HashMap::from(listed);
    }

    fn begin(&mut self) {
        let due = self.stage.due();
        self.reading.extend(due.into_iter().map(|due| (due, None)));
    }

    fn deliver(&mut self, nth: usize) {
        if let Some(nth) = self::nth(&self.reading, nth) {
            let (due, read) = self.reading.remove(nth);
            let read = read.unwrap_or_else(|| self.truth.summary(due.room, due.scope));
            self.stage.hub.deliver(due, Ok(read));
        }
    }

    fn receive(&mut self) {
        for device in &mut self.devices {
            for frame in device.client.texts() {
                assert!(device.follows, "{frame}");
                let start = frame.find("\"room_pk\":").expect("a room") + 10;
                let digits = frame[start..].split(',').next().expect("a number");
                let room = RoomId(digits.parse().expect("a number"));
                let end = frame.find(",\"room\":{").or(frame.find("},\"action\""));
                device
                    .known
                    .insert(room, frame[..end.expect("an end")].to_owned());
            }
        }
    }

    /// Everything becomes known, and nothing more happens.
    async fn settle(&mut self) {
        while !self.unnoticed.is_empty() {
            self.notice(0);
        }
        for device in 0..self.devices.len() {
            self.happen(&Happening::Leave { device });
        }
        for _ in 0..5 {
            self.begin();
            while !self.reading.is_empty() {
                self.deliver(0);
            }
            self.receive();
            advance(Duration::from_secs(1)).await;
        }
        assert_eq!(self.stage.due(), []);
        for device in self.devices.iter().filter(|device| device.follows) {
            for room in ROOMS {
                let listed = shown(&self.truth.summary(room, device.scope));
                assert_eq!(device.known[&room], listed, "{:?}", device.scope);
            }
        }
    }
}

fn play(happenings: &[Happening]) {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut history = History::new().await;
        for happening in happenings {
            history.happen(happening);
            if let Happening::Wait { millis } = *happening {
                advance(Duration::from_millis(millis)).await;
            }
        }
        history.settle().await;
    });
}

proptest! {
    #[test]
    fn followers_have_what_list_says(happenings in vec(happening(), 1..120)) {
        play(&happenings);
    }
}
