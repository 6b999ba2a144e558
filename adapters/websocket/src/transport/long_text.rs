//! A response that may be long. It is sent while it is written, in fragments, as its
//! reader takes them: so it is never in memory as a whole, and others do not wait.

use std::{mem, sync::Arc, time::Duration};

use aftermatch_protocol::close::Close;

use super::{
    frame::TextFrame,
    outbox::{Closing, Outbox},
};
use crate::turn_queue::TurnQueue;

/// A shorter response is one frame.
const FRAGMENT_BYTES: usize = 64 * 1024;

/// If it is dropped between its first fragment and [`LongText::finish`], the connection is
/// closed: nothing else could follow.
pub(crate) struct LongText<'a> {
    outbox: &'a Outbox,
    turns: &'a Arc<TurnQueue>,
    frame: TextFrame,
    /// Whether its fragments are compressed.
    compressed: bool,
    /// Whether only a part of it is in the outbox.
    partial: bool,
    /// How long the reader may take nothing.
    patience: Duration,
}

impl<'a> LongText<'a> {
    pub(crate) fn new(outbox: &'a Outbox, turns: &'a Arc<TurnQueue>, patience: Duration) -> Self {
        Self {
            outbox,
            turns,
            frame: TextFrame::new(),
            compressed: outbox.compresses_long(),
            partial: false,
            patience,
        }
    }

    /// The buffer to append to, in UTF-8. What it has must not be changed.
    pub(crate) fn buffer(&mut self) -> &mut Vec<u8> {
        self.frame.payload()
    }

    /// Sends what was written if that is enough for a fragment, and returns when there is
    /// room for more. Others go on meanwhile, however fast the reader is.
    pub(crate) async fn send(&mut self) -> Result<(), Closing> {
        if self.buffer().len() < FRAGMENT_BYTES {
            return Ok(());
        }
        self.partial = true;
        let fragment = if self.compressed {
            let before = self.buffer().len();
            let fragment = self.frame.deflated_fragment().ok_or(Closing)?;
            self.outbox.count_compressed(before, fragment.len());
            fragment
        } else {
            self.frame.fragment()
        };
        self.outbox.begin(fragment);
        self.pause().await
    }

    /// Returns when there is room for more, and others have gone on. Called between two
    /// pieces of work for it.
    pub(crate) async fn pause(&self) -> Result<(), Closing> {
        self.outbox.make_room(self.patience).await?;
        self.turns.next_turn().await;
        Ok(())
    }

    /// Adds the rest to the outbox.
    pub(crate) fn finish(mut self) {
        let frame = mem::replace(&mut self.frame, TextFrame::new());
        if !self.partial {
            self.outbox.respond(frame.finish());
            return;
        }
        let last = if self.compressed {
            frame.deflated_finish()
        } else {
            Some(frame.finish())
        };
        if let Some(last) = last {
            self.outbox.complete(last);
            self.partial = false;
        }
    }
}

impl Drop for LongText<'_> {
    fn drop(&mut self) {
        if self.partial {
            self.outbox
                .close(Close::try_later("a long response could not be completed"));
        }
    }
}
