//! What others do while this process runs. The platform takes rights away
//! ([`rights`]) and commits events ([`platform_events`]), other processes of this service
//! do that, too ([`remote_events`]), and some of those do not arrive ([`missing`]). Those who
//! follow rooms receive their newest state ([`inbox`]), and what is in no log ([`signals`],
//! [`presence`]). The platform is notified of messages for users who are not connected
//! ([`push`]). These run for as long as the service does. [`retention`] forgets old texts.

pub mod inbox;
pub mod missing;
pub mod platform_events;
pub mod presence;
pub mod push;
pub mod remote_events;
pub mod retention;
pub mod rights;
pub mod signals;
