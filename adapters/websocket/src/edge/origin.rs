//! The web pages whose scripts may connect.

use std::str::FromStr;

use url::Url;

/// An entry of the list of origins that may connect: a host, and a scheme or a
/// port where they matter: `example.com`, `https://example.com`,
/// `example.com:8443`, `[::1]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    scheme: Option<String>,
    authority: Authority,
}

/// Not an origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginError;

impl std::error::Error for OriginError {}

impl std::fmt::Display for OriginError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(
            "not an origin: write a host, with a scheme or a port where they matter, \
             such as `example.com`, `https://example.com` or `example.com:8443`; \
             list each subdomain by its name, there are no wildcards",
        )
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let text = text.trim();
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(parse_scheme(scheme).ok_or(OriginError)?), rest),
            None => (None, text),
        };
        let authority = Authority::parse(rest).ok_or(OriginError)?;
        Ok(Self { scheme, authority })
    }
}

impl Origin {
    /// Whether this entry lets a page from `origin` connect.
    pub(crate) fn allows(&self, origin: &RequestOrigin) -> bool {
        let Authority { host, port } = &self.authority;
        *host == origin.authority.host
            && self
                .scheme
                .as_ref()
                .is_none_or(|scheme| *scheme == origin.scheme)
            && (port.is_none() || *port == origin.port())
    }

    /// Whether it lets a page connect that was loaded from this `Host`, by http or
    /// https.
    #[must_use]
    pub fn admits_host(&self, host: &str) -> bool {
        ["http", "https"].iter().any(|scheme| {
            let page = RequestOrigin::parse(&format!("{scheme}://{host}"));
            page.is_some_and(|page| self.allows(&page))
        })
    }
}

/// The value of an `Origin` header.
#[derive(Debug)]
pub(crate) struct RequestOrigin {
    scheme: String,
    authority: Authority,
}

impl RequestOrigin {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        Some(Self {
            scheme: parse_scheme(scheme)?,
            authority: Authority::parse(rest)?,
        })
    }

    fn port(&self) -> Option<u16> {
        self.authority.port.or(match self.scheme.as_str() {
            "http" | "ws" => Some(80),
            "https" | "wss" => Some(443),
            _ => None,
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Authority {
    /// As a URL has it: in lower case, international names as punycode, IPv6
    /// addresses in brackets.
    host: String,
    /// The port, if it is written there.
    port: Option<u16>,
}

impl Authority {
    fn parse(text: &str) -> Option<Self> {
        // Apps have schemes of their own. A host means the same in all.
        let [http, https] =
            ["http", "https"].map(|scheme| Url::parse(&format!("{scheme}://{text}")));
        let (http, https) = (http.ok()?, https.ok()?);
        let host = http.host_str()?;
        // `Url` takes more for a URL than is an authority, and drops some of it.
        let is_authority = !text.contains(|c: char| c.is_whitespace() || "/\\?#@*".contains(c));
        (is_authority && !host.starts_with('.')).then(|| Self {
            host: host.to_owned(),
            // It drops the port that is the scheme's own.
            port: http.port().or(https.port()),
        })
    }
}

fn parse_scheme(scheme: &str) -> Option<String> {
    let is_scheme = !scheme.is_empty()
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    is_scheme.then(|| scheme.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str) -> Origin {
        text.parse()
            .unwrap_or_else(|_| panic!("{text} is an origin"))
    }

    fn allows(list_entry: &str, header: &str) -> bool {
        let origin = RequestOrigin::parse(header);
        origin.is_some_and(|origin| entry(list_entry).allows(&origin))
    }

    #[test]
    fn scheme_and_port_count_where_named() {
        for (entry, header, allowed) in [
            ("localhost", "http://localhost:80", true),
            ("localhost", "https://LOCALHOST", true),
            ("localhost", "HTTP://localhost", true),
            ("localhost", "http://localhost.evil.com", false),
            ("localhost", "http://notlocalhost", false),
            ("localhost", "capacitor://localhost", true),
            ("example.com", "https://chat.example.com", false),
            ("127.0.0.1", "http://127.0.0.1:3000", true),
            ("[::1]", "http://[::1]:80", true),
            ("[::1]", "http://[::1]", true),
            ("[0:0:0:0:0:0:0:1]", "http://[::1]", true),
            ("https://example.com", "https://example.com:8443", true),
            ("https://example.com", "http://example.com", false),
            ("example.com:443", "https://example.com", true),
            ("example.com:443", "http://example.com", false),
            ("example.com:80", "http://example.com", true),
            ("example.com:8443", "https://example.com:8443", true),
            ("https://example.com:8443", "http://example.com:8443", false),
            ("https://example.com:443", "https://example.com:8443", false),
            ("Example.COM", "https://example.com", true),
        ] {
            assert_eq!(allows(entry, header), allowed, "{entry} and {header}");
        }
    }

    #[test]
    fn international_host_matches_its_punycode() {
        assert!(allows("чат.рф", "https://xn--80a0bn.xn--p1ai"));
        assert!(allows("xn--80a0bn.xn--p1ai", "https://xn--80a0bn.xn--p1ai"));
        assert!(allows(
            "https://ЧАТ.рф:8443",
            "https://xn--80a0bn.xn--p1ai:8443"
        ));
        assert!(!allows("чат.рф", "https://xn--80a0bn.com"));
    }

    #[test]
    fn blanks_around_entry_are_trimmed() {
        assert!(allows(" example.com ", "https://example.com"));
        assert!(allows("\texample.com:8443", "https://example.com:8443"));
    }

    #[test]
    fn header_that_is_no_origin_is_refused() {
        for header in [
            "localhost",
            "//localhost",
            "://localhost",
            "null",
            "",
            "http://",
            "http://localhost/",
            "http://localhost/page",
            "http://evil@localhost",
            "http://localhost\\.evil.com",
            "http://local\thost",
            " http://localhost",
            "http://localhost http://localhost",
            "http://localhost#",
            "http://localhost?",
        ] {
            assert!(!allows("localhost", header), "{header}");
        }
    }

    #[test]
    fn page_is_admitted_by_its_host() {
        for (list_entry, host, admitted) in [
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
            assert_eq!(entry(list_entry).admits_host(host), admitted, "{host}");
        }
    }

    #[test]
    fn entry_that_is_no_origin_is_refused() {
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
            "*.example.com",
            ".example.com",
            "https://.example.com",
            "ht tp://example.com",
        ] {
            assert_eq!(text.parse::<Origin>(), Err(OriginError), "{text}");
        }
        assert!(OriginError.to_string().contains("no wildcards"));
    }
}
