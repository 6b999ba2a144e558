//! Which pages' scripts may connect.

use std::str::FromStr;

/// An entry of the list of origins that may connect: a host, and a scheme or a
/// port where they matter: `example.com`, `https://example.com`,
/// `example.com:8443`, `[::1]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    scheme: Option<String>,
    host: String,
    port: Option<u16>,
}

/// Not an origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginError;

impl std::error::Error for OriginError {}

impl std::fmt::Display for OriginError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(
            "not an origin: write a host, with a scheme or a port where they matter, \
             such as `example.com`, `https://example.com` or `example.com:8443`",
        )
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let text = text.to_ascii_lowercase();
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest),
            None => (None, text.as_str()),
        };
        // The colons of an IPv6 address stand in brackets.
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (rest, None),
        };
        if scheme.is_some_and(|scheme| !is_scheme(scheme)) || !is_host(host) {
            return Err(OriginError);
        }
        Ok(Self {
            scheme: scheme.map(str::to_owned),
            host: host.to_owned(),
            port: port.map(str::parse).transpose().map_err(|_| OriginError)?,
        })
    }
}

impl Origin {
    /// Whether this entry lets in the value of an `Origin` header.
    pub(crate) fn admits(&self, presented: &Self) -> bool {
        self.host == presented.host
            && (self.scheme.is_none() || self.scheme == presented.scheme)
            && (self.port.is_none() || self.port == presented.effective_port())
    }

    /// Whether it lets in a page that was asked for at this `Host`, by whichever
    /// scheme.
    #[must_use]
    pub fn admits_host(&self, host: &str) -> bool {
        ["http", "https"].iter().any(|scheme| {
            let page = format!("{scheme}://{host}").parse();
            page.is_ok_and(|page| self.admits(&page))
        })
    }

    fn effective_port(&self) -> Option<u16> {
        self.port.or(match self.scheme.as_deref() {
            Some("http" | "ws") => Some(80),
            Some("https" | "wss") => Some(443),
            _ => None,
        })
    }
}

fn is_scheme(scheme: &str) -> bool {
    !scheme.is_empty()
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

fn is_host(host: &str) -> bool {
    let inner = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    match inner {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host
                    .chars()
                    .all(|c| c.is_alphanumeric() || matches!(c, '-' | '.' | '_'))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Origin {
        text.parse()
            .unwrap_or_else(|_| panic!("{text} is an origin"))
    }

    #[test]
    fn scheme_and_port_matter_only_where_the_entry_names_them() {
        for (entry, presented, admitted) in [
            ("localhost", "http://localhost:80", true),
            ("localhost", "https://LOCALHOST", true),
            ("localhost", "http://localhost.evil.com", false),
            ("localhost", "http://notlocalhost", false),
            ("example.com", "https://chat.example.com", false),
            ("127.0.0.1", "http://127.0.0.1:3000", true),
            ("[::1]", "http://[::1]:80", true),
            ("[::1]", "http://[::1]", true),
            ("https://example.com", "https://example.com:8443", true),
            ("https://example.com", "http://example.com", false),
            ("example.com:443", "https://example.com", true),
            ("example.com:443", "http://example.com", false),
            ("example.com:8443", "https://example.com:8443", true),
            ("https://example.com:8443", "http://example.com:8443", false),
            ("Example.COM", "https://example.com", true),
        ] {
            let told = origin(entry).admits(&origin(presented));
            assert_eq!(told, admitted, "{entry} and {presented}");
        }
    }

    #[test]
    fn a_page_is_let_in_by_its_host() {
        for (entry, host, admitted) in [
            ("localhost", "localhost:8000", true),
            ("[::1]", "[::1]:8000", true),
            ("https://example.com", "Example.com", true),
            ("example.com:443", "example.com", true),
            ("example.com:8443", "example.com", false),
            ("localhost", "evil.example", false),
            ("localhost", "evil.example/localhost", false),
            ("localhost", "http://localhost", false),
            ("localhost", "", false),
        ] {
            assert_eq!(origin(entry).admits_host(host), admitted, "{host}");
        }
    }

    #[test]
    fn what_is_no_origin_is_told() {
        for text in [
            "",
            "null/",
            "http://",
            "://example.com",
            "https://example.com/",
            "example.com/chat",
            "user@example.com",
            "example.com:port",
            "example.com:99999",
            "exa mple.com",
            "[::1",
            "::1",
            "[::zz]",
            "*",
            "ht tp://example.com",
        ] {
            assert_eq!(text.parse::<Origin>(), Err(OriginError), "{text}");
        }
    }
}
