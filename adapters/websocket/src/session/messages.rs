//! Messages of the joined room. A read returns a piece of them if their texts are long, and
//! the next piece is read when the client has taken this one.

use aftermatch_ports::{
    ChatError, HistoryPage, HistoryRange,
    model::{Message, RequestId, Seq},
};
use aftermatch_protocol::{
    limits::{DEFAULT_MESSAGES, MAX_MESSAGES},
    request::{AtLeast, SearchMessages, ShortText, UpTo},
    response::{MessageList, RangeEnds},
};

use super::conversation::Conversation;
use crate::{
    metrics::HeldBytes,
    transport::{Closing, LongText},
};

/// Why a response was not sent to its end.
pub(super) enum Unsent {
    /// The connection is being closed.
    Closing,
    /// A piece could not be read.
    Failed(ChatError),
}

impl From<Closing> for Unsent {
    fn from(Closing: Closing) -> Self {
        Self::Closing
    }
}

impl From<ChatError> for Unsent {
    fn from(error: ChatError) -> Self {
        Self::Failed(error)
    }
}

/// A response on its way.
struct Sending<'a> {
    text: LongText<'a>,
    list: MessageList,
    held: HeldBytes,
}

impl Conversation<'_> {
    /// Sends a numbered page, the newest message first.
    pub(super) async fn page(
        &self,
        text: LongText<'_>,
        request_id: &RequestId,
        number: u64,
    ) -> Result<(), Unsent> {
        let chat = &self.state.chat;
        let skip = (number - 1).saturating_mul(MAX_MESSAGES as u64);
        let (count, mut messages) = chat.page(&self.session, skip, MAX_MESSAGES).await?;
        let of_page = count.saturating_sub(skip).min(MAX_MESSAGES as u64);
        let mut sending = self.sending(text, MessageList::of_page(request_id, count));
        let mut left = usize::try_from(of_page).unwrap_or(MAX_MESSAGES);
        while let Some(oldest) = messages.last().map(|message| message.seq) {
            left = left.saturating_sub(messages.len());
            sending.send(messages).await?;
            if left == 0 {
                break;
            }
            let older = HistoryRange::Before(oldest);
            messages = chat.history(&self.session, older, left).await?.messages;
            messages.reverse();
        }
        let next = (skip + of_page < count && of_page > 0).then_some(number + 1);
        let Sending { mut text, list, .. } = sending;
        list.finish_page(text.buffer(), request_id, next);
        text.finish();
        Ok(())
    }

    /// Sends a range, the oldest message first.
    pub(super) async fn range(
        &self,
        text: LongText<'_>,
        request_id: &RequestId,
        range: HistoryRange,
        limit: usize,
    ) -> Result<(), Unsent> {
        let read = self.state.chat.history(&self.session, range, limit).await?;
        let mut sending = self.sending(text, MessageList::of_range(request_id));
        let ends = if let HistoryRange::After(_) = range {
            self.send_forwards(&mut sending, read, limit).await?
        } else {
            match self.oldest_before(&read, limit).await? {
                Some(oldest) => self.send_from(&mut sending, oldest, read).await?,
                None => {
                    let all = read.messages.len();
                    self.send_forwards(&mut sending, read, all).await?
                }
            }
        };
        let Sending { mut text, list, .. } = sending;
        list.finish_range(text.buffer(), request_id, ends);
        text.finish();
        Ok(())
    }

    /// The oldest of `limit` messages, of which `newest` are the newest. `None`: these are
    /// all. The texts of the others are read again when it is their turn.
    async fn oldest_before(
        &self,
        newest: &HistoryPage,
        limit: usize,
    ) -> Result<Option<Seq>, ChatError> {
        let mut oldest = None;
        let mut left = limit.saturating_sub(newest.messages.len());
        let (mut more, mut next) = (newest.has_older, first(newest));
        while let Some(before) = next.filter(|_| more && left > 0) {
            let range = HistoryRange::Before(before);
            let piece = self.state.chat.history(&self.session, range, left).await?;
            left = left.saturating_sub(piece.messages.len());
            more = piece.has_older;
            next = first(&piece);
            oldest = next.or(oldest);
        }
        Ok(oldest)
    }

    /// Sends the messages from `oldest` to the end of `newest`.
    async fn send_from(
        &self,
        sending: &mut Sending<'_>,
        oldest: Seq,
        newest: HistoryPage,
    ) -> Result<RangeEnds, Unsent> {
        let last = newest.messages.last().map(|message| message.seq);
        let mut ends = RangeEnds {
            // If all of these are deleted meanwhile, a client goes on from here.
            before: Some(oldest),
            after: last.filter(|_| newest.has_newer),
            last_seq: newest.last_seq,
        };
        drop(newest);
        let begin = oldest.before();
        let mut after = begin;
        while let Some(last) = last.filter(|last| after < *last) {
            let range = HistoryRange::After(after);
            let mut piece = self
                .state
                .chat
                .history(&self.session, range, MAX_MESSAGES)
                .await?;
            let Some(newest) = piece.messages.last().map(|message| message.seq) else {
                break;
            };
            if after == begin {
                ends.before = first(&piece).filter(|_| piece.has_older);
            }
            after = newest;
            piece.messages.retain(|message| message.seq <= last);
            sending.send(piece.messages).await?;
        }
        Ok(ends)
    }

    /// Sends `page` and what follows it, up to `limit` messages in all.
    async fn send_forwards(
        &self,
        sending: &mut Sending<'_>,
        mut page: HistoryPage,
        limit: usize,
    ) -> Result<RangeEnds, Unsent> {
        let before = first(&page).filter(|_| page.has_older);
        let mut left = limit;
        loop {
            let last = page.messages.last().map(|message| message.seq);
            let more = last.filter(|_| page.has_newer);
            left = left.saturating_sub(page.messages.len());
            sending.send(page.messages).await?;
            match more {
                Some(last) if left > 0 => {
                    let range = HistoryRange::After(last);
                    page = self.state.chat.history(&self.session, range, left).await?;
                }
                after => {
                    return Ok(RangeEnds {
                        before,
                        after,
                        last_seq: page.last_seq,
                    });
                }
            }
        }
    }

    /// Sends the messages that have certain words, the newest first. A piece of the room is
    /// looked through at a time.
    pub(super) async fn found(
        &self,
        text: LongText<'_>,
        request_id: &RequestId,
        search: &SearchMessages,
    ) -> Result<(), Unsent> {
        let ShortText(wanted) = &search.text;
        let mut left = search.limit.map_or(DEFAULT_MESSAGES, |UpTo(limit)| limit);
        let mut before = search.before_seq.map(|AtLeast(seq)| Seq(seq));
        let (mut last_seq, mut last_sent) = (None, None);
        let mut sending = self.sending(text, MessageList::of_search(request_id));
        let next = loop {
            // One more than is sent: so it is known whether there are more.
            let search = self
                .state
                .chat
                .search(&self.session, wanted, before, left + 1);
            let mut piece = search.await?;
            last_seq.get_or_insert(piece.last_seq);
            let has_more = piece.messages.len() > left;
            piece.messages.truncate(left);
            left -= piece.messages.len();
            last_sent = piece.messages.last().map(|last| last.seq).or(last_sent);
            sending.send(piece.messages).await?;
            before = piece.next;
            if has_more {
                break last_sent;
            }
            if before.is_none() {
                break None;
            }
            sending.text.pause().await?;
        };
        let Sending { mut text, list, .. } = sending;
        let last_seq = last_seq.unwrap_or(Seq::ZERO);
        list.finish_search(text.buffer(), request_id, next, last_seq);
        text.finish();
        Ok(())
    }

    fn sending<'a>(&self, text: LongText<'a>, list: MessageList) -> Sending<'a> {
        Sending {
            text,
            list,
            held: HeldBytes::new(self.state.hub.metrics().clone()),
        }
    }
}

impl Sending<'_> {
    async fn send(&mut self, messages: Vec<Message>) -> Result<(), Closing> {
        self.held.set(messages.iter().map(Message::bytes).sum());
        for message in messages {
            self.list.add(self.text.buffer(), &message);
            self.text.send().await?;
        }
        self.held.set(0);
        Ok(())
    }
}

fn first(page: &HistoryPage) -> Option<Seq> {
    page.messages.first().map(|message| message.seq)
}
