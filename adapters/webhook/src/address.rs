use std::fmt;

use hyper::Uri;
use url::Url;

/// The address of the platform's webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(Uri);

/// Why a text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No URL at all.
    #[error("it is no URL: give one such as https://platform.example/chat/webhook")]
    NoUrl,
    /// Another scheme.
    #[error("it must begin with https:// or http://")]
    Scheme,
    /// User and password.
    #[error(
        "it must have no user and no password: the requests are signed with the secret instead"
    )]
    Credentials,
    /// A fragment.
    #[error("it must have no fragment: remove the # and what follows")]
    Fragment,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let url = Url::parse(text.trim()).map_err(|_| AddressError::NoUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(AddressError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Credentials);
        }
        if url.fragment().is_some() {
            return Err(AddressError::Fragment);
        }
        let uri = url.as_str().parse().map_err(|_| AddressError::NoUrl)?;
        Ok(Self(uri))
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.0
    }

    pub(crate) fn is_plain(&self) -> bool {
        self.0.scheme_str() == Some("http")
    }

    /// Whether what is sent can be read on the way to another machine.
    #[must_use]
    pub fn is_open_to_others(&self) -> bool {
        let here = ["localhost", "127.0.0.1", "[::1]"];
        self.is_plain() && self.0.host().is_some_and(|host| !here.contains(&host))
    }
}

/// Without the query, which may have a secret in it.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.0.scheme_str().unwrap_or_default();
        let authority = self.0.authority().map_or("", |host| host.as_str());
        write!(f, "{scheme}://{authority}{}", self.0.path())?;
        match self.0.query() {
            Some(_) => f.write_str("?…"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_shown_without_query() {
        for (text, shown) in [
            (
                "https://platform.example/hook",
                "https://platform.example/hook",
            ),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/"),
            ("https://[::1]:1/a?token=secret", "https://[::1]:1/a?…"),
            (
                "HTTPS://Платформа.example/\n",
                "https://xn--80aa5afjdkos.example/",
            ),
        ] {
            let address = Address::parse(text).map(|address| address.to_string());
            assert_eq!(address.as_deref(), Ok(shown));
        }
    }

    #[test]
    fn plain_address_elsewhere_is_open_to_others() {
        for (text, is_open) in [
            ("http://platform.example", true),
            ("https://platform.example", false),
            ("http://localhost:1/a", false),
            ("http://[::1]", false),
        ] {
            let address = Address::parse(text).expect("an address");
            assert_eq!(address.is_open_to_others(), is_open, "{text}");
        }
    }

    #[test]
    fn other_text_is_refused_with_reason() {
        for (text, expected) in [
            ("", AddressError::NoUrl),
            ("platform.example/hook", AddressError::NoUrl),
            ("https://", AddressError::NoUrl),
            ("ftp://platform.example", AddressError::Scheme),
            ("localhost:8000", AddressError::Scheme),
            (
                "https://ann:secret@platform.example",
                AddressError::Credentials,
            ),
            ("https://platform.example/#hook", AddressError::Fragment),
        ] {
            assert_eq!(Address::parse(text), Err(expected), "{text}");
        }
    }
}
