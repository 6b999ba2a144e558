//! The real binary, as people start it: arguments, environment, what it prints, what it
//! logs and how it ends.

use std::{
    env,
    ffi::OsStr,
    fs,
    io::Write,
    net::SocketAddr,
    process::{ExitStatus, Output, Stdio},
};

use serde_json::Value;
use tempfile::NamedTempFile;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
    sync::watch,
    task::JoinHandle,
    time::timeout,
};

use crate::{
    Client, Database, HttpRequest, HttpResponse, PROGRAM_TIMEOUT, SECRET, fresh, token_for,
};

/// The binary that Cargo built for the tests of the package `aftermatch`.
const BINARY: &str = "CARGO_BIN_EXE_aftermatch";

/// Most tests write as fast as they are answered, and are about something else.
const UNLIMITED: [(&str, &str); 2] = [
    ("CHAT_MAX_REQUESTS_PER_SECOND", "off"),
    ("CHAT_MAX_WRITES_PER_SECOND", "off"),
];

/// A call of the binary: its arguments, and an environment that holds nothing else.
pub struct Aftermatch(Command);

/// A call of the binary with these arguments.
pub fn aftermatch(arguments: &[&str]) -> Aftermatch {
    let binary = env::var_os(BINARY);
    let mut command = Command::new(binary.expect("`cargo test` names the binary"));
    command.args(arguments).env_clear().kill_on_drop(true);
    command.stdin(Stdio::null());
    Aftermatch(command)
}

/// The same, run with at most so many file descriptors.
pub fn aftermatch_with_descriptors(limit: u32, arguments: &[&str]) -> Aftermatch {
    let Aftermatch(program) = aftermatch(arguments);
    let mut shell = Command::new("/bin/sh");
    let limited = format!("ulimit -n {limit}; exec \"$0\" \"$@\"");
    shell
        .args(["-c", &limited])
        .arg(program.as_std().get_program());
    shell.args(program.as_std().get_args());
    shell.env_clear().kill_on_drop(true).stdin(Stdio::null());
    Aftermatch(shell)
}

impl Aftermatch {
    /// Sets a variable of the environment.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    /// Runs it to its end.
    pub async fn output(mut self) -> Output {
        let output = timeout(PROGRAM_TIMEOUT, self.0.output()).await;
        output.expect("it ends in time").expect("it can be started")
    }

    /// Runs it to its end, which must be a success; returns what it prints.
    pub async fn expect_success(self) -> String {
        let output = self.output().await;
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{stderr}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Runs it to its end, which must be a refusal to start: status 2, and nothing on
    /// standard output. Returns the complaint.
    pub async fn expect_refusal(self) -> String {
        let output = self.output().await;
        let stderr = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{stderr}");
        stderr
    }

    /// Starts it and waits for nothing.
    fn spawn(mut self) -> Program {
        self.0.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.0.spawn().expect("it can be started");
        Program {
            stdout: Printed::by(child.stdout.take().expect("a pipe")),
            stderr: Printed::by(child.stderr.take().expect("a pipe")),
            child,
            database: None,
        }
    }

    /// Starts it on a free port and waits until it shows how to talk to it.
    pub async fn start_demo(self) -> Demo {
        self.start_demo_on("127.0.0.1:0").await
    }

    /// The same on this address.
    pub async fn start_demo_on(self, address: &str) -> Demo {
        let program = self.env("CHAT_LISTEN", address).spawn();
        let shown = program.stdout.wait_for("create_message", 1).await;
        let banner = shown.unwrap_or_else(|| panic!("no banner: {}", program.stderr.text()));
        Demo { program, banner }
    }
}

/// What a process has printed so far, line by line.
struct Printed {
    text: watch::Receiver<String>,
    reading: JoinHandle<()>,
}

impl Printed {
    fn by(pipe: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let (writer, text) = watch::channel(String::new());
        let mut lines = BufReader::new(pipe).lines();
        let reading = tokio::spawn(async move {
            while let Some(line) = lines.next_line().await.expect("UTF-8") {
                writer.send_modify(|text| {
                    text.push_str(&line);
                    text.push('\n');
                });
            }
        });
        Self { text, reading }
    }

