//! The HTTP API, through which the platform gives the service its users, brands and rooms, and
//! writes messages.

mod error;
mod events;
mod messages;
mod openapi;
mod operation;
mod records;

pub use self::{
    error::{ApiCode, ApiError},
    events::{MAX_EVENTS, events, stored},
    messages::{history, message},
    openapi::openapi,
    operation::{ApiAction, Body, OPERATIONS, Operation},
    records::{brand, counts, room, rooms, user},
};

/// The most records in one request.
pub const MAX_RECORDS: usize = 1_000;

/// The largest body of a request.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// The largest body of a request with many records.
pub const MAX_RECORDS_BYTES: usize = 4 * MAX_BODY_BYTES;

/// The number of rooms in a page if the client gives no `limit`.
pub const DEFAULT_ROOMS: usize = 100;
