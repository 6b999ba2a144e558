//! Clients that write as fast as they are answered, or pause in between.

use serde_json::json;
use tokio::sync::watch;

use crate::{
    book::{Book, Message, What},
    connection::pause,
    operation::{Answer, Operations},
    reading::{number, text},
};

/// An author that owns so many messages deletes more often than it creates.
const MANY: usize = 30;

pub struct Author {
    operations: Operations,
    book: Book,
    /// Its messages that exist.
    own: Vec<Own>,
    pauses: bool,
}

#[derive(Clone, Copy)]
struct Own {
    /// The place in the book.
    nth: usize,
    id: i64,
    /// Whether an edit was sent twice. The first one may still be carried out later: a
    /// second edit could be undone by it.
    unclear: bool,
}

impl Author {
    pub fn new(operations: Operations, pauses: bool) -> Self {
        let book = Book {
            room: operations.room,
            ..Book::default()
        };
        let own = Vec::new();
        Self {
            operations,
            book,
            own,
            pauses,
        }
    }

    /// Creates, edits and deletes messages until `end`. Every operation gets its answer.
    pub async fn write(mut self, end: watch::Receiver<bool>) -> Book {
        while !*end.borrow() {
            let any = self.operations.random.below(self.own.len().max(1) as u64) as usize;
            let creates = if self.own.len() < MANY { 5 } else { 2 };
            match self.operations.random.below(10) {
                chance if chance < creates || self.own.is_empty() => self.create().await,
                0..7 if !self.own[any].unclear => self.edit(any).await,
                _ => self.delete(any).await,
            }
            if self.pauses {
                pause(&mut self.operations.random).await;
            }
        }
        self.into_book()
    }

    /// Creates one message, the last of its room. Returns its text too.
    pub async fn write_last(mut self) -> (String, Book) {
        self.create().await;
        let mut steps = self.book.messages.iter().flat_map(|last| &last.steps);
        let text = steps.find_map(|step| match &step.what {
            What::Text(text, _) => Some(text.clone()),
            _ => None,
        });
        let text = text.unwrap_or_else(|| panic!("{:?}", self.book.unexpected));
        (text, self.into_book())
    }

    fn into_book(mut self) -> Book {
        self.book.unclear = self.operations.unclear;
        self.book
    }

    async fn create(&mut self) {
        let nth = self.book.messages.len();
        let name = format!("{}-{nth}", self.operations.user);
        let request = json!({
            "action": "create_message",
            "msg_text": format!("{name} is new"),
            "client_msg_id": name,
        });
        let answer = self.operations.perform(&request).await;
        let data = &answer.frame["data"];
        if !matches!(answer.status(), 200 | 201) || data["text"] != request["msg_text"] {
            return self.unexpected(&answer);
        }
        let id = number(&data["id"]);
        self.forget_reused(id, &answer);
        let steps = vec![answer.step(What::Text(text(&data["text"]), number(&data["seq"])))];
        self.book.messages.push(Message { name, id, steps });
        let unclear = false;
        self.own.push(Own { nth, id, unclear });
    }

    /// Where a standby takes over without the last messages, their ids come again.
    fn forget_reused(&mut self, id: i64, answer: &Answer) {
        if let Some(lost) = self.own.iter().position(|own| own.id == id) {
            let Own { nth, .. } = self.own.swap_remove(lost);
            let missing = answer.step(What::Missing);
            self.book.messages[nth].steps.push(missing);
        }
    }

    async fn edit(&mut self, which: usize) {
        let Own { nth, id, .. } = self.own[which];
        let Message { name, steps, .. } = &self.book.messages[nth];
        let edited = format!("{name} has {} edits", steps.len());
        let request = json!({"action": "edit_message", "msg_id": id, "edited_msg_text": edited});
        let answer = self.operations.perform(&request).await;
        self.own[which].unclear |= answer.repeated;
        let what = match answer.status() {
            200 => What::Text(edited, number(&answer.frame["data"]["seq"])),
            404 => What::Missing,
            _ => return self.unexpected(&answer),
        };
        if matches!(what, What::Missing) {
            self.own.swap_remove(which);
        }
        self.book.messages[nth].steps.push(answer.step(what));
    }

    async fn delete(&mut self, which: usize) {
        let Own { nth, id, .. } = self.own.swap_remove(which);
        let request = json!({"action": "delete_messages", "msg_id_list": [id]});
        let answer = self.operations.perform(&request).await;
        let what = match answer.status() {
            200 => What::Deleted(Some(number(&answer.frame["data"]["seq"]))),
            404 if answer.repeated => What::Deleted(None),
            404 => What::Missing,
            _ => return self.unexpected(&answer),
        };
        self.book.messages[nth].steps.push(answer.step(what));
    }

    fn unexpected(&mut self, answer: &Answer) {
        self.book.unexpected.push(answer.frame.to_string());
    }
}
