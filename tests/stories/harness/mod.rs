//! Starts services and clients for the stories.

mod client;
mod raw;
mod service;
mod tokens;

pub use client::Client;
pub use raw::{Handshake, HttpAnswer, Raw, masked};
pub use service::{SECRET, Service, Setup, token_for};
pub use tokens::{claims_of, signed, signed_with};

/// Makes each story a test on every store.
macro_rules! on_every_store {
    ($($story:ident),* $(,)?) => {
        mod memory {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() {
                    super::$story($crate::harness::Setup::memory()).await;
                }
            )*
        }
    };
}
pub(crate) use on_every_store;
