//! The address of a server, who connects there, and why the server cannot be used.

use std::{fmt, net::IpAddr, path::PathBuf};

use async_nats::{ConnectOptions, ServerAddr};
use percent_encoding::percent_decode_str;

use crate::options::{Options, OptionsError, server};

/// With less, what processes say of themselves does not fit.
pub(crate) const MIN_BYTES: usize = 8 * 1024;

/// The longest message. Servers take 1 MiB unless they are configured otherwise.
pub(crate) const MAX_BYTES: usize = 512 * 1024;

/// What a reason contains, in small letters, and the sentence for it. The first one counts.
const REFUSALS: [(&[&str], &str); 7] = [
    (
        &["permissions violation"],
        "the NATS server at {server} forbids this user to publish or to subscribe: allow both \
         for `aftermatch.>`, then restart the service",
    ),
    (
        &["authentication", "signing nonce"],
        "the NATS server at {server} no longer accepts this user: {reason}. Write new \
         credentials, then restart the service: it reads them once",
    ),
    (
        &["maximum connections"],
        "the NATS server at {server} has no room for another connection: raise its \
         max_connections",
    ),
    (
        &["invalidcontenttype", "corrupt message"],
        "the NATS server at {server} does not use TLS, for which tls:// in CHAT_RELAY asks: turn \
         TLS on at the server, or, on a private network, write nats://",
    ),
    (
        &["platform certs"],
        "cannot read the root certificates: {reason}. Let SSL_CERT_FILE name a file in PEM, or \
         leave it out",
    ),
    (
        &["certificate"],
        "no connection with TLS to the NATS server at {server}: {reason}: {advice}",
    ),
    (
        &["expected info", "invalid server operation"],
        "what answers at {server} is no NATS server: write the address of one into CHAT_RELAY",
    ),
];

/// The sentence for every other reason.
const UNREACHABLE: &str = "cannot reach the NATS server at {server}: {reason}. Is it running, and \
                           is this the right address?";

/// The address of a server, and who connects there. It is shown as host and port.
#[derive(Clone)]
pub(crate) struct Address {
    server: ServerAddr,
    credentials: Option<PathBuf>,
}

/// What the address says of the one who connects.
#[derive(Debug, PartialEq, Eq)]
enum Login {
    Nobody,
    User(String, String),
    Token(String),
}

impl Address {
    /// One of the servers of `options`.
    pub(crate) fn new(address: &str, options: &Options) -> Result<Self, OptionsError> {
        Ok(Self {
            server: server(address)?,
            credentials: options.credentials.clone(),
        })
    }

    pub(crate) fn server(&self) -> &ServerAddr {
        &self.server
    }

    /// Connects in the name of those who are allowed to.
    pub(crate) async fn options(&self) -> Result<ConnectOptions, OptionsError> {
        // The library does not read who connects from the address.
        let options = match self.login() {
            Login::Nobody => ConnectOptions::new(),
            Login::User(user, password) => ConnectOptions::with_user_and_password(user, password),
            Login::Token(token) => ConnectOptions::with_token(token),
        };
        // Also for the other servers of a cluster.
        let options = options
            .name("aftermatch")
            .require_tls(self.server.tls_required());
        match &self.credentials {
            None => Ok(options),
            Some(path) => {
                let with = options.credentials_file(path).await;
                with.map_err(|error| OptionsError::Credentials {
                    path: path.clone(),
                    error,
                })
            }
        }
    }

    fn login(&self) -> Login {
        let decoded = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
        match (self.server.username(), self.server.password()) {
            (None, None) => Login::Nobody,
            (Some(token), None) => Login::Token(decoded(token)),
            (user, Some(password)) => {
                Login::User(decoded(user.unwrap_or_default()), decoded(password))
            }
        }
    }

    /// Whether the server is on this machine.
    pub(crate) fn is_local(&self) -> bool {
        let host = self.server.host();
        let is_loopback = |address: IpAddr| address.is_loopback();
        host == "localhost" || host.parse().is_ok_and(is_loopback)
    }

    /// Why the server cannot be used, and what would be right. `reason` is what the library,
    /// or the server, says.
    pub(crate) fn refusal(&self, reason: &str) -> String {
        let reason = without_introductions(reason);
        let small = reason.to_lowercase();
        let has_one = |parts: &[&str]| parts.iter().any(|part| small.contains(part));
        if has_one(&["authorization violation"]) {
            return self.who_is_refused();
        }
        let known = REFUSALS.iter().find(|(parts, _)| has_one(parts));
        let sentence = known.map_or(UNREACHABLE, |(_, sentence)| sentence);
        sentence
            .replace("{server}", &self.to_string())
            .replace("{advice}", certificate_advice(&small))
            .replace("{reason}", reason)
    }

