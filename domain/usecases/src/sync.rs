//! What others do while this process runs: the platform takes rights away
//! ([`rights`]), and other processes of this service commit events
//! ([`remote_events`]). Both run for as long as the service does.

pub mod remote_events;
pub mod rights;
