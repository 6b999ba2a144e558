//! A server from the binaries of this machine.

mod machine;
mod signals;

use std::{env, fs, os::unix::process::CommandExt, path::PathBuf, process::Output};

use tokio::process::Command;
use url::Url;

use crate::{durability::Durability, unique, watchdog::Watchdog};

/// What every server needs.
const SERVER: [&str; 3] = ["initdb", "postgres", "pg_ctl"];

/// What a server with a standby needs.
const REPLICATION: [&str; 4] = ["initdb", "postgres", "pg_ctl", "pg_basebackup"];

/// Attempts to find a port that is still free when the server takes it.
const ATTEMPTS: usize = 5;

/// A cluster in a temporary folder of its own, with nothing outside, gone when the test
/// process ends. On some disks the files of a new database take a quarter of a second:
/// `TMPDIR=/dev/shm` makes that a fiftieth.
pub(crate) struct Local {
    binaries: PathBuf,
    folder: PathBuf,
    owner: Option<(u32, u32)>,
    durability: Durability,
    port: u16,
    _watchdog: Watchdog,
}

impl Local {
    /// A new cluster, started.
    pub(crate) async fn start(durability: Durability) -> Result<Self, String> {
        // With the same binaries as its standby, if it gets one.
        let binaries = machine::binaries(&REPLICATION).or_else(|_| machine::binaries(&SERVER))?;
        let mut this = Self::prepare(durability, binaries).await?;
        let initdb = "--no-sync --username=postgres --auth=trust --encoding=UTF8 --locale=C";
        this.run("initdb", &initdb.split(' ').collect::<Vec<_>>())
            .await?;
        this.start_on_free_port().await?;
        Ok(this)
    }

    /// A standby of the server behind `primary`, started.
    pub(crate) async fn standby(durability: Durability, primary: &str) -> Result<Self, String> {
        let mut this = Self::prepare(durability, machine::binaries(&REPLICATION)?).await?;
        let arguments = [
            "-R",
            "-X",
            "stream",
            "-c",
            "fast",
            "--no-sync",
            "-d",
            primary,
        ];
        this.run("pg_basebackup", &arguments).await?;
        this.start_on_free_port().await?;
        Ok(this)
    }

    /// A folder for a cluster.
    async fn prepare(durability: Durability, binaries: PathBuf) -> Result<Self, String> {
        let owner = machine::owner().await?;
        let folder = env::temp_dir().join(format!("aftermatch-test-{:016x}", unique::number()));
        machine::make(&folder, owner).map_err(|error| format!("{}: {error}", folder.display()))?;
        let watchdog = Watchdog::set(
            // A frozen server would not stop.
            r#"kill -CONT "$(head -n 1 "$2/data/postmaster.pid")"
            "$1/pg_ctl" -D "$2/data" -m immediate stop; rm -rf "$2""#,
            &[&binaries.to_string_lossy(), &folder.to_string_lossy()],
            |shell| match owner {
                Some((user, group)) => shell.uid(user).gid(group),
                None => shell,
            },
        )?;
        Ok(Self {
            binaries,
            folder,
            owner,
            durability,
            port: 0,
            _watchdog: watchdog,
        })
    }

    async fn start_on_free_port(&mut self) -> Result<(), String> {
        for attempt in 1.. {
            self.port = unique::port();
            match self.start_again().await {
                Err(_) if attempt < ATTEMPTS => {}
                started => return started,
            }
        }
        Ok(())
    }

    pub(crate) fn url(&self) -> Url {
        Url::parse(&format!(
            "postgres://postgres@127.0.0.1:{}/postgres",
            self.port
        ))
        .expect("that is a URL")
    }

    /// Ends the server as a crash would.
    pub(crate) async fn stop(&self) -> Result<(), String> {
        self.run("pg_ctl", &["-m", "immediate", "-w", "stop"]).await
    }

    /// Starts the server where it was.
    pub(crate) async fn start_again(&self) -> Result<(), String> {
        let settings: String = self
            .durability
            .settings()
            .iter()
            .map(|setting| format!(" -c {setting}"))
            .collect();
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' \
             -c dynamic_shared_memory_type=mmap{settings}",
            self.port
        );
        let log = self.folder.join("log");
        let arguments = ["-w", "-l", &log.to_string_lossy(), "-o", &options, "start"];
        let started = self.run("pg_ctl", &arguments).await;
        // On a failure pg_ctl only says "examine the log", which is removed with the server.
        started.map_err(|error| error + &fs::read_to_string(log).unwrap_or_default())
    }

    /// Makes a standby a server of its own.
    pub(crate) async fn promote(&self) -> Result<(), String> {
        self.run("pg_ctl", &["-w", "promote"]).await
    }

    /// Stops all processes of the server where they are.
    pub(crate) async fn freeze(&self) -> Result<(), String> {
        signals::stop(&self.main_process()?).await
    }

    /// Lets them go on.
    pub(crate) async fn thaw(&self) -> Result<(), String> {
        signals::go_on(&self.main_process()?).await
    }

    fn main_process(&self) -> Result<String, String> {
        let file = self.folder.join("data/postmaster.pid");
        let file = fs::read_to_string(file).map_err(|error| error.to_string())?;
        let process = file.lines().next().ok_or("no process id")?;
        Ok(process.to_owned())
    }

    async fn run(&self, program: &str, arguments: &[&str]) -> Result<(), String> {
        let mut command = Command::new(self.binaries.join(program));
        command
            .arg("-D")
            .arg(self.folder.join("data"))
            .args(arguments)
            .current_dir(&self.folder);
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        match command.output().await {
            Err(error) => Err(format!("{program}: {error}")),
            Ok(output) if output.status.success() => Ok(()),
            Ok(Output { stdout, stderr, .. }) => Err(format!(
                "{program}: {}{}",
                String::from_utf8_lossy(&stdout),
                String::from_utf8_lossy(&stderr)
            )),
        }
    }
}