    fn text(&self) -> String {
        self.text.borrow().clone()
    }

    /// Waits until `part` was printed so many times; returns everything so far. `None`:
    /// the process has ended, or the wait took too long.
    async fn wait_for(&self, part: &str, times: usize) -> Option<String> {
        let mut text = self.text.clone();
        let found = text.wait_for(|text| text.matches(part).count() >= times);
        Some(timeout(PROGRAM_TIMEOUT, found).await.ok()?.ok()?.clone())
    }

    /// Everything, when the process has ended.
    async fn whole(self) -> String {
        self.reading.await.expect("it was read");
        self.text.borrow().clone()
    }
}

/// The binary at work. It is killed when this value is dropped.
pub struct Program {
    child: Child,
    stdout: Printed,
    stderr: Printed,
    /// The database is dropped with this value.
    database: Option<Database>,
}

/// What a program that has ended leaves.
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// Everything it wrote to standard output.
    pub stdout: String,
    /// Everything it wrote to standard error.
    pub log: String,
}

impl Program {
    /// Starts the service on the database behind `url`, without limits on what clients
    /// send, and waits for nothing.
    pub fn start(url: &str, settings: &[(&str, &str)]) -> Self {
        Self::serve(&[&[("DATABASE_URL", url)], &UNLIMITED[..], settings].concat())
    }

    /// Starts the service on a database that is ready, and waits until it listens.
    pub async fn serving(url: &str) -> Self {
        let program = Self::start(url, &[]);
        program.address().await;
        program
    }

    /// Starts the service in memory with these settings, and without a world file.
    pub async fn in_memory_without_world(settings: &[(&str, &str)]) -> Self {
        let program = Self::serve(settings);
        program.address().await;
        program
    }

    /// Starts the service in memory with a world, without limits on what clients send,
    /// and waits until it listens.
    pub async fn in_memory(world: &Value) -> Self {
        Self::in_memory_with(world, &UNLIMITED).await
    }

    /// The same with these settings and no others.
    pub async fn in_memory_with(world: &Value, settings: &[(&str, &str)]) -> Self {
        let file = file_with(world.to_string());
        let name = file.path().display().to_string();
        let program = Self::serve(&[&[("CHAT_WORLD", &*name)], settings].concat());
        program.address().await;
        program
    }

    /// Starts the service on a new database with a world, with these settings and no
    /// others, and waits until it listens.
    pub async fn on_postgres_with(world: &Value, settings: &[(&str, &str)]) -> Self {
        let database = fresh().await;
        import(database.url(), world).await;
        let mut program = Self::serve(&[&[("DATABASE_URL", database.url())], settings].concat());
        program.address().await;
        program.database = Some(database);
        program
    }

    fn serve(settings: &[(&str, &str)]) -> Self {
        let command = aftermatch(&["serve"])
            .env("CHAT_LISTEN", "127.0.0.1:0")
            .env("CHAT_JWT_SECRET", SECRET)
            .env("CHAT_LOG_FORMAT", "json");
        let settings = settings.iter();
        let command = settings.fold(command, |command, (name, value)| command.env(name, value));
        command.spawn()
    }

    /// Waits until the log contains `part` so many times; returns the log so far.
    pub async fn logs(&self, part: &str, times: usize) -> String {
        let log = self.stderr.wait_for(part, times).await;
        log.unwrap_or_else(|| panic!("{part:?} not {times}x in {}", self.stderr.text()))
    }

    /// Where the service listens, as soon as it does.
    pub async fn address(&self) -> SocketAddr {
        self.address_of("address").await
    }

    /// Where the API of the platform listens, as soon as it does.
    pub async fn api_address(&self) -> SocketAddr {
        self.address_of("api").await
    }

    async fn address_of(&self, port: &str) -> SocketAddr {
        let log = self.logs("\"listening\"", 1).await;
        let lines = log
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mut listening = lines.filter(|line| line["fields"]["message"] == "listening");
        let address = listening.find_map(|line| line["fields"][port].as_str()?.parse().ok());
        address.expect("an address")
    }

