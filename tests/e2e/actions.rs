//! Every action: what it does, who receives its event, and when it is refused.

mod attachments;
mod audit;
mod broadcast;
mod delete;
mod follow;
mod history;
mod join;
mod list;
mod mark_read;
mod renew;
mod retry;
mod search;
mod write;
