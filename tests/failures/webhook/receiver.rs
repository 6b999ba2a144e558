//! A platform that receives messages, and checks their signatures by itself.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use aftermatch_test_support::{Authority, Random, file_with};
use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use tempfile::NamedTempFile;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpListener,
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::timeout,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

const KEY: [u8; 32] = [7; 32];

/// Longer than any message waits.
const PATIENCE: Duration = Duration::from_secs(150);

/// What the receiver answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// Always this status.
    Status(u16),
    /// 204, or sometimes 500, or the end of the connection.
    ByChance,
}

/// A request.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub id: String,
    pub body: Value,
    pub is_signed: bool,
    pub accepted: bool,
}

impl Call {
    pub fn room(&self) -> i64 {
        self.body["data"]["room_pk"].as_i64().expect("a room")
    }

    pub fn seq(&self) -> i64 {
        let seq = &self.body["data"]["message"]["seq"];
        seq.as_i64().expect("a number")
    }

    pub fn text(&self) -> &str {
        let text = &self.body["data"]["message"]["text"];
        text.as_str().expect("a text")
    }

    /// The users who are to be notified.
    pub fn users(&self) -> Vec<i64> {
        let recipients = self.body["data"]["recipients"].as_array();
        let recipients = recipients.expect("recipients").iter();
        let users = recipients.map(|recipient| recipient["user_id"].as_i64());
        users.map(|user| user.expect("a user")).collect()
    }
}

/// A server that can be killed and started again on its port.
pub struct Receiver {
    address: SocketAddr,
    calls: watch::Sender<Vec<Call>>,
    answers: watch::Sender<Answers>,
    secret: NamedTempFile,
    tls: Option<TlsAcceptor>,
    serving: JoinHandle<()>,
}

impl Receiver {
    pub async fn start() -> Self {
        Self::start_with(None).await
    }

    /// With TLS, and a certificate of this authority.
    pub async fn start_tls(authority: &Authority) -> Self {
        let certificate = authority.certificate("platform", "subjectAltName=IP:127.0.0.1");
        let chain = CertificateDer::from_pem_file(certificate.certificate).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(certificate.key).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config
            .with_safe_default_protocol_versions()
            .expect("versions");
        let config = config
            .with_no_client_auth()
            .with_single_cert(vec![chain], key);
        Self::start_with(Some(Arc::new(config.expect("a pair")).into())).await
    }

    async fn start_with(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let mut receiver = Self {
            address: listener.local_addr().expect("an address"),
            calls: watch::Sender::new(Vec::new()),
            answers: watch::Sender::new(Answers::Status(204)),
            secret: file_with(format!("whsec_{}\n", BASE64_STANDARD.encode(KEY))),
            tls,
            serving: tokio::spawn(async {}),
        };
        receiver.serve(listener);
        receiver
    }

    /// The settings of a service that notifies it.
    pub fn settings(&self) -> [(&'static str, String); 2] {
        let file = self.secret.path().display().to_string();
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}/hook?a=b", self.address);
        [
            ("CHAT_WEBHOOK_URL", url),
            ("CHAT_WEBHOOK_SECRET_FILE", file),
        ]
    }

    pub fn answer(&self, answers: Answers) {
        self.answers.send_replace(answers);
    }

    /// Ends all connections. Nothing listens any more.
    pub fn kill(&self) {
        self.serving.abort();
    }

    pub async fn start_again(&mut self) {
        let listener = async {
            loop {
                if let Ok(listener) = TcpListener::bind(self.address).await {
                    return listener;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let listener = timeout(PATIENCE, listener).await.expect("the port is free");
        self.serve(listener);
    }

    fn serve(&mut self, listener: TcpListener) {
        let (calls, answers) = (self.calls.clone(), self.answers.subscribe());
        let tls = self.tls.clone();
        self.serving = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (socket, _) = listener.accept().await.expect("a connection");
                let (calls, answers) = (calls.clone(), answers.clone());
                match tls.clone() {
                    None => connections.spawn(answer_all(socket, calls, answers)),
                    Some(tls) => connections.spawn(async move {
                        let socket = tls.accept(socket).await.ok()?;
                        answer_all(socket, calls, answers).await
                    }),
                };
            }
        });
    }

    /// What was received, as soon as this is true of it.
    pub async fn received(&self, enough: impl Fn(&[Call]) -> bool) -> Vec<Call> {
        let mut calls = self.calls.subscribe();
        let received = calls.wait_for(|calls| enough(calls));
        let received = timeout(PATIENCE, received).await;
        let Ok(received) = received else {
            panic!("not received: {:#?}", self.calls.borrow());
        };
        received.expect("a sender").clone()
    }

    /// The request that comes next after so many.
    pub async fn nth(&self, nth: usize) -> Call {
        let calls = self.received(|calls| calls.len() > nth).await;
        calls[nth].clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Answers requests until the connection ends.
async fn answer_all(
    socket: impl AsyncRead + AsyncWrite + Unpin,
    calls: watch::Sender<Vec<Call>>,
    answers: watch::Receiver<Answers>,
) -> Option<()> {
    let mut socket = BufReader::new(socket);
    let mut random = Random::new();
    loop {
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            socket
                .read_line(&mut line)
                .await
                .ok()
                .filter(|read| *read > 0)?;
            if line == "\r\n" {
                break;
            }
            headers.push(line);
        }
        let header = |name: &str| {
            let values = headers.iter().filter_map(|line| line.split_once(": "));
            let mut values = values.filter(|(header, _)| header.eq_ignore_ascii_case(name));
            values.next().map_or("", |(_, value)| value.trim_end())
        };
        let length = header("content-length").parse().expect("a length");
        let mut body = vec![0; length];
        socket.read_exact(&mut body).await.ok()?;
        assert!(
            headers[0].starts_with("POST /hook?a=b HTTP/1.1"),
            "{headers:?}"
        );
        let id = header("webhook-id").to_owned();
        let signed = [id.as_bytes(), header("webhook-timestamp").as_bytes(), &body].join(&b'.');
        let code = Hmac::<Sha256>::new_from_slice(&KEY)
            .expect("a key")
            .chain_update(signed);
        let code = BASE64_STANDARD.encode(code.finalize().into_bytes());
        let answer = match *answers.borrow() {
            Answers::Status(status) => Some(status),
            Answers::ByChance => match random.below(10) {
                0 => None,
                1 => Some(500),
                _ => Some(204),
            },
        };
        let call = Call {
            is_signed: header("webhook-signature") == format!("v1,{code}"),
            accepted: answer.is_some_and(|status| status < 300),
            body: serde_json::from_slice(&body).expect("JSON"),
            id,
        };
        calls.send_modify(|calls| calls.push(call));
        let response = format!("HTTP/1.1 {} Answer\r\ncontent-length: 0\r\n\r\n", answer?);
        socket.write_all(response.as_bytes()).await.ok()?;
    }
}
