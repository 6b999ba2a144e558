//! The extension that is negotiated in a handshake: compressed messages (RFC 7692, section
//! 7.1). Nothing is held between two messages, in neither direction.

use poem::http::{HeaderMap, header};

use super::{handshake::is_token, refusal::Refusal};
use crate::transport::Compression;

const NAME: &str = "permessage-deflate";

/// An extension, as a client offers it.
struct Offer<'a> {
    name: &'a str,
    parameters: Vec<(&'a str, Option<&'a str>)>,
}

/// The first offer of compressed messages that the service can accept.
pub(crate) fn compression(headers: &HeaderMap) -> Result<Option<Compression>, Refusal> {
    let offers = offers(headers).ok_or_else(|| {
        let sentence = "`Sec-WebSocket-Extensions` is malformed: send names with parameters, \
                        such as `permessage-deflate; client_max_window_bits`, or leave it out";
        Refusal::bad_request(sentence)
    })?;
    Ok(offers.iter().find_map(accepted))
}

/// The value of the header that accepts the offer.
pub(crate) fn acceptance(compression: Compression) -> String {
    let both = format!("{NAME}; server_no_context_takeover; client_no_context_takeover");
    match compression.window_bits {
        None => both,
        Some(bits) => format!("{both}; server_max_window_bits={bits}"),
    }
}

/// `None`: an unknown extension, or one with a parameter that makes it unusable.
fn accepted(offer: &Offer<'_>) -> Option<Compression> {
    let mut window_bits = None;
    let parameters = &offer.parameters;
    for (place, &(name, value)) in parameters.iter().enumerate() {
        if parameters
            .iter()
            .take(place)
            .any(|(other, _)| *other == name)
        {
            return None;
        }
        match (name, value) {
            ("server_no_context_takeover" | "client_no_context_takeover", None)
            | ("client_max_window_bits", None) => {}
            ("client_max_window_bits", Some(value)) => {
                bits(value)?;
            }
            ("server_max_window_bits", Some(value)) => window_bits = Some(bits(value)?),
            _ => return None,
        }
    }
    (offer.name == NAME).then_some(Compression { window_bits })
}

fn bits(value: &str) -> Option<u8> {
    let bits = value.parse().ok().filter(|bits| (8..=15).contains(bits));
    bits.filter(|bits: &u8| bits.to_string() == value)
}

/// The offers of all headers. `None`: they are malformed (RFC 6455, section 9.1).
fn offers(headers: &HeaderMap) -> Option<Vec<Offer<'_>>> {
    let mut offers = Vec::new();
    for value in headers.get_all(header::SEC_WEBSOCKET_EXTENSIONS) {
        let list = value.to_str().ok()?.split(',');
        for offer in list.filter(|offer| !trim(offer).is_empty()) {
            offers.push(parse(offer)?);
        }
    }
    Some(offers)
}

fn parse(offer: &str) -> Option<Offer<'_>> {
    let mut parts = offer.split(';');
    let name = token(parts.next()?)?;
    let parameters = parts.map(|part| match part.split_once('=') {
        None => Some((token(part)?, None)),
        Some((name, value)) => Some((token(name)?, Some(token(unquoted(value))?))),
    });
    Some(Offer {
        name,
        parameters: parameters.collect::<Option<_>>()?,
    })
}

/// A value in quotes is a token, too.
fn unquoted(value: &str) -> &str {
    let value = trim(value);
    let inside = value.strip_prefix('"');
    inside
        .and_then(|inside| inside.strip_suffix('"'))
        .unwrap_or(value)
}

fn token(text: &str) -> Option<&str> {
    Some(trim(text)).filter(|text| !text.is_empty() && text.bytes().all(is_token))
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use poem::http::HeaderValue;

    use super::*;

    /// What is answered to these headers.
    fn answered(offered: &[&str]) -> Result<Option<String>, ()> {
        let name = header::SEC_WEBSOCKET_EXTENSIONS;
        let value = |value: &&str| HeaderValue::from_bytes(value.as_bytes()).expect("a value");
        let headers = offered.iter().map(|each| (name.clone(), value(each)));
        let accepted = compression(&headers.collect()).map_err(|_| ())?;
        Ok(accepted.map(acceptance))
    }

    const ACCEPTED: &str =
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

    #[test]
    fn usable_offers_are_accepted() {
        for offered in [
            &["permessage-deflate"][..],
            &["permessage-deflate; client_max_window_bits"],
            &["permessage-deflate; client_max_window_bits=8"],
            &["permessage-deflate;server_no_context_takeover ;\tclient_no_context_takeover"],
            &[" ,, permessage-deflate ,"],
            &["x-webkit-deflate-frame", "permessage-deflate"],
            &["bbf-usp-protocol; a=\"b\", permessage-deflate"],
            &["permessage-deflate; mux; a=b, permessage-deflate"],
            &[
                "permessage-deflate; server_max_window_bits=7",
                "permessage-deflate",
            ],
        ] {
            assert_eq!(
                answered(offered),
                Ok(Some(ACCEPTED.to_owned())),
                "{offered:?}"
            );
        }
    }

    #[test]
    fn window_of_the_client_is_confirmed() {
        for (offered, bits) in [
            ("permessage-deflate; server_max_window_bits=8", 8),
            ("permessage-deflate; server_max_window_bits = \"10\"", 10),
            (
                "permessage-deflate; client_max_window_bits; server_max_window_bits=15",
                15,
            ),
            (
                "permessage-deflate; server_max_window_bits=9, permessage-deflate",
                9,
            ),
        ] {
            let expected = format!("{ACCEPTED}; server_max_window_bits={bits}");
            assert_eq!(answered(&[offered]), Ok(Some(expected)), "{offered}");
        }
    }

    #[test]
    fn unusable_offers_are_declined() {
        assert_eq!(answered(&[]), Ok(None));
        for offered in [
            "",
            "deflate-frame",
            "Permessage-Deflate",
            "permessage-deflate; unknown",
            "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
            "permessage-deflate; client_no_context_takeover=true",
            "permessage-deflate; server_max_window_bits",
            "permessage-deflate; server_max_window_bits=7",
            "permessage-deflate; server_max_window_bits=16",
            "permessage-deflate; server_max_window_bits=010",
            "permessage-deflate; server_max_window_bits=+9",
            "permessage-deflate; client_max_window_bits=7",
            "permessage-deflate; client_max_window_bits=x",
            "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9",
        ] {
            assert_eq!(answered(&[offered]), Ok(None), "{offered}");
        }
    }

    #[test]
    fn malformed_offers_are_refused() {
        for offered in [
            "permessage deflate",
            "permessage-deflate;",
            "permessage-deflate; =9",
            "permessage-deflate; server_max_window_bits=",
            "permessage-deflate; server_max_window_bits=\"9",
            "permessage-deflate; a=\"b,c\"",
            "; permessage-deflate",
            "permessage-deflate, (",
            "permessage-deflate, ж",
        ] {
            assert_eq!(
                answered(&["permessage-deflate", offered]),
                Err(()),
                "{offered}"
            );
        }
    }
}
