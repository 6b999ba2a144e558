//! Where clients find the processes.

use std::net::SocketAddr;

use aftermatch_test_support::Random;
use tokio::sync::watch;

/// The addresses of the processes; `None` while one does not run.
pub type Now = Vec<Option<SocketAddr>>;

/// The addresses, as they change.
#[derive(Clone)]
pub struct Addresses(watch::Receiver<Now>);

impl Addresses {
    pub fn of(now: &watch::Sender<Now>) -> Self {
        Self(now.subscribe())
    }

    /// The address of a process that runs: of `home` if there is one, else of any. Waits
    /// until one runs.
    pub async fn pick(&mut self, home: Option<usize>, random: &mut Random) -> SocketAddr {
        let some_run = |now: &Now| now.iter().any(Option::is_some);
        let now = self.0.wait_for(some_run).await.expect("processes");
        if let Some(home) = home
            && let Some(address) = now[home % now.len()]
        {
            return address;
        }
        let running: Vec<_> = now.iter().flatten().collect();
        *running[random.below(running.len() as u64) as usize]
    }
}
