//! A room after many random events.

use std::collections::HashMap;

use aftermatch_model::{
    Attachments, Author, EventKind, LoggedEvent, Message, MessageId, Reason, RequestId, Seq, Text,
    Timestamp, UserId, access::DeleteScope, world::NewMessage,
};

use super::fixtures::{
    ADMIN, ANNA, BORIS, ODD_TEXTS, OTHER, ROOM, message, odd_request_ids, profile, two_rooms,
};
use super::operations::all_messages;
use super::subject::Subject;
use super::writes::{client_msg_id, committed, create_draft, delete_for, edit_for, precondition};
use crate::{CreateOutcome, Draft, PIECE_BYTES, Precondition};

/// [`ROOM`] after many events of every kind, and what a store must read from it.
pub(super) struct RandomHistory<S> {
    pub(super) subject: S,
    /// The messages after each event, oldest first; at 0, before the first event.
    pub(super) states: Vec<Vec<Message>>,
    /// Each deleted message, with the numbers of the events that created and
    /// deleted it.
    pub(super) deleted: Vec<(MessageId, Seq, Seq)>,
    /// Every event, as it was.
    pub(super) log: Vec<LoggedEvent>,
    /// The reasons of the deletions that have one.
    pub(super) reasons: HashMap<Seq, Reason>,
    random: Random,
    /// The texts are up to twice as long in bytes.
    max_chars: usize,
}

/// A room with five initial messages and then `events` random events. The same
/// seed gives the same events.
pub(super) async fn random_history<S: Subject>(seed: u64, events: usize) -> RandomHistory<S> {
    let mut history = initial_history(seed, 0).await;
    history.go_on(events).await;
    history
}

/// The same with texts of very different length, some longer than [`PIECE_BYTES`].
pub(super) async fn long_history<S: Subject>(seed: u64, events: usize) -> RandomHistory<S> {
    let mut history = initial_history(seed, PIECE_BYTES * 3 / 5).await;
    history.go_on(events).await;
    history
}

async fn initial_history<S: Subject>(seed: u64, max_chars: usize) -> RandomHistory<S> {
    let mut initial: Vec<_> = [Some(90), None, Some(7), Some(91), None]
        .into_iter()
        .zip([ANNA, BORIS, ANNA, ADMIN, BORIS])
        .map(|(id, author)| message::<S>(id, ROOM, author))
        .collect();
    // A message of another room must not show up in this one.
    initial.push(message::<S>(Some(8), OTHER, ANNA));
    let subject = S::with_world(two_rooms(initial.clone())).await;
    let read = all_messages(&subject, ROOM).await;
    let mut history = RandomHistory {
        subject,
        states: vec![Vec::new()],
        deleted: Vec::new(),
        log: Vec::new(),
        reasons: HashMap::new(),
        random: Random(seed),
        max_chars,
    };
    for (initial, read) in initial.into_iter().zip(read) {
        let NewMessage { author, text, .. } = initial;
        let draft = Draft {
            text,
            attachments: None,
            client_msg_id: None,
            request_id: RequestId::NONE,
        };
        let stamp = Stamp {
            by: author,
            at: S::t0(),
            request_id: RequestId::NONE,
        };
        history.expect_created(read.id, draft, stamp);
    }
    history
}

impl<S: Subject> RandomHistory<S> {
    /// The messages now, oldest first.
    pub(super) fn now(&self) -> &[Message] {
        self.states.last().unwrap()
    }

    /// The number of the last event.
    pub(super) fn last_seq(&self) -> Seq {
        Seq(i64::try_from(self.states.len()).unwrap() - 1)
    }

    /// More random events.
    pub(super) async fn go_on(&mut self, events: usize) {
        for _ in 0..events {
            self.random_event().await;
        }
    }

    async fn random_event(&mut self) {
        let nth = self.states.len();
        let author = [ANNA, BORIS, ADMIN][self.random.below(3)];
        let odd = ODD_TEXTS[self.random.below(ODD_TEXTS.len())];
        let length = self.random.below(self.max_chars + 1) >> self.random.below(8);
        let text = format!("text {nth}{odd}{}", "é".repeat(length));
        let mut request_ids = odd_request_ids();
        let request_id = request_ids.swap_remove(self.random.below(request_ids.len()));
        match self.random.below(10) {
            0..5 => self.create(nth, author, &text, request_id).await,
            5..8 => self.edit(&text, request_id).await,
            _ => self.delete(request_id).await,
        }
    }

