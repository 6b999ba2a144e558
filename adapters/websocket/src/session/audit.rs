//! What the log says about the past, for administrators. A page of it is read at once,
//! because its texts are bounded, and sent as its reader takes it.

use aftermatch_ports::{
    ChatError,
    model::{AuditedEvent, MessageId, MessageVersion, RequestId, Seq, Text},
};
use aftermatch_protocol::{
    limits::{DEFAULT_MESSAGES, MAX_MESSAGES},
    request::{AtLeast, Audit, Id, MessageHistory, Position, UpTo},
    response::AuditList,
};

use super::conversation::Conversation;
use crate::metrics::HeldBytes;

impl Conversation<'_> {
    /// Sends versions of a message of the joined room, the oldest first.
    pub(super) async fn message_history(
        &self,
        request_id: &RequestId,
        history: MessageHistory,
    ) -> Result<(), ChatError> {
        let Id(id) = history.msg_id;
        let (message, before) = (MessageId(id), before(history.before_seq));
        let chat = &self.state.chat;
        let read = chat.message_history(&self.session, message, before, at_most(history.limit));
        let (room, page) = read.await?;
        let (versions, attachments) = (page.versions, page.attachments.as_ref());
        let oldest = versions.first().filter(|_| page.has_older);
        let next = oldest.map(|oldest| oldest.seq);
        let list = AuditList::of_versions(request_id, room, message, next, attachments);
        let texts = versions.iter().filter_map(MessageVersion::text);
        let attached = attachments.map_or(0, |json| json.as_str().len());
        let bytes = bytes(texts) + attached;
        self.send_audit(list, &versions, bytes, AuditList::add_version)
            .await;
        Ok(())
    }

    /// Sends edits and deletions of the joined room, the newest first.
    pub(super) async fn audit(
        &self,
        request_id: &RequestId,
        audit: Audit,
    ) -> Result<(), ChatError> {
        let chat = &self.state.chat;
        let (before, limit) = (before(audit.before_seq), at_most(audit.limit));
        let (room, page) = chat.audit(&self.session, before, limit).await?;
        let events = page.events;
        let oldest = events.last().filter(|_| page.has_older);
        let next = oldest.map(|oldest| oldest.seq);
        let list = AuditList::of_events(request_id, room, next);
        let bytes = bytes(events.iter().flat_map(AuditedEvent::texts));
        self.send_audit(list, &events, bytes, AuditList::add_event)
            .await;
        Ok(())
    }

    /// Sends these items, which have `bytes` of text.
    async fn send_audit<T>(
        &self,
        mut list: AuditList,
        items: &[T],
        bytes: usize,
        add: fn(&mut AuditList, &mut Vec<u8>, &T),
    ) {
        let mut held = HeldBytes::new(self.state.hub.metrics().clone());
        held.set(bytes);
        let mut text = self.long_text();
        for item in items {
            add(&mut list, text.buffer(), item);
            // A connection that is being closed needs no response.
            if text.send().await.is_err() {
                return;
            }
        }
        list.finish(text.buffer());
        text.finish();
    }
}

fn before(position: Option<Position>) -> Option<Seq> {
    position.map(|AtLeast(seq)| Seq(seq))
}

fn at_most(limit: Option<UpTo<MAX_MESSAGES>>) -> usize {
    limit.map_or(DEFAULT_MESSAGES, |UpTo(limit)| limit)
}

fn bytes<'a>(texts: impl Iterator<Item = &'a Text>) -> usize {
    texts.map(|text| text.as_str().len()).sum()
}
