//! NATS, as `CHAT_RELAY` asks for it: by `aftermatch check`, and by a service, which starts
//! whatever is wrong with it.

use aftermatch_test_support::{
    Authority, Database, NatsAccount, NatsServer, PROGRAM_TIMEOUT, Program, SECRET, TIMEOUT,
    aftermatch, file_with, fresh, get, import, worlds,
};
use futures_util::future::join_all;
use tokio::{io::AsyncWriteExt, net::TcpListener, sync::watch, task::JoinSet, time::timeout};

const PASSWORD: &str = "n0body/shall:read@this";

/// The same in an address.
const IN_ADDRESS: &str = "n0body%2Fshall%3Aread%40this";

type Settings<'a> = &'a [(&'a str, &'a str)];

/// What `check` prints, which must end with this status.
async fn check(database: &Database, status: i32, settings: Settings<'_>) -> String {
    let check = aftermatch(&["check"])
        .env("CHAT_LISTEN", "127.0.0.1:0")
        .env("CHAT_JWT_SECRET", SECRET)
        .env("DATABASE_URL", database.url());
    let settings = settings.iter();
    let check = settings.fold(check, |check, (name, value)| check.env(name, value));
    let output = check.output().await;
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(output.status.code(), Some(status), "{printed}");
    for secret in [PASSWORD, IN_ADDRESS] {
        assert!(!printed.contains(secret), "{printed}");
    }
    printed
}

async fn with_world() -> Database {
    let database = fresh().await;
    import(database.url(), &worlds::many_members(2, 2)).await;
    database
}

/// The same server, at an address with this scheme and this beginning.
fn address(scheme: &str, login: &str, server: &NatsServer) -> String {
    server
        .url()
        .replace("nats://", &format!("{scheme}://{login}"))
}

fn users(more: &str) -> String {
    format!("authorization {{ users = [ {{ user: ann, password: \"{PASSWORD}\" {more} }} ] }}\n")
}

/// A server that speaks TLS, with a certificate of this authority.
async fn with_tls(authority: &Authority, name: &str, more: &str, config: &str) -> NatsServer {
    let certificate = authority.certificate(name, "subjectAltName=IP:127.0.0.1");
    let (file, key) = (certificate.certificate, certificate.key);
    let files = format!(
        "cert_file: \"{}\", key_file: \"{}\"",
        file.display(),
        key.display()
    );
    NatsServer::start_with(&format!("tls {{ {files} {more} }}\n{config}")).await
}

/// A check succeeds, and an event reaches another process over NATS.
async fn expect_used(settings: Settings<'_>, shown: &str) {
    let database = with_world().await;
    let printed = check(&database, 0, settings).await;
    assert!(printed.contains(shown), "no {shown:?}: {printed}");
    let first = Program::start(database.url(), settings);
    let second = Program::start(database.url(), settings);
    let (mut ann, mut bob) = (first.joined(1, 1).await, second.joined(2, 1).await);
    let over_nats = async {
        loop {
            let created = ann.create("over NATS").await;
            assert_eq!(bob.receive().await, created);
            let metrics = get(second.address().await, "/metrics").await.body;
            if metrics.contains("aftermatch_relay_last_event_age_seconds{server=\"0\"}") {
                return;
            }
        }
    };
    let used = timeout(TIMEOUT, over_nats).await;
    used.expect("NATS carries an event");
}

#[tokio::test]
async fn tls_with_a_password_is_used() {
    let authority = Authority::new();
    let server = with_tls(&authority, "server", "", &users("")).await;
    let roots = authority.file();
    let roots = roots.to_str().expect("a name");
    let login = format!("ann:{IN_ADDRESS}@");
    // A server that demands TLS gets it, whatever the address says.
    for scheme in ["tls", "nats"] {
        let relay = address(scheme, &login, &server);
        let settings = [("CHAT_RELAY", &*relay), ("SSL_CERT_FILE", roots)];
        expect_used(&settings, ", TLS, messages of up to 1048576 bytes").await;
    }
}

#[tokio::test]
async fn password_without_tls_is_used() {
    let server = NatsServer::start_with(&users("")).await;
    let relay = address("nats", &format!("ann:{IN_ADDRESS}@"), &server);
    expect_used(&[("CHAT_RELAY", &relay)], ", no TLS,").await;
}

#[tokio::test]
async fn token_is_used() {
    let config = format!("authorization {{ token: \"{PASSWORD}\" }}");
    let server = NatsServer::start_with(&config).await;
    let relay = address("nats", &format!("{IN_ADDRESS}@"), &server);
    expect_used(&[("CHAT_RELAY", &relay)], ", no TLS,").await;
}

