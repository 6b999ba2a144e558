//! The requests, for the published contract.

use serde_json::{Map, Value, json};

use super::schema;
use crate::{
    action::Action,
    published::{Published, Receiver},
    request,
    response::envelope::EchoedId,
};

/// The request of `action`. Keys that mean nothing are ignored.
pub(super) fn request(action: Action) -> Published {
    let parameters = request::schema(action, &mut schema::request_generator());
    let mut parameters = parameters.to_value();
    let mut take = |key: &str| parameters.get_mut(key).map(Value::take);
    let (own, required) = (take("properties"), take("required"));
    let examples = take("examples");

    let mut properties = Map::from_iter([("action".to_owned(), json!({"const": action.as_str()}))]);
    properties.extend(object(own));
    properties.insert("request_id".to_owned(), schema::reference::<EchoedId<'_>>());
    let mut names = vec![json!("action")];
    names.extend(array(required));
    names.push(json!("request_id"));
    Published {
        name: action.as_str().to_owned(),
        receiver: Receiver::Requester,
        summary: action.summary(),
        schema: json!({"type": "object", "required": names, "properties": properties}),
        examples: array(examples)
            .into_iter()
            .map(|parameters| example(action, parameters))
            .collect(),
    }
}

/// A whole request with these parameters.
fn example(action: Action, parameters: Value) -> Value {
    let mut request = Map::from_iter([("action".to_owned(), json!(action.as_str()))]);
    request.extend(object(Some(parameters)));
    request.insert("request_id".to_owned(), json!(1_500_000));
    Value::Object(request)
}

/// Whether `action` has parameters.
pub(super) fn has_parameters(action: Action) -> bool {
    let parameters = request::schema(action, &mut schema::request_generator());
    parameters.get("properties").is_some()
}

fn object(value: Option<Value>) -> Map<String, Value> {
    match value {
        Some(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

fn array(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}