    /// Every third message has attachments, and every second of these nothing else.
    async fn create(&mut self, nth: usize, by: UserId, text: &str, request_id: RequestId) {
        let id = (self.random.below(2) == 0).then(|| format!("text-{nth}"));
        let precondition = self.precondition(by).await;
        let attachments = (nth.is_multiple_of(3)).then(|| {
            Attachments::stored(format!(r#"[{{"id":"{nth}", "n":"{}"}}]"#, letters(text)))
        });
        let text = if nth.is_multiple_of(6) { "" } else { text };
        let draft = Draft {
            text: Text::stored(text),
            attachments,
            client_msg_id: id.as_deref().map(client_msg_id),
            request_id: request_id.clone(),
        };
        let created = create_draft(&self.subject, precondition, draft.clone()).await;
        let CreateOutcome::Created(created) = committed(created) else {
            panic!("{text} is a new message");
        };
        assert_eq!(created.commit.seq, self.last_seq().next());
        let at = created.commit.at;
        let stamp = Stamp { by, at, request_id };
        self.expect_created(created.id, draft, stamp);
    }

    fn expect_created(&mut self, id: MessageId, draft: Draft, stamp: Stamp) {
        let mut now = self.now().to_vec();
        let seq = self.last_seq().next();
        let message = Message {
            id,
            room: ROOM,
            author: Author {
                id: stamp.by,
                profile: profile(stamp.by.0),
            },
            text: draft.text,
            attachments: draft.attachments,
            created_at: stamp.at,
            edited_at: None,
            client_msg_id: draft.client_msg_id,
            seq,
            changed_seq: seq,
        };
        now.push(message.clone());
        self.expect(stamp, EventKind::Created(message), now);
    }

    async fn edit(&mut self, text: &str, request_id: RequestId) {
        let mut now = self.now().to_vec();
        if now.is_empty() {
            return;
        }
        let nth = self.random.below(now.len());
        let message = &mut now[nth];
        let (by, id) = (message.author.id, message.id);
        let may_be_empty = message.attachments.is_some() && id.0 % 2 == 0;
        let text = if may_be_empty { "" } else { text };
        let precondition = self.precondition(by).await;
        let request = request_id.clone();
        let edited = edit_for(&self.subject, precondition, id, text, request).await;
        let edited = committed(edited).expect("an own message that exists");
        assert_eq!(edited.seq, self.last_seq().next());
        message.changed_seq = edited.seq;
        message.text = Text::stored(text);
        message.edited_at = Some(edited.at);
        let kind = EventKind::Edited {
            id,
            text: message.text.clone(),
        };
        let at = edited.at;
        self.expect(Stamp { by, at, request_id }, kind, now);
    }

    async fn delete(&mut self, request_id: RequestId) {
        let mut now = self.now().to_vec();
        let mut picked = Vec::new();
        for _ in 0..self.random.below(4).min(now.len()) {
            let nth = self.random.below(now.len());
            picked.push(now.remove(nth));
        }
        if picked.is_empty() {
            return;
        }
        let ids: Vec<_> = picked.iter().map(|message| message.id).collect();
        let (precondition, scope) = (self.precondition(ADMIN).await, DeleteScope::Any);
        let request = request_id.clone();
        let nth = self.states.len();
        let odd = ODD_TEXTS[nth % ODD_TEXTS.len()];
        let reason = nth.is_multiple_of(2).then(|| Reason::new(odd).unwrap());
        let because = reason.clone();
        let deleted = delete_for(&self.subject, precondition, &ids, scope, because, request).await;
        let deleted = committed(deleted).expect("messages that exist");
        self.reasons
            .extend(reason.map(|reason| (deleted.commit.seq, reason)));
        assert_eq!(deleted.ids, ids);
        let (seq, at) = (deleted.commit.seq, deleted.commit.at);
        assert_eq!(seq, self.last_seq().next());
        let picked = picked.iter();
        self.deleted
            .extend(picked.map(|message| (message.id, message.seq, seq)));
        let missing = Vec::new();
        let by = ADMIN;
        let kind = EventKind::Deleted { ids, missing };
        self.expect(Stamp { by, at, request_id }, kind, now);
    }

    /// The next event is this one. After it, the room has the messages `now`.
    fn expect(&mut self, stamp: Stamp, kind: EventKind, now: Vec<Message>) {
        let Stamp { by, at, request_id } = stamp;
        self.log.push(LoggedEvent {
            seq: self.last_seq().next(),
            by,
            at,
            request_id,
            kind,
        });
        self.states.push(now);
    }

    async fn precondition(&self, user: UserId) -> Precondition {
        precondition(&self.subject, ROOM, user).await
    }
}

/// Who wrote an event, when, and for which request.
struct Stamp {
    by: UserId,
    at: Timestamp,
    request_id: RequestId,
}

fn letters(text: &str) -> String {
    text.chars()
        .filter(|letter| letter.is_alphanumeric())
        .collect()
}

/// A linear congruential generator: the same numbers every time.
pub(super) struct Random(pub(super) u64);

impl Random {
    /// A number from 0 to `limit - 1`.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let high = usize::try_from(self.0 >> 33).unwrap();
        high % limit
    }
}
