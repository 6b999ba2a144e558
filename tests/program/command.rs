//! Runs the program, to its end or as long as a test lasts.

use std::{
    ffi::OsStr,
    fs::File,
    io::Read,
    net::SocketAddr,
    process::{ExitStatus, Output, Stdio},
    time::Duration,
};

use tempfile::NamedTempFile;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

pub const SECRET: &str = "the secret of these tests, of thirty-two bytes or more";

/// What is asked of the program: a line of arguments, and an environment of
/// which nothing else is there.
pub struct Aftermatch(Command);

pub fn aftermatch(arguments: &[&str]) -> Aftermatch {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aftermatch"));
    command.args(arguments).env_clear().kill_on_drop(true);
    command.stdin(Stdio::null());
    Aftermatch(command)
}

impl Aftermatch {
    pub fn with(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    /// Runs it to its end.
    pub async fn output(mut self) -> Output {
        let output = timeout(PATIENCE, self.0.output()).await;
        output.expect("it ends in time").expect("it can be started")
    }

    /// What it prints when all is well.
    pub async fn prints(self) -> String {
        let output = self.output().await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// What it says on standard error when it refuses to start.
    pub async fn refuses(self) -> String {
        let output = self.output().await;
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{said}");
        said
    }

    /// Starts it on a free port and waits until it shows how to talk to it.
    pub async fn start(self) -> Running {
        let log = NamedTempFile::new().expect("a file");
        let mut command = self.with("CHAT_LISTEN", "127.0.0.1:0").0;
        command
            .stdout(Stdio::piped())
            .stderr(log.reopen().expect("the file"));
        let mut child = command.spawn().expect("it can be started");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut banner = String::new();
        while !banner.contains("create_message") {
            let line = timeout(PATIENCE, lines.next_line())
                .await
                .expect("a line in time");
            let line = line
                .expect("UTF-8")
                .unwrap_or_else(|| panic!("it ended: {}", read(&log)));
            banner += &line;
            banner.push('\n');
        }
        Running {
            child,
            log,
            banner,
            lines,
        }
    }
}

fn read(log: &NamedTempFile) -> String {
    let mut text = String::new();
    let mut file = File::open(log.path()).expect("the log");
    file.read_to_string(&mut text).expect("UTF-8");
    text
}

/// A service at work. It ends with the test.
pub struct Running {
    child: Child,
    log: NamedTempFile,
    lines: Lines<BufReader<ChildStdout>>,
    /// What it shows when it starts.
    pub banner: String,
}

/// What is left of a service that has ended.
pub struct Ended {
    pub status: ExitStatus,
    pub log: String,
    /// Everything it wrote to standard output after the banner.
    pub afterwards: String,
}

impl Running {
    /// The address as it is shown.
    pub fn address(&self) -> SocketAddr {
        let (_, behind) = self.banner.split_once("ws://").expect("an address");
        let end = behind
            .find(|letter: char| ",/ \n".contains(letter))
            .expect("an end");
        behind[..end].parse().expect("an address")
    }

    /// The tokens as they are shown, those of users in the order of their lines.
    pub fn tokens(&self) -> Vec<&str> {
        let words = self
            .banner
            .split(|letter: char| letter.is_whitespace() || letter == '"');
        words
            .filter(|word| word.starts_with("ey") && word.matches('.').count() == 2)
            .collect()
    }

    /// Asks it to stop, as a service manager does.
    pub async fn terminate(&self) {
        let pid = self.child.id().expect("it is running");
        let sent = Command::new("sh")
            .args(["-c", &format!("kill -TERM {pid}")])
            .status()
            .await;
        assert!(sent.expect("a shell").success());
    }

    /// Waits for its end.
    pub async fn ended(mut self) -> Ended {
        let mut afterwards = String::new();
        let ending = async {
            while let Some(line) = self.lines.next_line().await.expect("UTF-8") {
                afterwards += &line;
            }
            self.child.wait().await
        };
        let status = timeout(PATIENCE, ending)
            .await
            .expect("it ends in time")
            .expect("a status");
        Ended {
            status,
            log: read(&self.log),
            afterwards,
        }
    }
}
