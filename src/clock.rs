use aftermatch_ports::{Clock, model::Timestamp};

/// The clock of the system.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the system's clock"
    )]
    fn now(&self) -> Timestamp {
        time::OffsetDateTime::now_utc().into()
    }
}
