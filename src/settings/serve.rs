//! The settings of the service.

use std::{path::PathBuf, time::Duration};

use aftermatch::{DEFAULT_HANDSHAKE_TIMEOUT, DEFAULT_MAX_TEXT_CHARS, Limits, Origin};
use anyhow::ensure;
use clap::{ArgAction, Args, ValueEnum, builder::BoolishValueParser};

use super::{
    Attachments, Database, PreviousSecret, Relay, Secret,
    api::Api,
    values::{
        DEFAULT_LISTEN, Rate, duration, duration_or_zero, in_seconds, keep_deleted, positive, rate,
        whole_seconds,
    },
    webhook::Webhook,
};
use crate::logging::{self, Format};

/// Room in a frame for everything of a request but its text.
const REQUEST_BYTES: usize = 1_000;

/// What happens to a connection whose access token has ended.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TokenExpiry {
    Ignore,
    Close,
}

#[derive(Args)]
pub(crate) struct Serve {
    /// Address and port of the chat.
    #[arg(long, env = "CHAT_LISTEN", value_name = "ADDR", default_value = DEFAULT_LISTEN)]
    pub(crate) listen: String,
    /// World file (JSON) to start with, in memory. Without it, a built-in demo world
    /// is used.
    #[arg(long, env = "CHAT_WORLD", value_name = "FILE")]
    pub(crate) world: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) database: Database,
    /// Mapping of a bridge (TOML): what moves in the tables of a platform is brought into the
    /// chat. Install it first with `aftermatch bridge install`.
    #[arg(long, env = "CHAT_BRIDGE", value_name = "FILE")]
    pub(crate) bridge: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) relay: Relay,
    #[command(flatten)]
    pub(crate) webhook: Webhook,
    /// Do not migrate the database. The service refuses to start if a migration is
    /// missing.
    #[arg(long, env = "CHAT_NO_MIGRATE", value_parser = BoolishValueParser::new())]
    pub(crate) no_migrate: bool,
    #[command(flatten)]
    pub(crate) secret: Secret,
    #[command(flatten)]
    pub(crate) previous_secret: PreviousSecret,
    #[command(flatten)]
    pub(crate) attachments: Attachments,
    /// Origins that may connect, separated by commas. Each is a host, with a scheme or
    /// a port if they matter. There are no wildcards: list each subdomain.
    #[arg(
        long,
        env = "CHAT_ALLOWED_ORIGINS",
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "localhost,127.0.0.1,[::1]"
    )]
    pub(crate) allowed_origins: Vec<Origin>,
    /// Serve a page to chat in, at `/`. By default only if no secret is given. Without a
    /// secret, anyone who can open the page may act as any user; with one, the page
    /// asks for a token.
    #[arg(
        long,
        env = "CHAT_PAGE",
        value_name = "BOOL",
        num_args = 0..=1,
        default_missing_value = "true",
        value_parser = BoolishValueParser::new()
    )]
    page: Option<bool>,
    /// Longest text of a message, in characters. By default 10000, or what fits into a frame
    /// if that is less.
    #[arg(long, env = "CHAT_MAX_TEXT_CHARS", value_name = "N", value_parser = positive::<usize>)]
    max_text_chars: Option<usize>,
    /// How far the clock of the issuer of tokens may differ from this machine's: an
    /// access token is accepted this much earlier and longer, in whole seconds.
    #[arg(long, env = "CHAT_TOKEN_LEEWAY", value_name = "TIME", default_value = "0s", value_parser = whole_seconds)]
    pub(crate) token_leeway: Duration,
    /// What happens to a connection whose access token has ended. `close`: one that has sent
    /// `follow` or `renew` is closed with 4401 thirty seconds later, unless it renews its
    /// token. Others stay open. `ignore`: all do.
    #[arg(
        long,
        env = "CHAT_TOKEN_EXPIRY",
        value_name = "WHAT",
        value_enum,
        default_value = "ignore"
    )]
    token_expiry: TokenExpiry,
    /// How long deleted texts, and texts that an edit replaced, are held in the store.
    /// Administrators alone can read them there.
    #[arg(long, env = "CHAT_KEEP_DELETED", value_name = "TIME", default_value = "1h", value_parser = keep_deleted)]
    pub(crate) keep_deleted: Duration,
    /// Largest frame that a client may send, in bytes. A larger one closes the
    /// connection with 1009.
    #[arg(long, env = "CHAT_MAX_FRAME_BYTES", value_name = "N", default_value_t = Limits::default().frame_bytes, value_parser = positive::<usize>)]
    max_frame_bytes: usize,
    /// Most connections at a time. Further ones are closed with 1013.
    #[arg(long, env = "CHAT_MAX_CONNECTIONS", value_name = "N", default_value_t = Limits::default().connections, value_parser = positive::<usize>)]
    max_connections: usize,
    /// Most connections of one user at a time, fewer than all. Further ones are closed with
    /// 1013. By default 100, or half of all if that is less.
    #[arg(long, env = "CHAT_MAX_CONNECTIONS_PER_USER", value_name = "N", value_parser = positive::<usize>)]
    max_connections_per_user: Option<usize>,
    /// Most frames that one connection may send in a second, of any kind: requests,
    /// malformed ones, pings. Four times as many may come at once. Further ones get 429, and
    /// a connection that goes on and on is closed with 4429. `off`: no limit.
    #[arg(long, env = "CHAT_MAX_REQUESTS_PER_SECOND", value_name = "N", default_value_t = Rate(Limits::default().requests_per_second), value_parser = rate)]
    max_requests_per_second: Rate,
    /// Most messages that one user may create, edit and delete in one room in a second, over
    /// all connections to this process. Four times as many may come at once. Further ones get
    /// 429. `off`: no limit.
    #[arg(long, env = "CHAT_MAX_WRITES_PER_SECOND", value_name = "N", default_value_t = Rate(Limits::default().writes_per_second), value_parser = rate)]
    max_writes_per_second: Rate,
    /// Most events that may wait for a slow reader. One more closes its connection with
    /// 1013.
    #[arg(long, env = "CHAT_MAX_OUTBOX_FRAMES", value_name = "N", default_value_t = Limits::default().outbox_frames, value_parser = positive::<usize>)]
    max_outbox_frames: usize,
    /// Most bytes of events that may wait for a slow reader. One more closes its connection
    /// with 1013.
    #[arg(long, env = "CHAT_MAX_OUTBOX_BYTES", value_name = "N", default_value_t = Limits::default().outbox_bytes, value_parser = positive::<usize>)]
    max_outbox_bytes: usize,
    /// Compress messages for the clients that offer it (`permessage-deflate`): they receive a
    /// third of the bytes. `off`: no CPU time for that.
    #[arg(
        long,
        env = "CHAT_COMPRESSION",
        value_name = "BOOL",
        action = ArgAction::Set,
        num_args = 0..=1,
        default_value = "on",
        default_missing_value = "on",
        value_parser = BoolishValueParser::new()
    )]
    compression: bool,
    /// Time limit of a handshake, from connecting to the WebSocket. Every other HTTP
    /// connection has the same limit, on the operators' port too.
    #[arg(long, env = "CHAT_HANDSHAKE_TIMEOUT", value_name = "TIME", default_value = in_seconds(DEFAULT_HANDSHAKE_TIMEOUT), value_parser = duration)]
    pub(crate) handshake_timeout: Duration,
    /// Time from one ping to the next.
    #[arg(long, env = "CHAT_PING_INTERVAL", value_name = "TIME", default_value = in_seconds(Limits::default().ping), value_parser = duration)]
    ping_interval: Duration,
    /// Time after which a silent client is disconnected. A client that responds to pings
    /// is not silent.
    #[arg(long, env = "CHAT_IDLE_TIMEOUT", value_name = "TIME", default_value = in_seconds(Limits::default().idle), value_parser = duration)]
    idle_timeout: Duration,
    /// Address and port of /livez, /readyz and /metrics. Without it, they are on the port
    /// of the chat.
    #[arg(long, env = "CHAT_OPS_LISTEN", value_name = "ADDR")]
    pub(crate) ops_listen: Option<String>,
    #[command(flatten)]
    pub(crate) api: Api,
    /// Time over which the closing of connections is spread when the service stops.
    #[arg(long, env = "CHAT_DRAIN_TIME", value_name = "TIME", default_value = in_seconds(Limits::default().drain), value_parser = duration_or_zero)]
    drain_time: Duration,
    /// Time that connections have to end when the service stops.
    #[arg(long, env = "CHAT_SHUTDOWN_TIMEOUT", value_name = "TIME", default_value = in_seconds(Limits::default().shutdown), value_parser = duration)]
    shutdown_timeout: Duration,
    /// What to log: a level, or levels of modules.
    #[arg(long, env = "CHAT_LOG", value_name = "FILTER", default_value = "info,poem=warn,sqlx=warn", value_parser = logging::filter)]
    pub(crate) log: String,
    /// Format of the log.
    #[arg(
        long,
        env = "CHAT_LOG_FORMAT",
        value_name = "FORMAT",
        value_enum,
        default_value = "text"
    )]
    pub(crate) log_format: Format,
}

