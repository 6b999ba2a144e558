//! Writes JSON: the types of the wire by their fields, and text that is JSON already
//! without a change, and without parsing it.

use std::io::{self, Write};

use serde::{Serialize, Serializer};
use serde_json::ser::Formatter;

/// Appends `value` to `out`.
pub(crate) fn write(out: &mut Vec<u8>, value: &impl Serialize) {
    let mut serializer = serde_json::Serializer::with_formatter(out, Compact);
    // Writing to memory cannot fail, and no type of the protocol refuses to be written.
    let _ = value.serialize(&mut serializer);
}

/// Text that is JSON already. It can be written by [`write`] alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Json<'a>(pub(crate) &'a str);

/// No other type of the wire is made of bytes, so bytes are how the text reaches the
/// formatter.
impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0.as_bytes())
    }
}

struct Compact;

impl Formatter for Compact {
    fn write_byte_array<W: ?Sized + Write>(&mut self, out: &mut W, json: &[u8]) -> io::Result<()> {
        out.write_all(json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Both<'a> {
        text: &'a str,
        json: Json<'a>,
        more: [Json<'a>; 2],
    }

    #[test]
    fn json_is_written_as_it_is() {
        let mut out = b"> ".to_vec();
        let both = Both {
            text: "\"ж\n",
            json: Json(r#" { "n" : 1.50, "s":"\u0061" } "#),
            more: [Json("12345678901234567890123"), Json("null")],
        };
        write(&mut out, &both);
        assert_eq!(
            String::from_utf8_lossy(&out),
            "> {\"text\":\"\\\"ж\\n\",\"json\": { \"n\" : 1.50, \"s\":\"\\u0061\" } ,\
             \"more\":[12345678901234567890123,null]}"
        );
    }
}
