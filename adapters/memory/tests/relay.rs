//! The laws of every relay, on two linked instances in one process.

use std::{
    task::{Context, Waker},
    time::Duration,
};

use aftermatch_memory::LocalRelay;
use aftermatch_ports::{Interest, Relay, laws::RelaySubject, model::Timestamp};
use async_trait::async_trait;
use time::OffsetDateTime;
use tokio::time::sleep;

aftermatch_ports::laws::relay_laws!(Linked);

struct Linked([LocalRelay; 2]);

#[async_trait]
impl RelaySubject for Linked {
    async fn connected() -> Self {
        Self(LocalRelay::pair())
    }

    fn instances(&self) -> [&dyn Relay; 2] {
        self.0.each_ref().map(|instance| instance as &dyn Relay)
    }

    fn interests(&self) -> [&dyn Interest; 2] {
        self.0.each_ref().map(|instance| instance as &dyn Interest)
    }

    fn moment(millis: i64) -> Timestamp {
        (OffsetDateTime::UNIX_EPOCH + time::Duration::milliseconds(millis)).into()
    }

    async fn pause(&self) {
        sleep(Duration::from_millis(1)).await;
    }
}

#[test]
fn relay_alone_never_receives() {
    let relay = LocalRelay::alone();
    let mut context = Context::from_waker(Waker::noop());
    assert!(relay.receive().as_mut().poll(&mut context).is_pending());
}
