//! The contract, as AsyncAPI: what `docs/protocol.md` says, for programs. It is
//! made of the names, codes and limits by which requests are read, and its
//! examples are frames that the encoder made, so that neither can change without
//! the other.

mod actions;
mod codes;
mod frames;
mod samples;
mod schemas;
#[cfg(test)]
mod tests;

use aftermatch_ports::model::Endpoint;
use serde_json::{Map, Value, json};

use self::{
    actions::action,
    frames::{Sent, To},
};
use crate::{
    edge::endpoint::{PATHS, protocol},
    request::Name,
};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The contract of this service as an AsyncAPI 3.0 document, in JSON.
#[must_use]
pub fn asyncapi() -> String {
    document().to_string()
}

pub(crate) fn document() -> Value {
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Aftermatch",
            "version": VERSION,
            "description": "The chat that opens between two brands once they have matched, and the \
                window through which the platform's administrators watch over it. A client opens \
                one WebSocket and keeps it: through it, it asks for things (actions), and hears \
                what happens in the one room it has joined.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "plain": server("ws", "localhost:8000", "The service itself."),
            "tls": server("wss", "chat.example.com", "The service behind what ends TLS."),
        },
        "channels": channels(),
        "operations": operations(),
        "components": {
            "messages": messages(),
            "schemas": schemas::all(),
            "securitySchemes": security_schemes(),
            "correlationIds": {"request_id": {
                "location": "$message.payload#/request_id",
                "description": "An answer has the `request_id` of its request.",
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
        "variables": {"host": {"default": host, "description": "Where the service is."}},
        "security": [
            {"$ref": "#/components/securitySchemes/bearer"},
            {"$ref": "#/components/securitySchemes/subprotocol"},
        ],
    })
}

fn security_schemes() -> Value {
    let [chat, admin] = [Endpoint::Chat, Endpoint::AdminChat].map(protocol);
    json!({
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "The platform's access token in the header `Authorization`. It is \
                checked when the connection is opened, and only then.",
        },
        "subprotocol": {
            "type": "httpApiKey",
            "in": "header",
            "name": "Sec-WebSocket-Protocol",
            "description": format!(
                "For browsers, which cannot set `Authorization`: the token as the last \
                 subprotocol, behind the name of the endpoint, `{chat}` or `{admin}`. The service \
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
    let channel = |(path, endpoint): (&str, Endpoint)| {
        let (title, description) = match endpoint {
            Endpoint::Chat => (
                "For brands",
                "Open to active users who own a brand. In reach are the rooms that the brand takes \
                 part in; own messages can be edited and deleted.",
            ),
            Endpoint::AdminChat => (
                "For administrators",
                "Open to active users who are administrators. All rooms are in reach; where \
                 `has_business` is true they can be written in, own messages edited, and \
                 anybody's deleted.",
            ),
        };
        let sent = frames_at(endpoint).into_iter().map(|sent| sent.name);
        let names = Name::known_at(endpoint).map(|name| name.as_str().to_owned());
        let messages: Map<_, _> = names
            .chain(sent)
            .map(|name| {
                let message = json!({"$ref": format!("#/components/messages/{name}")});
                (name, message)
            })
            .collect();
        let channel = json!({
            "address": format!("{path}/"),
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
                            "description": "Its host has to be one that the operators allow. Browsers send it by themselves.",
                        },
                        "Authorization": {"type": "string", "description": "`Bearer <access token>`"},
                        "Sec-WebSocket-Protocol": {
                            "type": "string",
                            "description": format!("Instead of `Authorization`: `{}, <access token>`", protocol(endpoint)),
                        },
                    },
                },
                "bindingVersion": "0.1.0",
            }},
        });
        (id(endpoint).to_owned(), channel)
    };
    Value::Object(PATHS.into_iter().map(channel).collect())
}

/// Every kind of frame that is sent at `endpoint`.
fn frames_at(endpoint: Endpoint) -> Vec<Sent> {
    let of_actions = Name::known_at(endpoint).flat_map(frames::of);
    of_actions.chain(frames::of_none()).collect()
}

fn operations() -> Value {
    let mut operations = Map::new();
    for (_, endpoint) in PATHS {
        let channel = id(endpoint);
        let here = json!({"$ref": format!("#/channels/{channel}")});
        let message = |name: &str| json!({"$ref": format!("#/channels/{channel}/messages/{name}")});
        let those = |frames: &[Sent], which: fn(To) -> bool| -> Vec<Value> {
            let frames = frames.iter().filter(|frame| which(frame.to));
            frames.map(|frame| message(&frame.name)).collect()
        };
        for name in Name::known_at(endpoint) {
            let (word, action) = (name.as_str(), action(name));
            let frames = frames::of(name);
            let mut answers = those(&frames, To::is_answer);
            answers.extend(those(&frames::of_none(), To::is_answer));
            let operation = json!({
                "action": "receive",
                "channel": here,
                "title": word,
                "summary": action.summary,
                "description": action.details,
                "messages": [message(word)],
                "reply": {"channel": here, "messages": answers},
            });
            operations.insert(format!("{channel}.{word}"), operation);
            let told = those(&frames, To::is_told);
            if !told.is_empty() {
                let operation = json!({
                    "action": "send",
                    "channel": here,
                    "title": format!("{word}, told"),
                    "summary": "What others do in the joined room, and what was missed there.",
                    "messages": told,
                });
                operations.insert(format!("{channel}.{word}.told"), operation);
            }
        }
        let operation = json!({
            "action": "send",
            "channel": here,
            "title": "room_closed",
            "summary": "The right to listen has ended.",
            "messages": those(&frames::of_none(), To::is_told),
        });
        operations.insert(format!("{channel}.room_closed"), operation);
    }
    Value::Object(operations)
}

fn messages() -> Value {
    let correlation = json!({"$ref": "#/components/correlationIds/request_id"});
    let message = |name: &str, summary: &str, payload: Value, examples: Vec<Value>| {
        let examples: Vec<_> = examples
            .into_iter()
            .map(|payload| json!({"payload": payload}))
            .collect();
        let message = json!({
            "name": name,
            "summary": summary,
            "correlationId": correlation,
            "payload": payload,
            "examples": examples,
        });
        (name.to_owned(), message)
    };
    let mut messages = Map::new();
    for name in Name::ALL {
        let action = action(name);
        let examples = action.examples(name);
        let schema = schemas::request(name, action.parameters);
        messages.extend([message(name.as_str(), action.summary, schema, examples)]);
    }
    let sent = Name::ALL
        .into_iter()
        .flat_map(frames::of)
        .chain(frames::of_none());
    messages.extend(sent.map(|sent| message(&sent.name, sent.summary, sent.schema, sent.examples)));
    Value::Object(messages)
}
