//! Starts services and clients for the stories.

mod client;
mod raw;
mod replica;
mod requests;
mod service;
mod store;
mod tokens;

pub use client::Client;
pub use raw::{Handshake, HttpAnswer, Raw, masked};
pub use replica::{Change, Replica};
pub use requests::{answer_bytes, create, delete, edit, read, written};
pub use service::{SECRET, Service, Setup, token_for};
pub use tokens::{claims_of, signed, signed_with};

/// Makes each story a test on every store.
macro_rules! on_every_store {
    ($($story:ident),* $(,)?) => {
        $crate::harness::on_every_store!(@on memory $($story)*);
        $crate::harness::on_every_store!(@on postgres $($story)*);
    };
    (@on $store:ident $($story:ident)*) => {
        mod $store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() {
                    super::$story($crate::harness::Setup::$store()).await;
                }
            )*
        }
    };
}
pub(crate) use on_every_store;