    fn who_is_refused(&self) -> String {
        let advice = match (&self.credentials, self.login()) {
            (Some(path), _) => format!(
                "refuses the credentials in {} (CHAT_RELAY_CREDENTIALS_FILE): have new ones made \
                 for an account of this server",
                path.display()
            ),
            (None, Login::Nobody) => "asks who connects: write a user and a password into \
                 CHAT_RELAY, as in nats://user:password@host:4222, or name a file with credentials \
                 in CHAT_RELAY_CREDENTIALS_FILE"
                .to_owned(),
            (None, Login::User(user, _)) => format!(
                "refuses the user {user} or the password: correct them in CHAT_RELAY. Write \
                 characters other than letters and digits as % and two digits"
            ),
            (None, Login::Token(_)) => "refuses the token: correct it in CHAT_RELAY, or write a \
                 user and a password, as in nats://user:password@host:4222"
                .to_owned(),
        };
        format!("the NATS server at {self} {advice}")
    }

    /// What is wrong if the server takes messages of this length only.
    pub(crate) fn too_short(&self, max_payload: usize) -> Option<String> {
        (max_payload < MAX_BYTES).then(|| {
            let consequence = if max_payload < MIN_BYTES {
                "which is too little"
            } else {
                "and other processes read longer events from the database"
            };
            format!(
                "the NATS server at {self} takes messages of at most {max_payload} bytes, \
                 {consequence}: set its max_payload to 1MB"
            )
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, port) = (self.server.host(), self.server.port());
        if host.contains(':') {
            write!(f, "[{host}]:{port}")
        } else {
            write!(f, "{host}:{port}")
        }
    }
}

/// The reason alone: the library begins with what kind of error it is.
fn without_introductions(reason: &str) -> &str {
    let introductions = ["IO error: ", "TLS error: ", "DNS error: ", "nats: "];
    let mut rest = reason;
    while let Some(shorter) = introductions
        .iter()
        .find_map(|introduction| rest.strip_prefix(introduction))
    {
        rest = shorter;
    }
    rest
}

/// What to do if a certificate was refused for this reason, in small letters.
fn certificate_advice(reason: &str) -> &'static str {
    let has = |part| reason.contains(part);
    if has("unknownissuer") || has("badsignature") {
        "its certificate is signed by an authority that is not trusted here. Let SSL_CERT_FILE \
         name a file with that authority's certificate"
    } else if has("not valid for name") || has("notvalidforname") {
        "write the host for which its certificate was made into CHAT_RELAY"
    } else if has("expired") || has("notvalidyet") || has("not valid yet") {
        "renew its certificate, and look at the clocks"
    } else if has("received fatal alert") {
        "it asks for a certificate of this service, which has none. Let it verify users by \
         passwords or credentials instead (no `verify` under `tls`)"
    } else {
        "correct the certificate of the server"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        let options = Options {
            servers: Vec::new(),
            credentials: None,
        };
        Address::new(text, &options).unwrap()
    }

    #[test]
    fn login_is_decoded() {
        let user = |user: &str, password: &str| Login::User(user.to_owned(), password.to_owned());
        for (text, login) in [
            ("nats://host", Login::Nobody),
            ("nats://a%40b:c%2Fd%25@host", user("a@b", "c/d%")),
            ("tls://:secret@host", user("", "secret")),
            ("nats://t%3Aken@host", Login::Token("t:ken".to_owned())),
        ] {
            assert_eq!(address(text).login(), login, "{text}");
        }
    }

    #[test]
    fn address_is_shown_as_host_and_port() {
        for (text, shown, is_local) in [
            ("nats://ann:secret@host.example:1", "host.example:1", false),
            ("tls://localhost", "localhost:4222", true),
            ("nats://[::1]:4223", "[::1]:4223", true),
            ("nats://192.0.2.1", "192.0.2.1:4222", false),
        ] {
            let address = address(text);
            assert_eq!(address.to_string(), shown);
            assert_eq!(address.is_local(), is_local, "{text}");
        }
    }

    #[test]
    fn refusal_says_what_would_be_right() {
        let address = address("nats://host");
        for (reason, sentence) in [
            (
                "nats: authorization violation",
                "the NATS server at host:4222 asks who connects",
            ),
            (
                "nats: User Authentication Expired",
                "no longer accepts this user: User Authentication Expired. Write new credentials, \
                 then restart the service",
            ),
            (
                "TLS error: IO error: invalid peer certificate: Expired",
                "at host:4222: invalid peer certificate: Expired: renew its certificate",
            ),
            (
                "IO error: Connection refused",
                "cannot reach the NATS server at host:4222: Connection refused. Is it running",
            ),
        ] {
            let refusal = address.refusal(reason);
            assert!(refusal.contains(sentence), "{refusal}");
        }
    }
}
