//! Two users who behave well while others attack.

use std::{future::Future, net::SocketAddr, time::Duration};

use aftermatch_test_support::{Client, Program, TIMEOUT, get};
use futures_util::future::join;
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};

use crate::world::{ANN, BOB};

/// Time between two messages of Ann: half as many as she may write.
const PACE: Duration = Duration::from_millis(100);

/// Messages that she writes at least.
const MESSAGES: i64 = 10;

pub struct Neighbours {
    ann: Client,
    bob: Client,
    last: i64,
}

impl Neighbours {
    pub async fn joined(program: &Program) -> Self {
        Self {
            ann: program.joined(ANN, 1).await,
            bob: program.joined(BOB, 1).await,
            last: 0,
        }
    }

    /// Ann writes a message. Both receive it, and no other before it.
    pub async fn chat(&mut self) {
        self.last += 1;
        let received = join(self.ann.create("good morning"), self.bob.receive()).await;
        assert_eq!(received.0["data"]["seq"], self.last, "{}", received.0);
        assert_eq!(received.1, received.0);
        sleep(PACE).await;
    }

    /// They chat for a while.
    pub async fn chat_on(&mut self) {
        for _ in 0..MESSAGES {
            self.chat().await;
        }
    }

    /// They chat until the attack has ended, which it has to in time.
    pub async fn chat_during<T: Send + 'static>(
        &mut self,
        attack: impl Future<Output = T> + Send + 'static,
    ) -> T {
        let attack: JoinHandle<T> = tokio::spawn(attack);
        let begun = Instant::now();
        while !attack.is_finished() {
            self.chat().await;
            assert!(begun.elapsed() < 12 * TIMEOUT, "it ends in time");
        }
        self.chat_on().await;
        attack.await.expect("no panic")
    }

    /// They chat while an attack goes on that does not end itself.
    pub async fn chat_amid(&mut self, attack: impl Future<Output = ()> + Send + 'static) {
        let attack = tokio::spawn(attack);
        self.chat_on().await;
        assert!(!attack.is_finished(), "the attack ended before");
        attack.abort();
        let _ = attack.await;
        self.chat_on().await;
    }
}

/// The value of a metric without labels.
pub async fn metric(address: SocketAddr, name: &str) -> u64 {
    let metrics = get(address, "/metrics").await.body;
    let line = metrics.lines().find_map(|line| line.strip_prefix(name));
    let value = line.unwrap_or_else(|| panic!("no {name} in {metrics}"));
    value.trim().parse().expect("a number")
}