impl Serve {
    /// Refuses settings that contradict each other.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let contradictions = self.contradictions();
        ensure!(contradictions.is_empty(), "{}", contradictions.join("\n"));
        Ok(())
    }

    /// What is wrong with two settings together.
    pub(crate) fn contradictions(&self) -> Vec<String> {
        let checks = [
            self.ping_comes_too_late(),
            self.text_exceeds_frame(),
            self.user_takes_all_connections(),
            self.world_beside_database(),
            self.replica_without_database(),
            self.relay_without_database(),
            self.bridge_without_database(),
            self.credentials_without_relay(),
            self.relay_is_no_address(),
            self.api.half(),
            self.api.events_without_api(),
            self.events_beside_webhook(),
            self.api_beside_bridge(),
        ];
        let addresses = self.one_address_for_two_ports();
        checks.into_iter().flatten().chain(addresses).collect()
    }

    fn ping_comes_too_late(&self) -> Option<String> {
        (self.idle_timeout <= self.ping_interval).then(|| {
            format!(
                "CHAT_IDLE_TIMEOUT ({}) must be longer than CHAT_PING_INTERVAL ({}): a quiet \
                 client has to be pinged before it counts as silent",
                humantime::format_duration(self.idle_timeout),
                humantime::format_duration(self.ping_interval),
            )
        })
    }

    fn relay_without_database(&self) -> Option<String> {
        (self.relay.is_given() && self.database.options().is_none()).then(|| {
            "CHAT_RELAY is for several processes on one database: set DATABASE_URL, or leave \
             CHAT_RELAY out"
                .to_owned()
        })
    }

    fn bridge_without_database(&self) -> Option<String> {
        (self.bridge.is_some() && self.database.options().is_none()).then(|| {
            "CHAT_BRIDGE is for the database of a platform: set DATABASE_URL, or leave CHAT_BRIDGE \
             out"
            .to_owned()
        })
    }

    fn replica_without_database(&self) -> Option<String> {
        self.database.has_replica_of_nothing().then(|| {
            "CHAT_REPLICA_URL is for a standby of the database: set DATABASE_URL, or leave \
             CHAT_REPLICA_URL out"
                .to_owned()
        })
    }

    fn credentials_without_relay(&self) -> Option<String> {
        self.relay.has_credentials_for_nobody().then(|| {
            "CHAT_RELAY_CREDENTIALS_FILE is for the NATS servers of CHAT_RELAY: set CHAT_RELAY, \
             or leave the file out"
                .to_owned()
        })
    }

    fn relay_is_no_address(&self) -> Option<String> {
        let error = self.relay.options().err()?;
        Some(format!("CHAT_RELAY: {error}"))
    }

    fn text_exceeds_frame(&self) -> Option<String> {
        let (max_text_chars, max_frame_bytes) = (self.max_text_chars?, self.max_frame_bytes);
        let needed = max_text_chars
            .saturating_mul(4)
            .saturating_add(REQUEST_BYTES);
        (needed > max_frame_bytes).then(|| {
            format!(
                "CHAT_MAX_TEXT_CHARS ({max_text_chars}) does not fit CHAT_MAX_FRAME_BYTES \
                 ({max_frame_bytes}): a text of that length can have {needed} bytes with the \
                 request around it. Lower the one, or raise the other"
            )
        })
    }

    fn user_takes_all_connections(&self) -> Option<String> {
        (self.max_connections_per_user? >= self.max_connections).then(|| {
            format!(
                "CHAT_MAX_CONNECTIONS_PER_USER must be less than CHAT_MAX_CONNECTIONS ({}): one \
                 user could take all connections",
                self.max_connections,
            )
        })
    }

    fn world_beside_database(&self) -> Option<String> {
        (self.database.options().is_some() && self.world.is_some()).then(|| {
            "CHAT_WORLD and DATABASE_URL are both set: a world file is for a service in memory. \
             `aftermatch import FILE` writes it into the database"
                .to_owned()
        })
    }

    fn api_beside_bridge(&self) -> Option<String> {
        (self.bridge.is_some() && self.api.listen.is_some()).then(|| {
            "CHAT_BRIDGE and CHAT_API_LISTEN are both set: a bridge brings users, brands and rooms \
             from the platform's tables, and would undo what the API puts. Leave one of them out"
                .to_owned()
        })
    }

    fn events_beside_webhook(&self) -> Option<String> {
        (self.api.events && self.webhook.is_given()).then(|| {
            "CHAT_API_EVENTS and CHAT_WEBHOOK_URL are both set: either the platform asks for \
             messages, or it is called. Leave one of them out"
                .to_owned()
        })
    }

    fn one_address_for_two_ports(&self) -> Vec<String> {
        let chat = Some(&self.listen);
        let operators = self.ops_listen.as_ref();
        let api = self.api.listen.as_ref();
        let pairs = [
            (
                operators,
                "CHAT_OPS_LISTEN",
                chat,
                "CHAT_LISTEN",
                "the probes",
            ),
            (api, "CHAT_API_LISTEN", chat, "CHAT_LISTEN", "the API"),
            (
                api,
                "CHAT_API_LISTEN",
                operators,
                "CHAT_OPS_LISTEN",
                "the API",
            ),
        ];
        let same = pairs
            .into_iter()
            .filter_map(|(one, setting, other, of, what)| {
                let address = one.filter(|address| !address.ends_with(":0"))?;
                (one == other).then(|| {
                    format!(
                        "{setting} and {of} are both {address}: give {what} another port, or leave \
                     {setting} out"
                    )
                })
            });
        same.collect()
    }

    /// Whether messages are pushed to the platform, in one way or the other.
    pub(crate) fn pushes(&self) -> bool {
        self.webhook.is_given() || self.api.events
    }

    /// Whether to serve the page.
    pub(crate) fn page(&self, secret_is_random: bool) -> bool {
        self.page.unwrap_or(secret_is_random)
    }

    /// Unless it is set, half of all connections are left to others.
    fn connections_per_user(&self) -> usize {
        let half = (self.max_connections / 2).max(1);
        self.max_connections_per_user
            .unwrap_or_else(|| Limits::default().connections_per_user.min(half))
    }

    pub(crate) fn max_text_chars(&self) -> usize {
        let fits = self.max_frame_bytes.saturating_sub(REQUEST_BYTES) / 4;
        self.max_text_chars
            .unwrap_or(DEFAULT_MAX_TEXT_CHARS.min(fits.max(1)))
    }

    pub(crate) fn limits(&self) -> Limits {
        Limits {
            connections: self.max_connections,
            connections_per_user: self.connections_per_user(),
            frame_bytes: self.max_frame_bytes,
            requests_per_second: self.max_requests_per_second.0,
            writes_per_second: self.max_writes_per_second.0,
            outbox_frames: self.max_outbox_frames,
            outbox_bytes: self.max_outbox_bytes,
            compression: self.compression,
            ping: self.ping_interval,
            idle: self.idle_timeout,
            close_expired: self.token_expiry == TokenExpiry::Close,
            drain: self.drain_time,
            shutdown: self.shutdown_timeout,
        }
    }
}
