//! The program at work on a database, and the world it finds there.

use std::{
    io::Write,
    net::SocketAddr,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::watch,
    time::timeout,
};

use crate::{
    client::Client,
    command::aftermatch,
    raw::Handshake,
    tokens::{claims_of, signed},
};

pub const SECRET: &[u8] = b"the secret of the bad days, thirty-two bytes or more";

/// Longer than anything here takes, a server's recovery included.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// So soon everybody is answered, whatever the database does.
pub const PROMISE: Duration = Duration::from_secs(3);

/// Users 1 to so many, each with a brand, all in all rooms.
pub const AUTHORS: i64 = 10;
/// Rooms 1 to so many.
pub const ROOMS: i64 = 6;

/// Migrates the database behind `url` and fills it, by the program's own hand.
pub async fn settle(url: &str) {
    import(url, &world(AUTHORS, ROOMS)).await;
}

/// Users 1 to `authors`, each with a brand, all in rooms 1 to `rooms`.
pub fn world(authors: i64, rooms: i64) -> Value {
    let authors = 1..=authors;
    let brand = |user: i64| json!({"id": 100 + user, "user_id": user});
    let participants: Vec<_> = authors.clone().map(|user| 100 + user).collect();
    json!({
        "users": authors.clone().map(|user| json!({"id": user})).collect::<Vec<_>>(),
        "brands": authors.map(brand).collect::<Vec<_>>(),
        "rooms": (1..=rooms)
            .map(|room| json!({"id": room, "participants": participants}))
            .collect::<Vec<_>>(),
    })
}

/// Migrates the database behind `url` and puts a world into it.
pub async fn import(url: &str, world: &Value) {
    let file = file(world);
    let name = file.path().display().to_string();
    let import = aftermatch(&["import", &name]).with("DATABASE_URL", url);
    let printed = import.prints().await;
    let [users, brands, rooms] =
        ["users", "brands", "rooms"].map(|key| world[key].as_array().expect("a list").len());
    let counted = format!("{users} users, {brands} brands, {rooms} rooms");
    assert!(printed.contains(&counted), "{printed}");
}

fn file(world: &Value) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a file");
    write!(file, "{world}").expect("room on the disk");
    file
}

/// The program, serving or about to. It ends with the test.
pub struct Service {
    child: Child,
    /// What it has written to standard error so far.
    log: watch::Receiver<String>,
}

impl Service {
    /// Starts it with the database behind `url`, and waits for nothing.
    pub fn start(url: &str, settings: &[(&str, &str)]) -> Self {
        Self::run(&[&[("DATABASE_URL", url)], settings].concat())
    }

    /// Starts it in memory, on a world of its own, and waits until it serves.
    #[allow(dead_code, reason = "a bad day needs a database")]
    pub async fn in_memory(world: &Value) -> Self {
        let file = file(world);
        let service = Self::run(&[("CHAT_WORLD", &file.path().display().to_string())]);
        service.address().await;
        service
    }

    fn run(settings: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aftermatch"));
        command
            .arg("serve")
            .env_clear()
            .env("CHAT_LISTEN", "127.0.0.1:0")
            .env("CHAT_JWT_SECRET", str::from_utf8(SECRET).expect("UTF-8"))
            .env("CHAT_LOG_FORMAT", "json")
            .envs(settings.iter().copied())
            .kill_on_drop(true)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("it can be started");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let (writer, log) = watch::channel(String::new());
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                writer.send_modify(|log| *log = format!("{log}{line}\n"));
            }
        });
        Self { child, log }
    }

    /// Starts it on a settled database, and waits until it serves.
    pub async fn serving(url: &str) -> Self {
        let service = Self::start(url, &[]);
        service.address().await;
        service
    }

    /// Waits until `what` has been said so many times; returns all that was said.
    pub async fn says(&self, what: &str, times: usize) -> String {
        let mut log = self.log.clone();
        let said = log.wait_for(|log| log.matches(what).count() >= times);
        let said = match timeout(PATIENCE, said).await {
            Ok(Ok(log)) => Some(log.clone()),
            _ => None,
        };
        said.unwrap_or_else(|| panic!("{what:?} was not said {times}x: {}", *self.log.borrow()))
    }

    /// Where it listens, as soon as it does.
    pub async fn address(&self) -> SocketAddr {
        let log = self.says("\"listening\"", 1).await;
        let lines = log
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        let address = lines
            .filter(|line: &Value| line["fields"]["message"] == "listening")
            .find_map(|line| line["fields"]["address"].as_str()?.parse().ok());
        address.expect("an address")
    }

    pub async fn chat(&self, user: i64) -> Client {
        Client::connect(self.address().await, "/ws/chat/", &token(user)).await
    }

    pub async fn joined(&self, user: i64, room: i64) -> Client {
        let mut client = self.chat(user).await;
        client.join(room).await;
        client
    }

    /// A handshake of `user`, made by hand.
    pub async fn handshake(&self, user: i64) -> crate::raw::HttpAnswer {
        let handshake = Handshake::to("/ws/chat/").bearing(&token(user));
        handshake.send(self.address().await).await
    }

    /// `kill -9`.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it was running");
    }

    /// Asks it to stop, as a service manager does, and waits for its end.
    pub async fn terminate(mut self) -> ExitStatus {
        let pid = self.child.id().expect("it is running");
        let kill = format!("kill -TERM {pid}");
        let sent = Command::new("sh").args(["-c", &kill]).status().await;
        assert!(sent.expect("a shell").success());
        let ended = timeout(PATIENCE, self.child.wait()).await;
        ended.expect("it ends in time").expect("a status")
    }
}

pub fn token(user: i64) -> String {
    signed(&claims_of(user))
}

pub fn create(text: &str) -> Value {
    json!({"action": "create_message", "msg_text": text})
}

/// Asks for something, and returns the answer, whatever is heard before it.
pub async fn answered(client: &mut Client, action: Value) -> Value {
    let id = client.request(action).await;
    loop {
        let frame = client.hear().await;
        if frame["request_id"] == id {
            return frame;
        }
    }
}

/// Asks for something while the database is out of reach: the refusal comes as
/// soon as is promised.
pub async fn unavailable(client: &mut Client, action: Value) {
    let refused = client.refused(action.clone(), 503, "unavailable");
    let in_time = timeout(PROMISE, refused).await;
    in_time.unwrap_or_else(|_| panic!("no answer in time: {action}"));
}
