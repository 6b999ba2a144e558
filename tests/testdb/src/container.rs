//! A server in a container.

use std::{mem::ManuallyDrop, time::Duration};

use testcontainers::{
    ContainerAsync, GenericImage, ImageExt,
    bollard::models::PortBinding,
    core::{IntoContainerPort, Mount, WaitFor, wait::LogWaitStrategy},
    runners::AsyncRunner,
};
use tokio::process::Command;
use url::Url;

use crate::{choice, durability::Durability, unique, watchdog::Watchdog};

/// From the start of the container to the server's readiness.
const STARTUP_TIMEOUT: Duration = Duration::from_secs(120);

/// Attempts to freeze a container.
const FREEZE_ATTEMPTS: usize = 5;

/// A container with Postgres, gone when the test process ends.
pub(crate) struct Container {
    /// Its own `drop` needs a runtime that may be gone by then; the watchdog needs none.
    container: ManuallyDrop<Box<ContainerAsync<GenericImage>>>,
    port: u16,
    _watchdog: Watchdog,
}

impl Container {
    /// A new container, started; its image is pulled where it is missing.
    pub(crate) async fn start(durability: Durability) -> Result<Self, String> {
        Self::start_with(durability, None).await
    }

    /// The same with a disk of its own, of so many bytes, in this folder.
    pub(crate) async fn start_with(
        durability: Durability,
        disk: Option<(&str, i64)>,
    ) -> Result<Self, String> {
        engine_answers().await?;
        let name = format!("aftermatch-test-{:016x}", unique::number());
        let watchdog = Watchdog::set(r#"docker rm -fv "$1""#, &[&name], |shell| shell)?;
        let port = unique::port();
        let (image, tag) = image();
        // The first server only makes the database; the second one is there to stay.
        let ready = LogWaitStrategy::stdout_or_stderr("ready to accept connections").with_times(2);
        let settings = durability.settings().iter();
        let mut request = GenericImage::new(image, tag)
            .with_wait_for(WaitFor::log(ready))
            .with_exposed_port(5432.tcp())
            .with_container_name(name)
            .with_env_var("POSTGRES_PASSWORD", "postgres")
            // Without optimisation the client computes 0.1 s for every password.
            .with_env_var("POSTGRES_HOST_AUTH_METHOD", "trust")
            .with_cmd(
                std::iter::once("postgres").chain(settings.flat_map(|setting| ["-c", *setting])),
            )
            .with_startup_timeout(STARTUP_TIMEOUT)
            .with_host_config_modifier(move |host| {
                // A port of our choice stays the same when the container starts again.
                let binding = PortBinding {
                    host_ip: Some("127.0.0.1".to_owned()),
                    host_port: Some(port.to_string()),
                };
                host.publish_all_ports = Some(false);
                host.port_bindings = Some([("5432/tcp".to_owned(), Some(vec![binding]))].into());
            });
        if matches!(durability, Durability::Off) {
            // In memory the files of a new database cost a third.
            let memory = Mount::tmpfs_mount("/memory").with_mode(0o1777);
            request = request
                .with_mount(memory)
                .with_env_var("PGDATA", "/memory/data");
        }
        if let Some((folder, bytes)) = disk {
            let disk = Mount::tmpfs_mount(folder).with_mode(0o1777);
            request = request.with_mount(disk.with_size_bytes(bytes));
        }
        let container = request.start().await.map_err(|error| error.to_string())?;
        Ok(Self {
            container: ManuallyDrop::new(Box::new(container)),
            port,
            _watchdog: watchdog,
        })
    }

    pub(crate) fn url(&self) -> Url {
        Url::parse(&format!(
            "postgres://postgres:postgres@127.0.0.1:{}/postgres",
            self.port
        ))
        .expect("that is a URL")
    }

    /// Ends the server as a crash would.
    pub(crate) async fn stop(&self) -> Result<(), String> {
        let stopped = self.container.stop_with_timeout(Some(0)).await;
        stopped.map_err(|error| error.to_string())
    }

    /// Starts the server where it was, without waiting for it.
    pub(crate) async fn start_again(&self) -> Result<(), String> {
        let started = self.container.start().await;
        started.map_err(|error| error.to_string())
    }

    /// Stops all processes of the server where they are. On a busy machine the engine
    /// sometimes gives up at the first attempt.
    pub(crate) async fn freeze(&self) -> Result<(), String> {
        let mut frozen = self.container.pause().await;
        for _ in 1..FREEZE_ATTEMPTS {
            if frozen.is_ok() {
                break;
            }
            frozen = self.container.pause().await;
        }
        frozen.map_err(|error| error.to_string())
    }

    /// Lets them go on.
    pub(crate) async fn thaw(&self) -> Result<(), String> {
        let thawed = self.container.unpause().await;
        thawed.map_err(|error| error.to_string())
    }
}

/// Asks with the command that the watchdog will use.
pub(crate) async fn engine_answers() -> Result<(), String> {
    let version = Command::new("docker").arg("version").output().await;
    let output = version.map_err(|error| format!("the docker command: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

/// The image's name and tag.
fn image() -> (String, String) {
    let image = choice::variable("TEST_POSTGRES_IMAGE").unwrap_or("postgres:17".to_owned());
    match image.rsplit_once(':') {
        // A colon before a slash is that of a registry's port.
        Some((name, tag)) if !tag.contains('/') => (name.to_owned(), tag.to_owned()),
        _ => (image, "latest".to_owned()),
    }
}
