use std::collections::BTreeSet;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::*;

/// Each schema in the document that has an example beside it, with its path.
fn contents(document: &Value) -> Vec<(String, &Value)> {
    let mut contents = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let request = operation.pointer("/requestBody/content/application~1json");
            let responses = operation["responses"].as_object().expect("responses");
            let responses = responses
                .values()
                .filter_map(|response| response.pointer("/content/application~1json"));
            let all = request.into_iter().chain(responses);
            contents.extend(all.map(|content| (format!("{method} {path}"), content)));
        }
    }
    contents
}

fn validator(document: &Value, schema: &Value) -> Validator {
    let whole = json!({"allOf": [schema], "components": document["components"]});
    jsonschema::draft202012::new(&whole).expect("a valid schema")
}

#[test]
fn examples_have_their_schemas() {
    let document = document();
    let contents = contents(&document);
    assert!(contents.len() > 12, "{}", contents.len());
    for (name, content) in contents {
        let validator = validator(&document, &content["schema"]);
        let example = &content["example"];
        assert!(validator.is_valid(example), "{name}: {example}");
        let mut wrong = example.clone();
        wrong["unknown"] = json!(1);
        assert!(!validator.is_valid(&wrong), "{name}: {wrong}");
    }
}

#[test]
fn requests_need_little_and_responses_have_all() {
    let document = document();
    let required = |schema: &Value| -> Vec<String> {
        serde_json::from_value(schema["required"].clone()).unwrap_or_default()
    };
    let request = |path: &str, method: &str| {
        let body = &document["paths"][path][method]["requestBody"];
        required(&body["content"]["application/json"]["schema"])
    };
    assert!(request("/v1/users/{id}", "put").is_empty());
    assert_eq!(request("/v1/brands/{id}", "put"), ["user_id"]);
    assert_eq!(request("/v1/rooms/{id}", "put"), ["participants"]);
    assert_eq!(
        request("/v1/rooms/{id}/messages", "post"),
        ["user_id", "text"]
    );
    let all = required(&document["components"]["schemas"]["room_record"]);
    assert_eq!(all, ["id", "participants", "kind", "pen", "frozen"]);
}

#[test]
fn error_has_its_schema() {
    let document = document();
    let schema = json!({"$ref": "#/components/schemas/error"});
    let validator = validator(&document, &schema);
    for code in ApiCode::ALL {
        let error = crate::api::ApiError::new(*code, "a sentence");
        let error: Value = serde_json::from_slice(&error.to_vec()).expect("JSON");
        assert!(validator.is_valid(&error), "{error}");
        assert_eq!(error["response_status"], code.status());
    }
}

#[test]
fn references_lead_somewhere() {
    let document = document();
    let text = document.to_string();
    let mut found = BTreeSet::new();
    for part in text.split("\"$ref\":\"#").skip(1) {
        let (pointer, _) = part.split_once('"').expect("a string");
        assert!(document.pointer(pointer).is_some(), "{pointer}");
        found.insert(pointer.to_owned());
    }
    assert!(found.len() > 5, "{found:?}");
}
