//! The files of certificates and keys that an address names.
//!
//! The driver reads them when it connects. Its error for a file that is not there looks
//! like that of a server that is not there, and it takes a file without certificates for
//! an empty list.

use std::{fs, io};

use sqlx::{
    ConnectOptions,
    postgres::{PgConnectOptions, PgSslMode},
};

/// What a file must have, and what an operator should give.
struct Kind {
    name: &'static str,
    item: &'static str,
    begins: &'static [&'static str],
    content: &'static str,
}

const ROOT: Kind = Kind {
    name: "sslrootcert",
    item: "certificate",
    begins: &["-----BEGIN CERTIFICATE-----"],
    content: "the certificate of the authority that signed the server's",
};

const CERTIFICATE: Kind = Kind {
    name: "sslcert",
    item: "certificate",
    begins: &["-----BEGIN CERTIFICATE-----"],
    content: "the certificate of the client",
};

const KEY: Kind = Kind {
    name: "sslkey",
    item: "key",
    begins: &[
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----BEGIN EC PRIVATE KEY-----",
    ],
    content: "the key of the client's certificate, without a passphrase",
};

/// A mistake in the files.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Mistake {
    #[error(
        "{name} names the file {file}, which cannot be read: {error}. Give a file in PEM with {content}"
    )]
    Unreadable {
        name: &'static str,
        file: String,
        error: io::Error,
        content: &'static str,
    },
    #[error(
        "{name} names the file {file}, which has no {item} in it. Give a file in PEM with {content}"
    )]
    Empty {
        name: &'static str,
        file: String,
        item: &'static str,
        content: &'static str,
    },
    /// As the tools of Postgres have it.
    #[error(
        "sslrootcert=system is not supported, and not needed: without sslrootcert, the root \
         certificates of the system count"
    )]
    System,
    #[error("{0} is set without {1}: a client that shows a certificate needs both")]
    Alone(&'static str, &'static str),
}

/// Finds what can never work. The driver takes the files from the address, or from the
/// environment, and reads none if it never asks for TLS.
pub(crate) fn check(options: &PgConnectOptions) -> Result<(), Mistake> {
    if matches!(
        options.get_ssl_mode(),
        PgSslMode::Disable | PgSslMode::Allow
    ) {
        return Ok(());
    }
    let url = options.to_url_lossy();
    let value = |kind: &Kind| {
        let mut pairs = url.query_pairs();
        let found = pairs.find(|(name, _)| name == kind.name);
        found.map(|(_, value)| value.into_owned())
    };
    for kind in [ROOT, CERTIFICATE, KEY] {
        if let Some(value) = value(&kind) {
            check_value(&kind, &value)?;
        }
    }
    match (value(&CERTIFICATE), value(&KEY)) {
        (Some(_), None) => Err(Mistake::Alone(CERTIFICATE.name, KEY.name)),
        (None, Some(_)) => Err(Mistake::Alone(KEY.name, CERTIFICATE.name)),
        _ => Ok(()),
    }
}

/// The driver shows a file in this way, and otherwise the certificate itself, which the
/// environment may have.
fn check_value(kind: &Kind, value: &str) -> Result<(), Mistake> {
    let Some(file) = value.strip_prefix("file: ") else {
        return Ok(());
    };
    let (name, content) = (kind.name, kind.content);
    let file = file.to_owned();
    match fs::read(&file) {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            let has_one = kind.begins.iter().any(|begin| text.contains(begin));
            has_one.then_some(()).ok_or(Mistake::Empty {
                name,
                file,
                item: kind.item,
                content,
            })
        }
        Err(_) if name == ROOT.name && file == "system" => Err(Mistake::System),
        Err(error) => Err(Mistake::Unreadable {
            name,
            file,
            error,
            content,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(query: &str) -> Result<(), String> {
        let url = format!("postgres://chat@db/chat?{query}");
        let options: PgConnectOptions = url.parse().expect("an address");
        check(&options).map_err(|mistake| mistake.to_string())
    }

    #[test]
    fn missing_file_is_refused_where_tls_is_used() {
        for mode in ["prefer", "require", "verify-ca", "verify-full"] {
            for name in ["sslrootcert", "sslcert", "sslkey"] {
                let refused = checked(&format!("sslmode={mode}&{name}=/no/such/file"));
                let refused = refused.expect_err("a mistake");
                assert!(refused.starts_with(name), "{refused}");
                assert!(refused.contains("No such file"), "{refused}");
            }
        }
        assert_eq!(checked("sslmode=disable&sslrootcert=/no/such/file"), Ok(()));
        assert_eq!(checked("sslmode=verify-full"), Ok(()));
    }

    #[test]
    fn file_of_something_else_is_refused() {
        let this = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        for name in ["sslrootcert", "sslcert", "sslkey"] {
            let refused = checked(&format!("{name}={this}"));
            let refused = refused.expect_err("a mistake");
            assert!(refused.contains("in PEM with the"), "{refused}");
        }
    }

    #[test]
    fn certificate_without_key_is_refused() {
        // This file has the lines with which they begin.
        let this = concat!(env!("CARGO_MANIFEST_DIR"), "/src/certificates.rs");
        let both = format!("sslrootcert={this}&sslcert={this}&sslkey={this}");
        assert_eq!(checked(&both), Ok(()));
        let (certificate, key) = (format!("sslcert={this}"), format!("sslkey={this}"));
        for (one, sentence) in [
            (certificate, "sslcert is set without sslkey"),
            (key, "sslkey is set without sslcert"),
        ] {
            let refused = checked(&one).expect_err("a mistake");
            assert!(refused.starts_with(sentence), "{refused}");
        }
    }
}
