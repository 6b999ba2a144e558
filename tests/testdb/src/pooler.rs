//! PgBouncer in front of a database.

use std::{env, fs, net::SocketAddr, process::Stdio, time::Duration};

use tokio::{net::TcpStream, process::Command, time::sleep};
use url::Url;

use crate::{unique, watchdog::Watchdog};

/// Attempts to find a port that is still free when the pooler takes it.
const ATTEMPTS: usize = 5;

/// How long it may take to start: 10 s, in steps.
const STEPS: usize = 200;
const STEP: Duration = Duration::from_millis(50);

/// PgBouncer with the settings that it is installed with, and this mode.
pub struct Pooler {
    url: String,
    _watchdog: Watchdog,
}

impl Pooler {
    /// Starts it in front of the database of `url`. `mode`: `session` or `transaction`.
    ///
    /// # Panics
    /// If it cannot be started.
    pub async fn before(url: &str, mode: &str) -> Self {
        let url = Url::parse(url).expect("the address of a database");
        for _ in 0..ATTEMPTS {
            let port = unique::port();
            let watchdog = start(&configuration(&url, mode, port), port).await;
            let watchdog = watchdog.unwrap_or_else(|error| {
                panic!("no PgBouncer, which `apt-get install pgbouncer` installs: {error}")
            });
            if answers(port).await {
                return Self {
                    url: format!("postgres://anybody@127.0.0.1:{port}{}", url.path()),
                    _watchdog: watchdog,
                };
            }
        }
        panic!("PgBouncer does not start");
    }

    /// The address of the database behind it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// Everyone is let in, as the user of the address.
fn configuration(url: &Url, mode: &str, port: u16) -> String {
    let part = |name: &str, value: Option<&str>| {
        value.map_or_else(String::new, |value| format!(" {name}={value}"))
    };
    format!(
        "[databases]\n* ={}{}{}{}\n[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port={port}\n\
         unix_socket_dir=\nauth_type=any\npool_mode={mode}\n",
        part("host", url.host_str()),
        part("port", url.port().map(|port| port.to_string()).as_deref()),
        part("user", Some(url.username())),
        part("password", url.password()),
    )
}

async fn start(configuration: &str, port: u16) -> Result<Watchdog, String> {
    let folder = env::temp_dir().join(format!("aftermatch-test-{:016x}", unique::number()));
    let file = folder.join(format!("pgbouncer-{port}.ini"));
    let written = fs::create_dir(&folder).and_then(|()| fs::write(&file, configuration));
    written.map_err(|error| format!("{}: {error}", folder.display()))?;
    // Debian keeps it where only administrators look.
    let path = env::var("PATH").unwrap_or_default() + ":/usr/sbin";
    let mut pooler = Command::new("sh");
    pooler
        .args([
            "-c",
            r#"[ "$(id -u)" != 0 ] || set -- -u nobody "$@"; exec pgbouncer "$@""#,
        ])
        .arg("pooler")
        .arg(&file)
        .env("PATH", path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let child = pooler.spawn().map_err(|error| format!("sh: {error}"))?;
    let process = child.id().ok_or("it ended at once")?;
    Watchdog::set(
        r#"kill "$1" 2>/dev/null; rm -rf "$2""#,
        &[&process.to_string(), &folder.to_string_lossy()],
        |shell| shell,
    )
}

async fn answers(port: u16) -> bool {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    for _ in 0..STEPS {
        if TcpStream::connect(address).await.is_ok() {
            return true;
        }
        sleep(STEP).await;
    }
    false
}
