//! Aftermatch as a library: [`App`] connects the parts of the service and serves
//! it. The program and the tests both start the service with it.
//!
//! | a caller needs | it takes |
//! |---|---|
//! | where everything is stored | [`Store`] |
//! | to verify access tokens | [`Jwt`], or another implementation of the port |
//! | to verify attachments, if messages can have some | [`AttachmentSignatures`] |
//! | which web pages may connect | [`Origin`] |
//! | what a connection may cost | [`Limits`] |
//! | who may use the HTTP API of the platform | [`ApiTokens`] |
//! | the users that the chat page lets a visitor choose | [`DemoPeople`] |
//! | to notify the platform of messages | [`HttpWebhook`], or [`Builder::events`] |
//! | the time | [`SystemClock`] |

mod app;
mod clock;
mod descriptors;
mod process_metrics;
mod store;

pub use aftermatch_api::ApiTokens;
pub use aftermatch_http::DemoPeople;
pub use aftermatch_jwt::{AttachmentSignatures, Jwt};
pub use aftermatch_webhook::{Address as WebhookAddress, HttpWebhook};
pub use aftermatch_websocket::{Limits, Origin};
pub use app::{
    App, Builder, DEFAULT_HANDSHAKE_TIMEOUT, DEFAULT_KEEP_DELETED, DEFAULT_MAX_TEXT_CHARS,
};
pub use clock::SystemClock;
pub use store::Store;
