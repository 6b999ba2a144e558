//! A server from the binaries of this machine.

use std::{
    env, fs,
    os::unix::{
        fs::{DirBuilderExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Output,
};

use tokio::process::Command;
use url::Url;

use crate::{durability::Durability, unique, watchdog::Watchdog};

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
        let binaries = binaries().ok_or("no initdb, postgres and pg_ctl on this machine")?;
        let owner = owner().await?;
        let folder = env::temp_dir().join(format!("aftermatch-test-{:016x}", unique::number()));
        make(&folder, owner).map_err(|error| format!("{}: {error}", folder.display()))?;
        let watchdog = Watchdog::set(
            r#""$1/pg_ctl" -D "$2/data" -m immediate stop; rm -rf "$2""#,
            &[&binaries.to_string_lossy(), &folder.to_string_lossy()],
            |shell| match owner {
                Some((user, group)) => shell.uid(user).gid(group),
                None => shell,
            },
        )?;
        let mut this = Self {
            binaries,
            folder,
            owner,
            durability,
            port: 0,
            _watchdog: watchdog,
        };
        let initdb = "--no-sync --username=postgres --auth=trust --encoding=UTF8 --locale=C";
        this.run("initdb", &initdb.split(' ').collect::<Vec<_>>())
            .await?;
        for attempt in 1.. {
            this.port = unique::port();
            match this.start_again().await {
                Err(error) if attempt == ATTEMPTS => return Err(error),
                Err(_) => {}
                Ok(()) => break,
            }
        }
        Ok(this)
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

fn make(folder: &Path, owner: Option<(u32, u32)>) -> std::io::Result<()> {
    fs::DirBuilder::new().mode(0o700).create(folder)?;
    match owner {
        Some((user, group)) => chown(folder, Some(user), Some(group)),
        None => Ok(()),
    }
}

/// The folder with the binaries: from `PATH`, else Debian's newest.
fn binaries() -> Option<PathBuf> {
    let mut debian: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    debian.sort_unstable_by(|one, other| other.cmp(one));
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(debian.into_iter().map(|(_, folder)| folder))
        .find(|folder| {
            ["initdb", "postgres", "pg_ctl"]
                .iter()
                .all(|program| folder.join(program).is_file())
        })
}

/// User and group for a server that refuses to run as root; none where we are not root.
async fn owner() -> Result<Option<(u32, u32)>, String> {
    if id(&["-u"]).await != Some(0) {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let (Some(user), Some(group)) = (id(&["-u", name]).await, id(&["-g", name]).await) {
            return Ok(Some((user, group)));
        }
    }
    Err("Postgres refuses to run as root, and there is no user postgres or nobody".to_owned())
}

async fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().await.ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
