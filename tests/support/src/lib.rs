//! The harness that tests of the whole service share.
//!
//! | a test needs | it takes |
//! |---|---|
//! | the service inside the test process | [`Setup`], which starts a [`Service`] |
//! | the real binary, to run it or to kill it | [`aftermatch()`], which starts a [`Program`] or a [`Demo`] |
//! | a user of the chat | [`Client`] |
//! | a request or a frame that no library would send | [`HttpRequest`] and [`RawSocket`] |
//! | an access token | [`token_for`], [`claims_of`] and [`signed`] |
//! | an attachment | [`Setup::attachments`] and [`attachment`] |
//! | users, brands and rooms | [`worlds`] |
//! | a change made by the platform while the service runs | methods of [`Service`], or [`Platform`] |
//! | a database, a database server, one with a standby, a connection to cut | [`fresh`], [`Server`], [`Pair`], [`Proxy`] |
//! | chance | [`Random`] |
//!
//! Most tests follow one pattern: start the service, connect some clients, let one of
//! them act, and check what each of them receives.
//!
//! ```no_run
//! use aftermatch_test_support::{Setup, on_every_store};
//!
//! async fn message_created_reaches_participant(setup: Setup) {
//!     let service = setup.start().await;
//!     let mut ann = service.joined(3, 1).await;
//!     let mut bob = service.joined(4, 1).await;
//!     let response = ann.create("hello").await;
//!     assert_eq!(bob.receive().await, response);
//!     ann.expect_silence().await;
//! }
//!
//! on_every_store!(message_created_reaches_participant);
//! ```
//!
//! Three rules keep such tests reliable:
//!
//! * Every wait ends when the awaited thing happens, and fails after [`TIMEOUT`] or
//!   [`PROGRAM_TIMEOUT`]. Nothing sleeps for a fixed time.
//! * Every frame that a [`Client`] receives is checked against the AsyncAPI document that
//!   the service publishes.
//! * Only `product.rs` names crates of the service. A change of their interface is one
//!   change here.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a harness may fail the test that uses it, and tests have no clock to inject"
)]

mod client;
mod http;
mod product;
mod program;
mod random;
mod raw_socket;
mod requests;
mod responses;
mod schema;
mod service;
mod tokens;
pub mod worlds;

use std::time::Duration;

pub use aftermatch_testdb::{
    Authority, Database, LossyLine, NatsAccount, NatsServer, Pair, Platform, Pooler, Proxy, Server,
    SmallDisk, empty, fresh,
};
pub use client::Client;
pub use http::{HttpRequest, HttpResponse, get};
pub use product::{
    Limits, NewBrand, NewRoom, NewUser, Pen, RoomKind, Tariff, Timestamp, brand, in_milliseconds,
    openapi, room, user,
};
pub use program::{
    Aftermatch, Demo, Ended, Program, aftermatch, aftermatch_with_descriptors, file_with, import,
};
pub use random::Random;
pub use raw_socket::{RawSocket, masked};
pub use requests::{create, delete, edit};
pub use responses::{read, response_bytes, without_epoch, written};
pub use service::{Service, Setup};
pub use tokens::{
    ATTACHMENT_SECRET, SECRET, attachment, claims_of, signed, signed_with, token_for,
};

/// Longer than any single step of a test takes. A wait that lasts this long has failed.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// The same for steps of the real binary, which include the recovery of a database
/// server.
pub const PROGRAM_TIMEOUT: Duration = Duration::from_secs(60);

/// Turns each scenario, a function that takes a [`Setup`], into one test per store:
/// `memory::name` and `postgres::name`.
#[macro_export]
macro_rules! on_every_store {
    ($($scenario:ident),* $(,)?) => {
        $crate::on_every_store!(@on memory $($scenario)*);
        $crate::on_every_store!(@on postgres $($scenario)*);
    };
    (@on $store:ident $($scenario:ident)*) => {
        mod $store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $scenario() {
                    super::$scenario($crate::Setup::$store()).await;
                }
            )*
        }
    };
}
