//! The HTTP server of both ports, and what the service shows over plain HTTP: the
//! protocol, to those who write clients ([`docs()`]); a page to chat in, to those
//! who try it ([`page()`]); the probes, to those who run it ([`routes()`]):
//!
//! | path | answers |
//! |---|---|
//! | `/livez` | 200 as long as the process runs; never asks the store |
//! | `/readyz` | 200 when new connections are welcome; 503 and why when not: the store is away or lacks migrations, or the service is stopping |
//! | `/metrics` | the metrics, for Prometheus; 503 as long as nothing is served |

mod docs;
mod files;
mod page;
mod probes;
mod server;

pub use docs::docs;
pub use page::{DemoPeople, page};
pub use poem::Route;
pub use probes::{OPERATORS_SOCKETS, Operations, routes, serve_operations};
pub use server::{Limits, MAX_PENDING, serve};
