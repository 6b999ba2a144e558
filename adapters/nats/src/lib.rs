//! The relay over NATS: events between processes, for many of them.
//!
//! Each room has a subject, to which a process subscribes while it wants the room. How far a
//! user reads is said at one of 256 subjects, which the id of the user decides. An event is
//! published once, and the NATS server sends it to those who subscribe. Nothing is stored
//! there: what is lost, the rechecks find in the log.
//!
//! | file | what it does |
//! |---|---|
//! | `options` | how to reach the servers |
//! | `address` | the address of one, who connects, and why it cannot be used |
//! | `health` | whether one can be used, and why not |
//! | `inspect` | tries the servers |
//! | `server` | one server: subscribes, publishes, receives |
//! | `subjects` | what the subjects are called |
//! | `subscriptions` | those to rooms and users |
//! | `outgoing` | what waits to be done at a server |
//! | `wanted` | what this process wants, and what of it is still to be done |
//! | `processes` | which other processes have said something lately, and of which brands |
//! | `ports` | the ports, over all servers |
//! | `metrics` | whether the servers are there |
//!
//! # Invariants
//! 1. **Nobody misses what is committed while a subscription is on its way.** A process
//!    remembers for some seconds the last number that it published in each room, *before* it
//!    publishes. Another one subscribes to the room, and *then* asks all who remembers it:
//!    the server reads both in this order. So the event or the number is received. The same
//!    holds for how far users have read, which no log has: who remembers that says it again.
//! 2. **No write waits for the relay.** What waits to be published is bounded. Of what does
//!    not fit, the last number of each room remains.
//! 3. **No brand is online at a process that is gone.** A process says that it is there every
//!    three seconds. What it has said of its brands is forgotten when it has been silent for
//!    twenty, and when the connection to the server was lost.
//! 4. **Each room, each user and each brand has one server**, by its id. The servers know
//!    nothing of each other, and every process has the same list of them.
//! 5. **Cancel-safe.** `receive`, `signals` and `ready` run the connections, one of them at
//!    a time. They may be dropped at any time: the next call goes on.
//! 6. **What is said to one process is older than what is said to all after it.** Which brands are
//!    online is said to one process at its own subject, and what changes to all, at another.
//!    Of two subjects the library does not keep the order: what waits at the own one is read
//!    before anything that was said to all. What was said to all before it may come after it,
//!    and then the last of that agrees with it. Only who is behind by a whole reconnection of
//!    the other process may show a brand wrongly, until that brand changes.

mod address;
mod health;
mod inspect;
mod metrics;
mod options;
mod outgoing;
mod ports;
mod processes;
mod server;
mod subjects;
mod subscriptions;
mod wanted;

use std::{convert::Infallible, pin::Pin, sync::Arc, time::Duration};

use aftermatch_relay::{Queue, SignalQueue};
use futures_util::{FutureExt, future::select_all};
use tokio::{
    sync::Mutex,
    time::{sleep, timeout},
};

use self::{address::Address, server::Server};
pub use self::{
    inspect::{Inspection, inspect},
    options::{Options, OptionsError},
};

/// How long to wait for the servers at the start.
const READY_TIMEOUT: Duration = Duration::from_secs(3);

/// How often rechecks are hastened while a server is away.
const AWAY_INTERVAL: Duration = Duration::from_millis(500);

/// The relay over NATS.
pub struct Nats {
    servers: Vec<Arc<Server>>,
    events: Arc<Queue>,
    signals: Arc<SignalQueue>,
    driver: Mutex<Pin<Box<dyn Future<Output = Infallible> + Send>>>,
}

impl Nats {
    /// A relay for the processes of `deployment`, a word that others which use the same
    /// servers do not have. It connects as soon as it is used.
    ///
    /// # Errors
    /// An address is not valid, or the file of the credentials cannot be used.
    pub async fn new(options: &Options, deployment: &str) -> Result<Self, OptionsError> {
        let (events, signals) = (Arc::<Queue>::default(), Arc::<SignalQueue>::default());
        let mut servers = Vec::new();
        let mut drivers = Vec::new();
        for address in &options.servers {
            let address = Address::new(address, options)?;
            let server = Arc::new(Server::new(address, deployment, &events, &signals));
            let connect = server.connect_options().await?;
            let running = server.clone().run(connect);
            drivers.push(running.boxed());
            servers.push(server);
        }
        let driver = async move { select_all(drivers).await.0 };
        Ok(Self {
            servers,
            events,
            signals,
            driver: Mutex::new(Box::pin(driver)),
        })
    }

    /// Calls `hasten` every half second while a server is away: events of other processes
    /// are then found by rechecks alone.
    pub async fn while_away(&self, hasten: impl Fn()) -> Infallible {
        loop {
            sleep(AWAY_INTERVAL).await;
            if self.servers.iter().any(|server| !server.is_up()) {
                hasten();
            }
        }
    }

    /// Waits until all servers are there, or for three seconds.
    async fn wait_for_servers(&self) {
        let ready = async {
            for server in &self.servers {
                tokio::select! {
                    biased;
                    () = server.ready() => {}
                    never = self.run() => match never {},
                }
            }
        };
        if timeout(READY_TIMEOUT, ready).await.is_err() {
            tracing::warn!("a NATS server is away: not waiting");
        }
    }

    /// Runs the connections, or waits while another call does: invariant 5.
    async fn run(&self) -> Infallible {
        self.driver.lock().await.as_mut().await
    }

    /// Invariant 4.
    fn server(&self, id: i64) -> Option<&Server> {
        let servers = i64::try_from(self.servers.len()).ok()?;
        let nth = usize::try_from(id.checked_rem_euclid(servers)?).ok()?;
        self.servers.get(nth).map(|server| &**server)
    }
}