    /// A connection of `user` to `/ws/chat/`.
    pub async fn chat(&self, user: i64) -> Client {
        Client::connect(self.address().await, "/ws/chat/", &token_for(user)).await
    }

    /// A connection of `user` to `/ws/chat/` that has joined `room`.
    pub async fn joined(&self, user: i64, room: i64) -> Client {
        let mut client = self.chat(user).await;
        client.join(room).await;
        client
    }

    /// The response to a handshake of `user` at `/ws/chat/`.
    pub async fn handshake(&self, user: i64) -> HttpResponse {
        let request = HttpRequest::websocket("/ws/chat/").bearer(&token_for(user));
        request.send(self.address().await).await
    }

    /// How many file descriptors it has open.
    pub fn descriptors(&self) -> usize {
        let pid = self.child.id().expect("it is running");
        let open = std::fs::read_dir(format!("/proc/{pid}/fd"));
        open.expect("Linux, and its process").count()
    }

    /// How many KiB of memory it has now.
    pub fn resident_kib(&self) -> usize {
        let pid = self.child.id().expect("it is running");
        let status = fs::read_to_string(format!("/proc/{pid}/status"));
        let status = status.expect("a process of Linux");
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let mut words = line.expect("its memory").split_whitespace();
        words.nth(1).expect("a number").parse().expect("a number")
    }

    /// Kills it, as `kill -9` does.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it was running");
    }

    /// Asks it to stop, as a service manager does.
    pub async fn terminate(&self) {
        self.signal("TERM").await;
    }

    /// Stops it where it is. Its connections stay open.
    pub async fn pause(&self) {
        self.signal("STOP").await;
    }

    /// Lets it go on after a pause.
    pub async fn go_on(&self) {
        self.signal("CONT").await;
    }

    async fn signal(&self, name: &str) {
        let pid = self.child.id().expect("it is running");
        let kill = format!("kill -{name} {pid}");
        let sent = Command::new("sh").args(["-c", &kill]).status().await;
        assert!(sent.expect("a shell").success());
    }

    /// Waits for its end.
    pub async fn ended(mut self) -> Ended {
        let status = timeout(PROGRAM_TIMEOUT, self.child.wait()).await;
        Ended {
            status: status.expect("it ends in time").expect("a status"),
            stdout: self.stdout.whole().await,
            log: self.stderr.whole().await,
        }
    }
}

/// A service that shows how to talk to it when it starts.
pub struct Demo {
    /// The program.
    pub program: Program,
    /// What it shows.
    pub banner: String,
}

impl Demo {
    /// The address that the banner shows.
    pub fn address(&self) -> SocketAddr {
        let (_, rest) = self.banner.split_once("ws://").expect("an address");
        let mut parts = rest.split([',', '/', ' ', '\n']);
        let address = parts.next().expect("an address");
        address.parse().expect("an address")
    }

    /// The tokens that the banner shows, in the order of their lines.
    pub fn tokens(&self) -> Vec<&str> {
        let words = self
            .banner
            .split(|letter: char| letter.is_whitespace() || letter == '"');
        words
            .filter(|word| word.starts_with("ey") && word.matches('.').count() == 2)
            .collect()
    }
}

/// A file with this content. It is removed when the value is dropped.
pub fn file_with(content: impl AsRef<[u8]>) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a file");
    file.write_all(content.as_ref()).expect("room on the disk");
    file
}

/// Migrates the database behind `url` and imports a world into it, by the binary.
pub async fn import(url: &str, world: &Value) {
    let file = file_with(world.to_string());
    let name = file.path().display().to_string();
    let import = aftermatch(&["import", &name]).env("DATABASE_URL", url);
    let printed = import.expect_success().await;
    let [users, brands, rooms] =
        ["users", "brands", "rooms"].map(|key| world[key].as_array().expect("a list").len());
    let counted = format!("{users} users, {brands} brands, {rooms} rooms");
    assert!(printed.contains(&counted), "{printed}");
}
