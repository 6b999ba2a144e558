//! The contract as AsyncAPI: what `docs/protocol.md` says, for programs. The schemas
//! come from the types that read requests and write frames, and the examples are
//! frames that these types wrote. So the document cannot differ from the service.

mod codes;
mod refused;
mod requests;
mod schema;
#[cfg(test)]
mod tests;

use aftermatch_ports::model::Endpoint;
use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use crate::{
    action::Action,
    endpoint::{self, ENDPOINTS},
    event,
    published::{Published, Receiver},
    response,
};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The contract of this service as an AsyncAPI 3.0 document, in JSON.
#[must_use]
pub fn asyncapi() -> String {
    document().to_string()
}

fn document() -> Value {
    let mut generator = schema::generator();
    let messages = messages(&mut generator);
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Aftermatch",
            "version": VERSION,
            "description": "The chat between two brands after they have matched. Administrators of \
                the platform can read every room. A client opens one WebSocket and keeps it open. \
                Through it the client sends requests, each for one action, and receives the events \
                of the one room it has joined.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "plain": server("ws", "localhost:8000", "The service itself."),
            "tls": server("wss", "chat.example.com", "The service behind a TLS proxy."),
        },
        "channels": channels(),
        "operations": operations(),
        "components": {
            "messages": messages,
            "schemas": schema::definitions(&mut generator),
            "securitySchemes": security_schemes(),
            "correlationIds": {"request_id": {
                "location": "$message.payload#/request_id",
                "description": "A response has the `request_id` of its request.",
            }},
        },
        "x-error-codes": codes::errors(),
        "x-close-codes": codes::closes(),
    })
}

fn server(protocol: &str, host: &str, description: &str) -> Value {
    json!({
        "host": "{host}",
        "protocol": protocol,
        "description": description,
        "variables": {"host": {"default": host, "description": "Host and port of the service."}},
        "security": [
            {"$ref": "#/components/securitySchemes/bearer"},
            {"$ref": "#/components/securitySchemes/subprotocol"},
        ],
    })
}

fn security_schemes() -> Value {
    let [chat, admin] = ENDPOINTS.map(endpoint::name);
    json!({
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "The platform's access token in the header `Authorization`. It is \
                checked during the handshake only.",
        },
        "subprotocol": {
            "type": "httpApiKey",
            "in": "header",
            "name": "Sec-WebSocket-Protocol",
            "description": format!(
                "For browsers, which cannot set `Authorization`: the token as the last \
                 subprotocol, after the name of the endpoint, `{chat}` or `{admin}`. The service \
                 selects that name, and never repeats the token."
            ),
        },
    })
}

fn id(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Chat => "chat",
        Endpoint::AdminChat => "admin_chat",
    }
}

fn channels() -> Value {
    let channel = |endpoint: Endpoint| {
        let (title, description) = match endpoint {
            Endpoint::Chat => (
                "For brands",
                "Open to active users who own a brand. Their rooms are those in which the brand \
                 takes part. They can write, and edit and delete their own messages, unless \
                 `frozen` is true.",
            ),
            Endpoint::AdminChat => (
                "For administrators",
                "Open to active users who are administrators. They can join every room. They can \
                 write where `pen` is `always`, or there is no `pen` and `has_business` is true, \
                 but never where `frozen` is true. Where they can write, they can edit their own \
                 messages, and delete those of any author.",
            ),
        };
        let sent = frames_at(endpoint).into_iter().map(|frame| frame.name);
        let names = Action::known_at(endpoint).map(|action| action.as_str().to_owned());
        let messages: Map<_, _> = names
            .chain(sent)
            .map(|name| {
                let message = json!({"$ref": format!("#/components/messages/{name}")});
                (name, message)
            })
            .collect();
        let channel = json!({
            "address": format!("{}/", endpoint::path(endpoint)),
            "title": title,
            "description": description,
            "messages": messages,
            "bindings": {"ws": {
                "method": "GET",
                "headers": {
                    "type": "object",
                    "required": ["Origin"],
                    "properties": {
                        "Origin": {
                            "type": "string",
                            "description": "Its host must be one that the operators allow. Browsers send this header by themselves.",
                        },
                        "Authorization": {"type": "string", "description": "`Bearer <access token>`"},
                        "Sec-WebSocket-Protocol": {
                            "type": "string",
                            "description": format!("Instead of `Authorization`: `{}, <access token>`", endpoint::name(endpoint)),
                        },
                    },
                },
                "bindingVersion": "0.1.0",
            }},
        });
        (id(endpoint).to_owned(), channel)
    };
    Value::Object(ENDPOINTS.into_iter().map(channel).collect())
}

