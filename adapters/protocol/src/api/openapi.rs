//! The HTTP API as an OpenAPI document. The schemas and the examples come from the types that
//! write responses.

mod parameters;
mod schemas;

use serde_json::{Map, Value, json};

use self::schemas::Schemas;
use super::{ApiCode, Operation, operation::OPERATIONS};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The HTTP API of this service as an OpenAPI 3.1 document, in JSON.
#[must_use]
pub fn openapi() -> String {
    document().to_string()
}

fn document() -> Value {
    let mut schemas = Schemas::new();
    let mut paths = Map::new();
    for operation in OPERATIONS {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Value::Object(methods) = path {
            let method = operation.method.to_lowercase();
            methods.insert(method, describe(operation, &mut schemas));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Aftermatch: the API of the platform",
            "version": VERSION,
            "description": "For a platform that cannot share a database with the chat: it puts its \
                users, brands and rooms, and writes messages. Every request can be repeated without \
                harm. It is on a port of its own, for servers alone.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{
            "url": "http://{host}",
            "description": "The address of CHAT_API_LISTEN.",
            "variables": {"host": {"default": "127.0.0.1:8001"}},
        }],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": schemas.components(),
            "responses": refusals(),
            "securitySchemes": {"bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "A line of CHAT_API_TOKEN_FILE.",
            }},
        },
        "x-error-codes": codes(),
    })
}

fn describe(operation: &Operation, schemas: &mut Schemas) -> Value {
    let mut described = json!({
        "operationId": operation.action.as_str(),
        "summary": operation.summary,
        "parameters": parameters::of(operation),
        "responses": responses(operation, schemas),
    });
    let Value::Object(keys) = &mut described else {
        return described;
    };
    if !operation.details.is_empty() {
        keys.insert("description".to_owned(), operation.details.into());
    }
    if let Some(body) = operation.body {
        let content = json!({"application/json": schemas.request(body)});
        let body = json!({"required": true, "content": content});
        keys.insert("requestBody".to_owned(), body);
    }
    described
}

fn responses(operation: &Operation, schemas: &mut Schemas) -> Value {
    let mut responses = Map::new();
    for (status, description) in operation.success {
        let mut response = json!({"description": description});
        if let (Some(content), Value::Object(keys)) =
            (schemas.response(operation, *status), &mut response)
        {
            keys.insert("content".to_owned(), json!({"application/json": content}));
        }
        responses.insert(status.to_string(), response);
    }
    let mut statuses: Vec<_> = operation.all_refusals().map(ApiCode::status).collect();
    statuses.sort_unstable();
    for status in statuses {
        let reference = format!("#/components/responses/{status}");
        responses.insert(status.to_string(), json!({"$ref": reference}));
    }
    Value::Object(responses)
}

/// A response for each status that is not a success.
fn refusals() -> Value {
    let mut refusals = Map::new();
    for code in ApiCode::ALL {
        let status = code.status();
        let same = ApiCode::ALL.iter().filter(|other| other.status() == status);
        let meanings = same.map(|code| format!("`{}`: {}", code.as_str(), code.meaning()));
        let mut refusal = json!({
            "description": meanings.collect::<Vec<_>>().join(" "),
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/error"}}},
        });
        if let (Some(headers), Value::Object(keys)) = (headers(status), &mut refusal) {
            keys.insert("headers".to_owned(), headers);
        }
        refusals.insert(status.to_string(), refusal);
    }
    Value::Object(refusals)
}

fn headers(status: u16) -> Option<Value> {
    match status {
        401 => Some(json!({"WWW-Authenticate": {"schema": {"const": "Bearer"}}})),
        405 => Some(json!({"Allow": {"schema": {"type": "string"}}})),
        503 => Some(json!({"Retry-After": {
            "description": "Seconds.",
            "schema": {"type": "integer", "minimum": 1},
        }})),
        _ => None,
    }
}

fn codes() -> Value {
    let codes = ApiCode::ALL.iter().map(|code| {
        let described = json!({"status": code.status(), "meaning": code.meaning()});
        (code.as_str().to_owned(), described)
    });
    Value::Object(codes.collect())
}

#[cfg(test)]
mod tests;
