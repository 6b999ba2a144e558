//! A room in which much has happened.

use aftermatch_model::{
    Author, ClientMsgId, Message, MessageId, Seq, Text, UserId, rules::Whose, world::NewMessage,
};

use super::Subject;
use super::asked::{all, delete, done, edit_to, guard, send};
use super::given::{ADMIN, ANNA, BORIS, OTHER, ROOM, message, profile, talk};
use crate::{Creation, Guard};

/// [`ROOM`] after many changes of every kind, and what it has to be.
pub(super) struct Lived<S> {
    pub(super) subject: S,
    /// The messages that were there after so many changes, oldest first.
    pub(super) was: Vec<Vec<Message>>,
    /// The messages that were deleted: which, created and deleted by which
    /// changes.
    pub(super) gone: Vec<(MessageId, Seq, Seq)>,
    dice: Dice,
}

/// The room after `changes` changes behind its first five messages; others for
/// another seed, the same for the same.
pub(super) async fn lived<S: Subject>(seed: u64, changes: usize) -> Lived<S> {
    let mut first: Vec<_> = [Some(90), None, Some(7), Some(91), None]
        .into_iter()
        .zip([ANNA, BORIS, ANNA, ADMIN, BORIS])
        .map(|(id, author)| message::<S>(id, ROOM, author))
        .collect();
    // What happens elsewhere is none of the room's business.
    first.push(message::<S>(Some(8), OTHER, ANNA));
    let subject = S::holding(talk(first.clone())).await;
    let ids = all(&subject, ROOM).await;
    let mut room = Lived {
        subject,
        was: vec![Vec::new()],
        gone: Vec::new(),
        dice: Dice(seed),
    };
    for (NewMessage { author, text, .. }, Message { id, .. }) in first.into_iter().zip(ids) {
        room.created(id, author, text, None);
    }
    for nth in 0..changes {
        room.goes_on(nth).await;
    }
    room
}

impl<S: Subject> Lived<S> {
    /// The messages that are there, oldest first.
    pub(super) fn now(&self) -> &[Message] {
        self.was.last().unwrap()
    }

    /// The number of the last change.
    pub(super) fn last(&self) -> Seq {
        Seq(i64::try_from(self.was.len()).unwrap() - 1)
    }

    async fn goes_on(&mut self, nth: usize) {
        let author = [ANNA, BORIS, ADMIN][self.dice.below(3)];
        let text = format!("text {nth}");
        match self.dice.below(10) {
            0..5 => self.creates(author, &text).await,
            5..8 => self.edits(&text).await,
            _ => self.deletes().await,
        }
    }

    async fn creates(&mut self, author: UserId, text: &str) {
        let name = (self.dice.below(2) == 0).then_some(text.replace(' ', "-"));
        let guard = self.guard(author).await;
        let created = send(&self.subject, guard, text, name.as_deref()).await;
        let Creation::Created(created) = done(created) else {
            panic!("{text} was never sent before");
        };
        assert_eq!(created.seq, self.last().next());
        self.created(created.id, author, Text::kept(text), name);
    }

    fn created(&mut self, id: MessageId, author: UserId, text: Text, name: Option<String>) {
        let mut now = self.now().to_vec();
        let seq = self.last().next();
        now.push(Message {
            id,
            room: ROOM,
            author: Author {
                id: author,
                profile: profile(author.0),
            },
            text,
            at: S::moment(),
            edited_at: None,
            client_id: name.map(|name| ClientMsgId::new(&name).unwrap()),
            seq,
            changed: seq,
        });
        self.was.push(now);
    }

    async fn edits(&mut self, text: &str) {
        let mut now = self.now().to_vec();
        if now.is_empty() {
            return;
        }
        let nth = self.dice.below(now.len());
        let message = &mut now[nth];
        let guard = self.guard(message.author.id).await;
        let edited = edit_to(&self.subject, guard, message.id, text).await;
        message.changed = done(edited).expect("an own message that is there");
        message.text = Text::kept(text);
        message.edited_at = Some(S::later());
        assert_eq!(message.changed, self.last().next());
        self.was.push(now);
    }

    async fn deletes(&mut self) {
        let mut now = self.now().to_vec();
        let mut picked = Vec::new();
        for _ in 0..self.dice.below(4).min(now.len()) {
            let nth = self.dice.below(now.len());
            picked.push(now.remove(nth));
        }
        if picked.is_empty() {
            return;
        }
        let ids: Vec<_> = picked.iter().map(|message| message.id).collect();
        let guard = self.guard(ADMIN).await;
        let deleted = delete(&self.subject, guard, &ids, Whose::Anyones).await;
        let deleted = done(deleted).expect("messages that are there");
        assert_eq!(deleted.ids, ids);
        let picked = picked.iter();
        self.gone
            .extend(picked.map(|message| (message.id, message.seq, deleted.seq)));
        self.was.push(now);
    }

    async fn guard(&self, user: UserId) -> Guard {
        guard(&self.subject, ROOM, user).await
    }
}

/// A linear congruential generator: chance that is the same every time.
struct Dice(u64);

impl Dice {
    /// One of 0, 1, … up to `limit`, which is not among them.
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let high = usize::try_from(self.0 >> 33).unwrap();
        high % limit
    }
}