/// Every kind of frame that is sent at `endpoint`.
fn frames_at(endpoint: Endpoint) -> Vec<Published> {
    let generator = &mut schema::generator();
    let mut frames: Vec<_> = Action::known_at(endpoint)
        .flat_map(|action| frames_of(action, generator))
        .collect();
    frames.extend(frames_of_none(generator));
    frames
}

/// The frames of an action.
fn frames_of(action: Action, generator: &mut SchemaGenerator) -> Vec<Published> {
    let mut frames = response::published(action, generator);
    frames.push(refused::refused(action, generator));
    frames
}

/// The frames that belong to no action.
fn frames_of_none(generator: &mut SchemaGenerator) -> Vec<Published> {
    vec![
        refused::malformed(generator),
        refused::too_many_requests(generator),
        event::published::room_closed(generator),
    ]
}

fn operations() -> Value {
    let generator = &mut schema::generator();
    let mut operations = Map::new();
    for endpoint in ENDPOINTS {
        let channel = id(endpoint);
        let own_channel = json!({"$ref": format!("#/channels/{channel}")});
        let message = |name: &str| json!({"$ref": format!("#/channels/{channel}/messages/{name}")});
        let messages_to = |frames: &[Published], receives: fn(Receiver) -> bool| -> Vec<Value> {
            let frames = frames.iter().filter(|frame| receives(frame.receiver));
            frames.map(|frame| message(&frame.name)).collect()
        };
        let of_none = frames_of_none(generator);
        for action in Action::known_at(endpoint) {
            let name = action.as_str();
            let frames = frames_of(action, generator);
            let mut responses = messages_to(&frames, Receiver::is_answered);
            responses.extend(messages_to(&of_none, Receiver::is_answered));
            let operation = json!({
                "action": "receive",
                "channel": own_channel,
                "title": name,
                "summary": action.summary(),
                "description": action.details(),
                "messages": [message(name)],
                "reply": {"channel": own_channel, "messages": responses},
            });
            operations.insert(format!("{channel}.{name}"), operation);
            let unrequested = messages_to(&frames, Receiver::is_unrequested);
            if !unrequested.is_empty() {
                let operation = json!({
                    "action": "send",
                    "channel": own_channel,
                    "title": format!("{name}, event"),
                    "summary": "What others do in the joined room, and what the client missed there.",
                    "messages": unrequested,
                });
                operations.insert(format!("{channel}.{name}.told"), operation);
            }
        }
        let operation = json!({
            "action": "send",
            "channel": own_channel,
            "title": "room_closed",
            "summary": "The connection has lost its room.",
            "messages": messages_to(&of_none, Receiver::is_unrequested),
        });
        operations.insert(format!("{channel}.room_closed"), operation);
    }
    Value::Object(operations)
}

fn messages(generator: &mut SchemaGenerator) -> Value {
    let requests = Action::ALL.iter().map(|action| requests::request(*action));
    let mut frames: Vec<_> = requests.collect();
    for action in Action::ALL {
        frames.extend(frames_of(*action, generator));
    }
    frames.extend(frames_of_none(generator));
    let messages = frames.into_iter().map(|frame| {
        let examples: Vec<_> = frame
            .examples
            .into_iter()
            .map(|payload| json!({"payload": payload}))
            .collect();
        let message = json!({
            "name": frame.name,
            "summary": frame.summary,
            "correlationId": {"$ref": "#/components/correlationIds/request_id"},
            "payload": schema::tidy(frame.schema),
            "examples": examples,
        });
        (frame.name, message)
    });
    Value::Object(messages.collect())
}
