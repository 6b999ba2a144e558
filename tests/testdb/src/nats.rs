//! A NATS server.

use std::{
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time::sleep,
};

use crate::unique;

/// Attempts to find a port that is still free when the server takes it.
const ATTEMPTS: usize = 5;

/// How long it may take to start: 10 s, in steps.
const STEPS: usize = 200;
const STEP: Duration = Duration::from_millis(50);

/// A NATS server on a port of its own. It ends with the test.
pub struct NatsServer {
    port: u16,
    config: PathBuf,
    child: Child,
}

impl NatsServer {
    /// Starts it.
    ///
    /// # Panics
    /// If it cannot be started.
    pub async fn start() -> Self {
        Self::start_with("").await
    }

    /// Starts it with this configuration.
    ///
    /// # Panics
    /// If it cannot be started.
    pub async fn start_with(config: &str) -> Self {
        let name = format!("aftermatch-test-{:016x}.conf", unique::number());
        let file = env::temp_dir().join(name);
        for _ in 0..ATTEMPTS {
            fs::write(&file, config).expect("a file");
            let port = unique::port();
            let mut server = Self {
                port,
                child: spawn(port, &file),
                config: file.clone(),
            };
            if answers(port).await && server.runs() {
                return server;
            }
        }
        panic!("the NATS server does not start");
    }

    /// Another server may have taken the port.
    fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://{}", self.address())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        address(self.port)
    }

    /// Kills it.
    ///
    /// # Panics
    /// If it has ended already.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("it runs");
    }

    /// Starts it again, on the same port.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start_again(&mut self) {
        self.child = spawn(self.port, &self.config);
        assert!(answers(self.port).await, "the NATS server starts again");
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.config);
    }
}

fn spawn(port: u16, config: &Path) -> Child {
    // Debian keeps it where only administrators look.
    let path = env::var("PATH").unwrap_or_default() + ":/usr/sbin";
    let mut server = Command::new("nats-server");
    server
        .args(["-a", "127.0.0.1", "-p", &port.to_string(), "-c"])
        .arg(config)
        .env("PATH", path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let child = server.spawn();
    child.unwrap_or_else(|error| {
        panic!("no NATS server, which `apt-get install nats-server` installs: {error}")
    })
}

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

async fn answers(port: u16) -> bool {
    for _ in 0..STEPS {
        if TcpStream::connect(address(port)).await.is_ok() {
            return true;
        }
        sleep(STEP).await;
    }
    false
}