#[tokio::test]
async fn credentials_file_is_used() {
    let account = NatsAccount::new();
    let server = NatsServer::start_with(&account.config).await;
    let (relay, file) = (server.url(), file_with(&account.credentials));
    let file = file.path().to_str().expect("a name");
    let settings = [
        ("CHAT_RELAY", &*relay),
        ("CHAT_RELAY_CREDENTIALS_FILE", file),
    ];
    expect_used(&settings, ", no TLS,").await;
}

/// A check ends with 2, and a service starts all the same. Both say this.
async fn expect_refused(database: &Database, settings: Settings<'_>, sentence: &str) {
    let printed = check(database, 2, settings).await;
    let problems = printed.lines().skip_while(|line| *line != "Problems");
    let found = problems.filter(|line| line.contains(sentence)).count();
    assert_eq!(found, 1, "no {sentence:?}: {printed}");
    let service = Program::start(database.url(), settings);
    let log = service.logs(sentence, 1).await;
    assert!(
        !log.contains(PASSWORD) && !log.contains(IN_ADDRESS),
        "{log}"
    );
    service.chat(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_login_is_named() {
    let database = with_world().await;
    let account = NatsAccount::new();
    let (with_users, with_token, with_accounts, forbidding) = (
        NatsServer::start_with(&users("")).await,
        NatsServer::start_with("authorization { token: right }").await,
        NatsServer::start_with(&account.config).await,
        NatsServer::start_with(&users(
            ", permissions: { publish: \"other.>\", subscribe: \"other.>\" }",
        ))
        .await,
    );
    let others = file_with(NatsAccount::new().credentials);
    let others = others.path().to_str().expect("a name");
    let file = ("CHAT_RELAY_CREDENTIALS_FILE", others);
    let wrong = format!("ann:{IN_ADDRESS}x@");
    let right = format!("ann:{IN_ADDRESS}@");
    let cases = [
        (
            address("nats", &wrong, &with_users),
            None,
            "refuses the user ann or the password",
        ),
        (
            with_users.url(),
            None,
            "asks who connects: write a user and a password",
        ),
        (
            address("nats", "wrong@", &with_token),
            None,
            "refuses the token: correct it",
        ),
        (with_accounts.url(), None, "asks who connects"),
        (
            with_accounts.url(),
            Some(file),
            "refuses the credentials in ",
        ),
        (
            address("nats", &right, &forbidding),
            None,
            "forbids this user to publish or to subscribe: allow both for `aftermatch.>`",
        ),
    ];
    let refused = cases.iter().map(async |(relay, file, sentence)| {
        let mut settings = vec![("CHAT_RELAY", relay.as_str())];
        settings.extend(file);
        expect_refused(&database, &settings, sentence).await;
    });
    join_all(refused).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_tls_is_named() {
    let database = with_world().await;
    let (authority, other) = (Authority::new(), Authority::new());
    let roots = authority.file().display().to_string();
    let demanding = format!(", ca_file: \"{roots}\", verify: true");
    let (plain, secured, demanding) = (
        NatsServer::start().await,
        with_tls(&authority, "server", "", "").await,
        with_tls(&authority, "demanding", &demanding, "").await,
    );
    let theirs = other.file().display().to_string();
    let none = "/no/such/ca.pem".to_owned();
    let by_name = address("tls", "", &secured).replace("127.0.0.1", "localhost");
    let untrusted = "is signed by an authority that is not trusted here. Let SSL_CERT_FILE";
    let cases = [
        (
            address("tls", "", &plain),
            &roots,
            "does not use TLS, for which tls://",
        ),
        (address("tls", "", &secured), &theirs, untrusted),
        (address("nats", "", &secured), &theirs, untrusted),
        (
            address("tls", "", &secured),
            &none,
            "cannot read the root certificates",
        ),
        (
            by_name,
            &roots,
            "write the host for which its certificate was made",
        ),
        (
            address("tls", "", &demanding),
            &roots,
            "it asks for a certificate of this service",
        ),
    ];
    let refused = cases.iter().map(async |(relay, roots, sentence)| {
        let settings = [
            ("CHAT_RELAY", relay.as_str()),
            ("SSL_CERT_FILE", roots.as_str()),
        ];
        expect_refused(&database, &settings, sentence).await;
    });
    join_all(refused).await;
}

/// Something that says the same to everyone who connects, until it is dropped.
struct Saying {
    url: String,
    /// How many have connected.
    connections: watch::Receiver<usize>,
    _task: JoinSet<()>,
}

async fn saying(text: &'static str) -> Saying {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (counter, connections) = watch::channel(0);
    let mut task = JoinSet::new();
    task.spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            counter.send_modify(|connections| *connections += 1);
            let _ = stream.write_all(text.as_bytes()).await;
        }
    });
    Saying {
        url: format!("nats://{address}"),
        connections,
        _task: task,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_that_is_none_is_named() {
    let database = with_world().await;
    let other = saying("HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let small = NatsServer::start_with("max_payload: 4096").await;
    let away = "nats://127.0.0.1:1".to_owned();
    // Each server of a list is tried.
    let good = NatsServer::start().await;
    let one_of_two = format!("{},{away}", good.url());
    let refused = [
        (
            other.url.clone(),
            "is no NATS server: write the address of one",
        ),
        (
            small.url(),
            "messages of at most 4096 bytes, which is too little: set its max_payload",
        ),
        (
            away,
            "cannot reach the NATS server at 127.0.0.1:1: Connection refused",
        ),
        (
            one_of_two,
            "cannot reach the NATS server at 127.0.0.1:1: Connection refused",
        ),
    ];
    let refused = refused.iter().map(async |(relay, sentence)| {
        expect_refused(&database, &[("CHAT_RELAY", relay)], sentence).await;
    });
    join_all(refused).await;
}

#[tokio::test]
async fn reason_is_logged_once_for_many_attempts() {
    let database = with_world().await;
    let refusing = "INFO {\"max_payload\":1048576}\r\n-ERR 'Authorization Violation'\r\n";
    let mut server = saying(refusing).await;
    let service = Program::start(database.url(), &[("CHAT_RELAY", &server.url)]);
    service.address().await;
    let tried = server.connections.wait_for(|connections| *connections >= 8);
    let tried = timeout(PROGRAM_TIMEOUT, tried).await;
    tried.expect("many attempts").expect("the server is there");
    let log = service.logs("asks who connects", 1).await;
    assert_eq!(log.matches("asks who connects").count(), 1, "{log}");
    assert!(!log.contains("async_nats"), "{log}");
}

#[tokio::test]
async fn short_messages_are_a_warning() {
    let database = fresh().await;
    let server = NatsServer::start_with("max_payload: 65536").await;
    let printed = check(&database, 0, &[("CHAT_RELAY", &server.url())]).await;
    let sentence = "at most 65536 bytes, and other processes read longer events from the database";
    let warned = printed.lines().skip_while(|line| *line != "Warnings");
    assert_eq!(
        warned.filter(|line| line.contains(sentence)).count(),
        1,
        "{printed}"
    );
}

#[tokio::test]
async fn settings_that_can_never_work_are_refused() {
    let database = fresh().await;
    let relay = ("CHAT_RELAY", "nats://127.0.0.1:1,nats://127.0.0.1:2");
    let empty = file_with("nothing");
    let empty = empty.path().to_str().expect("a name");
    let with_hash = "nats://ann:n0body/shall:read@this#@127.0.0.1:4222";
    let with_comma = "nats://ann:n0body,shall@127.0.0.1:4222";
    for (settings, sentence) in [
        (
            vec![relay, ("CHAT_RELAY_CREDENTIALS_FILE", "/no/such/file")],
            "CHAT_RELAY_CREDENTIALS_FILE names /no/such/file, which cannot be used",
        ),
        (
            vec![relay, ("CHAT_RELAY_CREDENTIALS_FILE", empty)],
            "It must hold the JWT and the seed of a user",
        ),
        (
            vec![("CHAT_RELAY", with_hash)],
            "an address with a password is no address of a NATS server",
        ),
        (
            vec![("CHAT_RELAY", with_comma)],
            "an address with a password is no address of a NATS server",
        ),
    ] {
        let printed = check(&database, 2, &settings).await;
        assert_eq!(printed.matches(sentence).count(), 1, "{printed}");
        let serve = aftermatch(&["serve", "--listen=127.0.0.1:0"])
            .env("DATABASE_URL", database.url())
            .env("CHAT_JWT_SECRET", SECRET);
        let settings = settings.iter();
        let serve = settings.fold(serve, |serve, (name, value)| serve.env(name, value));
        let complaint = serve.expect_refusal().await;
        assert_eq!(complaint.matches(sentence).count(), 1, "{complaint}");
        for shown in [printed, complaint] {
            assert!(!shown.contains("n0body"), "{shown}");
        }
    }
}
