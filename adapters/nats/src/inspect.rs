//! Tries the servers, before a service uses them.

use std::{
    future::ready,
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use async_nats::{Client, Event};
use futures_util::{StreamExt, future::join_all};
use tokio::{sync::mpsc, time::timeout};

use crate::{
    address::{Address, MIN_BYTES},
    options::{Options, OptionsError},
};

/// How long each of two steps may take: to connect, and to send a message there and back.
const TIMEOUT: Duration = Duration::from_secs(3);

/// What the servers are, and what is wrong with them.
#[derive(Default)]
pub struct Inspection {
    /// Each server that can be used, and what it is.
    pub facts: Vec<(String, String)>,
    /// What could be better.
    pub warnings: Vec<String>,
    /// Why a server cannot be used, and what would be right.
    pub problems: Vec<String>,
}

/// Connects to all servers at once, and sends each a message that nobody else receives.
pub async fn inspect(options: &Options) -> Inspection {
    let mut inspection = Inspection::default();
    let servers = options.servers.iter();
    let tried = join_all(servers.map(|address| try_server(address, options))).await;
    for tried in tried {
        match tried {
            Ok(server) => server.describe(&mut inspection),
            // The file of the credentials is the same for all.
            Err(sentence) if inspection.problems.contains(&sentence) => {}
            Err(sentence) => inspection.problems.push(sentence),
        }
    }
    inspection
}

/// A server that was reached.
struct Reached {
    address: Address,
    version: String,
    uses_tls: bool,
    max_payload: usize,
}

async fn try_server(address: &str, options: &Options) -> Result<Reached, String> {
    let in_words = |error: OptionsError| error.to_string();
    let address = Address::new(address, options).map_err(in_words)?;
    let connect = address.options().await.map_err(in_words)?;
    let (says, mut errors) = mpsc::channel(1);
    let connect = connect.event_callback(move |event| {
        if let Event::ServerError(error) = event {
            // The first one says what is wrong.
            let _ = says.try_send(error.to_string());
        }
        ready(())
    });
    let no_answer = || address.refusal("no answer in time");
    let connected = timeout(TIMEOUT, connect.connect(address.server())).await;
    let client = connected.map_err(|_| no_answer())?;
    let client = client.map_err(|error| address.refusal(&error.to_string()))?;
    let there_and_back = async {
        tokio::select! {
            biased;
            Some(error) = errors.recv() => Err(error),
            done = send_to_itself(&client) => done,
        }
    };
    let done = timeout(TIMEOUT, there_and_back).await;
    let done = done.map_err(|_| no_answer())?;
    done.map_err(|reason| address.refusal(&reason))?;
    let info = client.server_info();
    Ok(Reached {
        uses_tls: info.tls_required || address.server().tls_required(),
        version: info.version,
        max_payload: info.max_payload,
        address,
    })
}

/// Needs the right to publish and to subscribe.
async fn send_to_itself(client: &Client) -> Result<(), String> {
    let name = RandomState::new().hash_one(0);
    let subject = format!("aftermatch.check.{name}");
    let subscribed = client.subscribe(subject.clone()).await;
    let mut own = subscribed.map_err(|error| error.to_string())?;
    let published = client.publish(subject, "".into()).await;
    published.map_err(|error| error.to_string())?;
    let came_back = own.next().await.is_some();
    came_back
        .then_some(())
        .ok_or_else(|| "the connection was closed".to_owned())
}

impl Reached {
    fn describe(self, inspection: &mut Inspection) {
        let Self {
            address,
            version,
            uses_tls,
            max_payload,
        } = self;
        if !uses_tls && !address.is_local() {
            inspection.warnings.push(format!(
                "the connection to the NATS server at {address} does not use TLS: everybody on \
                 the way can read the messages. Write tls:// in CHAT_RELAY, unless the network is \
                 private"
            ));
        }
        if let Some(sentence) = address.too_short(max_payload) {
            if max_payload < MIN_BYTES {
                inspection.problems.push(sentence);
            } else {
                inspection.warnings.push(sentence);
            }
        }
        let tls = if uses_tls { "TLS" } else { "no TLS" };
        let fact = format!("NATS {version}, {tls}, messages of up to {max_payload} bytes");
        inspection.facts.push((address.to_string(), fact));
    }
}
