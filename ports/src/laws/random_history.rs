//! A room after many random events.

use aftermatch_model::{
    Author, ClientMsgId, Message, MessageId, Seq, Text, UserId, access::DeleteScope,
    world::NewMessage,
};

use super::fixtures::{ADMIN, ANNA, BORIS, OTHER, ROOM, message, profile, two_rooms};
use super::operations::{all_messages, committed, create_with, delete, edit_to, precondition};
use super::subject::Subject;
use crate::{CreateOutcome, Precondition};

/// [`ROOM`] after many events of every kind, and what a store must read from it.
pub(super) struct RandomHistory<S> {
    pub(super) subject: S,
    /// The messages after each event, oldest first; at 0, before the first event.
    pub(super) states: Vec<Vec<Message>>,
    /// Each deleted message, with the numbers of the events that created and
    /// deleted it.
    pub(super) deleted: Vec<(MessageId, Seq, Seq)>,
    random: Random,
}

/// A room with five initial messages and then `events` random events. The same
/// seed gives the same events.
pub(super) async fn random_history<S: Subject>(seed: u64, events: usize) -> RandomHistory<S> {
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
        random: Random(seed),
    };
    for (NewMessage { author, text, .. }, Message { id, .. }) in initial.into_iter().zip(read) {
        history.expect_created(id, author, text, None);
    }
    for nth in 0..events {
        history.random_event(nth).await;
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

    async fn random_event(&mut self, nth: usize) {
        let author = [ANNA, BORIS, ADMIN][self.random.below(3)];
        let text = format!("text {nth}");
        match self.random.below(10) {
            0..5 => self.create(author, &text).await,
            5..8 => self.edit(&text).await,
            _ => self.delete().await,
        }
    }

    async fn create(&mut self, author: UserId, text: &str) {
        let client_msg_id = (self.random.below(2) == 0).then_some(text.replace(' ', "-"));
        let precondition = self.precondition(author).await;
        let created = create_with(&self.subject, precondition, text, client_msg_id.as_deref());
        let CreateOutcome::Created(created) = committed(created.await) else {
            panic!("{text} is a new message");
        };
        assert_eq!(created.seq, self.last_seq().next());
        self.expect_created(created.id, author, Text::stored(text), client_msg_id);
    }

    fn expect_created(
        &mut self,
        id: MessageId,
        author: UserId,
        text: Text,
        client_msg_id: Option<String>,
    ) {
        let mut now = self.now().to_vec();
        let seq = self.last_seq().next();
        now.push(Message {
            id,
            room: ROOM,
            author: Author {
                id: author,
                profile: profile(author.0),
            },
            text,
            created_at: S::t0(),
            edited_at: None,
            client_msg_id: client_msg_id.map(|id| ClientMsgId::new(&id).unwrap()),
            seq,
            changed_seq: seq,
        });
        self.states.push(now);
    }

    async fn edit(&mut self, text: &str) {
        let mut now = self.now().to_vec();
        if now.is_empty() {
            return;
        }
        let nth = self.random.below(now.len());
        let message = &mut now[nth];
        let precondition = self.precondition(message.author.id).await;
        let edited = edit_to(&self.subject, precondition, message.id, text).await;
        message.changed_seq = committed(edited).expect("an own message that exists");
        message.text = Text::stored(text);
        message.edited_at = Some(S::t1());
        assert_eq!(message.changed_seq, self.last_seq().next());
        self.states.push(now);
    }

    async fn delete(&mut self) {
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
        let precondition = self.precondition(ADMIN).await;
        let deleted = delete(&self.subject, precondition, &ids, DeleteScope::Any).await;
        let deleted = committed(deleted).expect("messages that exist");
        assert_eq!(deleted.ids, ids);
        let picked = picked.iter();
        self.deleted
            .extend(picked.map(|message| (message.id, message.seq, deleted.seq)));
        self.states.push(now);
    }

    async fn precondition(&self, user: UserId) -> Precondition {
        precondition(&self.subject, ROOM, user).await
    }
}

/// A linear congruential generator: the same numbers every time.
struct Random(u64);

impl Random {
    /// A number from 0 to `limit - 1`.
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let high = usize::try_from(self.0 >> 33).unwrap();
        high % limit
    }
}
