//! Whether a server can be used, and why not.

use std::{
    collections::HashSet,
    future::ready,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_nats::{ConnectOptions, Event, Server as KnownServer, ServerAddr, ServerError};
use parking_lot::Mutex;

use crate::{
    address::{Address, MIN_BYTES},
    options::OptionsError,
};

/// The longest pause before the next attempt to connect again.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Whether a server can be used. The log says each reason once.
pub(crate) struct Health {
    address: Address,
    is_up: AtomicBool,
    /// How often it has connected.
    connected: AtomicU64,
    /// Why it cannot be used: what the log has said since there was a connection.
    said: Mutex<HashSet<String>>,
}

impl Health {
    pub(crate) fn new(address: Address) -> Self {
        Self {
            address,
            is_up: AtomicBool::new(false),
            connected: AtomicU64::new(0),
            said: Mutex::default(),
        }
    }

    pub(crate) fn server(&self) -> &ServerAddr {
        self.address.server()
    }

    pub(crate) fn is_up(&self) -> bool {
        self.is_up.load(Ordering::Relaxed)
    }

    /// How often it has connected.
    pub(crate) fn connected(&self) -> u64 {
        self.connected.load(Ordering::Relaxed)
    }

    /// Connects again and again, and notices what happens.
    pub(crate) async fn connect_options(self: &Arc<Self>) -> Result<ConnectOptions, OptionsError> {
        let options = self.address.options().await?;
        let (events, attempts) = (self.clone(), self.clone());
        Ok(options
            .retry_on_initial_connect()
            .max_reconnects(None)
            .ping_interval(Duration::from_secs(2))
            .reconnect_delay_callback(|attempts| {
                let millis = 50_u64 << attempts.min(6);
                Duration::from_millis(millis).min(LONGEST_PAUSE)
            })
            // Only this shows why the last attempts have failed. The library still chooses the
            // next server.
            .reconnect_to_server_callback(move |servers, _| {
                attempts.failed(&servers);
                ready(None)
            })
            .event_callback(move |event: Event| {
                events.happened(&event);
                ready(())
            }))
    }

    /// Something happened to the connection.
    fn happened(&self, event: &Event) {
        let server = &self.address;
        match event {
            Event::Connected => {
                self.said.lock().clear();
                if self.connected.fetch_add(1, Ordering::Relaxed) > 0 {
                    tracing::info!(%server, "the NATS server is there again");
                }
                self.is_up.store(true, Ordering::Relaxed);
            }
            Event::Disconnected => {
                if self.is_up.swap(false, Ordering::Relaxed) {
                    tracing::warn!(
                        %server,
                        "the NATS server is away: events of other processes arrive up to half a \
                         second late"
                    );
                }
            }
            // Nothing arrives, or not everything.
            Event::ServerError(ServerError::Other(error)) if error.starts_with("Permissions") => {
                self.is_up.store(false, Ordering::Relaxed);
                self.say(self.address.refusal(error));
            }
            Event::ServerError(error) => self.say(self.address.refusal(&error.to_string())),
            other => tracing::debug!(%server, event = %other, "NATS"),
        }
    }

    /// What the library knows of the servers before it tries them again: the given one, and
    /// those of its cluster.
    fn failed(&self, servers: &[KnownServer]) {
        if servers.iter().all(|server| server.last_error.is_some()) {
            let mut servers = servers.iter();
            let given = servers.find(|server| !server.is_discovered);
            if let Some(reason) = given.and_then(|server| server.last_error.as_deref()) {
                self.say(self.address.refusal(reason));
            }
        }
    }

    /// The connection does not run any more.
    pub(crate) fn ended(&self, error: Option<async_nats::Error>) {
        self.is_up.store(false, Ordering::Relaxed);
        if let Some(error) = error {
            self.say(self.address.refusal(&error.to_string()));
        }
    }

    /// What fits into a message of the server.
    pub(crate) fn look_at_size(&self, max_payload: usize) {
        // Before it has connected, nothing is known.
        if max_payload == 0 {
            return;
        }
        if let Some(sentence) = self.address.too_short(max_payload) {
            if max_payload < MIN_BYTES {
                self.is_up.store(false, Ordering::Relaxed);
            }
            self.say(sentence);
        }
    }

    /// Says once what is wrong, until there is a connection again.
    fn say(&self, sentence: String) {
        let mut said = self.said.lock();
        if !said.contains(&sentence) {
            tracing::warn!(error = sentence, "cannot use a NATS server");
            said.insert(sentence);
        }
    }
}
