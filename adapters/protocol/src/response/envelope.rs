//! The object around the data of every frame that the service sends: the same five
//! keys in the same order.

use aftermatch_ports::model::RequestId;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use crate::{
    json::{self, Json},
    limits::MAX_REQUEST_ID_CHARS,
};

/// What can be sent as one frame.
pub trait Frame: Serialize + Sized {
    /// Estimated size of the JSON in bytes, to reserve memory once.
    fn size_hint(&self) -> usize {
        256
    }

    /// Appends the JSON to `out`.
    fn write(&self, out: &mut Vec<u8>) {
        out.reserve(self.size_hint());
        json::write(out, self);
    }

    /// The JSON by itself.
    fn to_vec(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }
}

/// The value of `data`, with the action and the status of its frame.
pub(crate) trait Data: Serialize + JsonSchema {
    const ACTION: &'static str;
    const STATUS: u16 = 200;
}

/// The value of `errors` after a success.
pub(crate) type NoErrors = [&'static str; 0];

/// The response to a request, for the requester alone.
// `E` is the type of `errors`: what could not be done.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields, bound = "D: Data, E: JsonSchema")]
pub(crate) struct Response<'a, D, E = NoErrors> {
    errors: E,
    data: D,
    #[schemars(schema_with = "action::<D>")]
    action: &'static str,
    #[schemars(schema_with = "status::<D>")]
    response_status: u16,
    request_id: EchoedId<'a>,
}

impl<D: Serialize, E: Serialize> Frame for Response<'_, D, E> {}

impl<'a, D: Data> Response<'a, D> {
    pub(crate) fn new(request_id: &'a RequestId, data: D) -> Self {
        Response::partly(request_id, data, [])
    }
}

impl<'a, D: Data, E> Response<'a, D, E> {
    pub(crate) fn partly(request_id: &'a RequestId, data: D, errors: E) -> Self {
        Self {
            errors,
            data,
            action: D::ACTION,
            response_status: D::STATUS,
            request_id: EchoedId(request_id),
        }
    }
}

/// The one action of a frame with this data.
pub(crate) fn action<D: Data>(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"const": D::ACTION})
}

/// The one status of a frame with this data.
pub(crate) fn status<D: Data>(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"const": D::STATUS})
}

/// The client's id for its request, exactly as it was written; `null` if there is
/// none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EchoedId<'a>(pub(crate) &'a RequestId);

impl Serialize for EchoedId<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_str().map(Json).serialize(serializer)
    }
}

impl JsonSchema for EchoedId<'_> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "request_id".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["integer", "string"],
            "maxLength": MAX_REQUEST_ID_CHARS,
            "description": format!(
                "The client's id for its request: an integer, which comes back digit for digit, or a \
                 string of at most {MAX_REQUEST_ID_CHARS} characters. Everyone joined receives it \
                 with the author's frame, so make it unique: a random UUID is a good choice.",
            ),
        })
    }
}
