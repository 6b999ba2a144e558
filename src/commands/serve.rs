//! `aftermatch serve`: starts the service, and stops it on a signal.

mod database;

use std::sync::Arc;

use aftermatch::{ApiTokens, App, Builder, DemoPeople, Jwt, Store, SystemClock};
use aftermatch_memory::Memory;
use aftermatch_nats::Nats;
use aftermatch_postgres::{Options, Postgres};
use anyhow::{Context, bail};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

use crate::{
    address::listen,
    demo::{banner, people},
    logging,
    settings::{self, Serve, SigningSecret},
};

#[tokio::main]
pub(super) async fn run(settings: Serve) -> anyhow::Result<()> {
    logging::start(&settings.log, settings.log_format);
    settings.check()?;
    let shutdown = CancellationToken::new();
    tokio::select! {
        // First, so that a signal counts from the first moment on.
        biased;
        interrupted = second_signal(shutdown.clone()) => interrupted,
        served = serve(settings, shutdown) => served,
    }
}

/// Cancels `shutdown` at the first signal, and returns at the second.
async fn second_signal(shutdown: CancellationToken) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut next = async || {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    next().await;
    tracing::info!("stopping; a second signal ends it at once");
    shutdown.cancel();
    next().await;
    bail!("stopped by a second signal, before every connection was closed")
}

async fn serve(settings: Serve, shutdown: CancellationToken) -> anyhow::Result<()> {
    match settings.database.options() {
        None => serve_in_memory(settings, shutdown).await,
        Some(options) => serve_database(settings, &options, shutdown).await,
    }
}

async fn serve_in_memory(settings: Serve, shutdown: CancellationToken) -> anyhow::Result<()> {
    let secret = settings.secret.given_or_random()?;
    let jwt = Arc::new(tokens(&settings, &secret)?);
    let webhook = settings.webhook.given()?;
    let signatures = settings.attachments.signatures()?;
    let world = settings.first_world()?;
    if !secret.is_random {
        tracing::warn!(
            "everything is in memory, and gone when the service stops: set DATABASE_URL to store it"
        );
    }
    let listener = listen(&settings.listen, "CHAT_LISTEN").await?;
    let operators = operators_port(&settings).await?;
    let api = api(&settings, settings.api.tokens()?).await?;
    banner::print(&settings, &secret, &jwt, &world, listener.local_addr()?)?;
    // With a given secret, the page asks for a token instead.
    let people = secret.is_random.then(|| people::of(&world, jwt.clone()));
    let store = Store::Memory(Arc::new(Memory::new(world, Arc::new(SystemClock))));
    let app = app(settings, store, jwt, operators, people)
        .api(api)
        .signatures(signatures)
        .webhook(webhook)
        .build();
    app.serve(listener, shutdown).await
}

async fn serve_database(
    settings: Serve,
    options: &Options,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let secret = settings.secret.of_platform()?;
    let bridge = settings.bridge.as_deref().map(settings::read_mapping);
    let bridge = bridge.transpose()?;
    let api_tokens = settings.api.tokens()?;
    let jwt = Arc::new(tokens(&settings, &secret)?);
    let webhook = settings.webhook.given()?;
    let signatures = settings.attachments.signatures()?;
    let operators = operators_port(&settings).await?;
    let store = tokio::select! {
        store = database::open(options, &settings, operators.as_ref()) => store?,
        () = shutdown.cancelled() => return Ok(()),
    };
    // Clients can connect only after the database is there.
    let listener = listen(&settings.listen, "CHAT_LISTEN").await?;
    let api = api(&settings, api_tokens).await?;
    let nats = relay(&settings, &store).await?;
    let store = Store::Postgres(Arc::new(store));
    let app = app(settings, store, jwt, operators, None)
        .signatures(signatures)
        .nats(nats)
        .bridge(bridge)
        .api(api)
        .webhook(webhook)
        .build();
    app.serve(listener, shutdown).await
}

/// Which access tokens are accepted.
fn tokens(settings: &Serve, secret: &SigningSecret) -> anyhow::Result<Jwt> {
    let jwt = Jwt::new(&secret.bytes);
    settings.previous_secret.accepted_by(jwt, secret)
}

/// The operators' own port, if they want one.
async fn operators_port(settings: &Serve) -> anyhow::Result<Option<TcpListener>> {
    match &settings.ops_listen {
        Some(address) => listen(address, "CHAT_OPS_LISTEN").await.map(Some),
        None => Ok(None),
    }
}

/// The API of the platform, if it wants one.
async fn api(
    settings: &Serve,
    tokens: Option<ApiTokens>,
) -> anyhow::Result<Option<(TcpListener, ApiTokens)>> {
    match (&settings.api.listen, tokens) {
        (Some(address), Some(tokens)) => {
            let listener = listen(address, "CHAT_API_LISTEN").await?;
            Ok(Some((listener, tokens)))
        }
        _ => Ok(None),
    }
}

/// `people` are there only with a random secret.
fn app(
    settings: Serve,
    store: Store,
    jwt: Arc<Jwt>,
    operators: Option<TcpListener>,
    people: Option<DemoPeople>,
) -> Builder {
    let page = settings
        .page(people.is_some())
        .then(|| people.unwrap_or_else(people::nobody));
    let (limits, max_text_chars) = (settings.limits(), settings.max_text_chars());
    App::builder(store, jwt, settings.allowed_origins)
        .events(settings.api.events)
        .max_text_chars(max_text_chars)
        .token_leeway(settings.token_leeway)
        .keep_deleted(settings.keep_deleted)
        .limits(limits)
        .handshake_timeout(settings.handshake_timeout)
        .operators_port(operators)
        .page(page)
}

/// The relay over NATS, if there is one.
async fn relay(settings: &Serve, store: &Postgres) -> anyhow::Result<Option<Arc<Nats>>> {
    let Some(options) = settings.relay.options()? else {
        return Ok(None);
    };
    let deployment = store.deployment().await;
    let deployment = deployment.context("cannot ask the database for its name")?;
    let nats = Nats::new(&options, &deployment).await?;
    Ok(Some(Arc::new(nats)))
}
