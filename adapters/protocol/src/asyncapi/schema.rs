//! Schemas from types, in the form in which they are published: JSON Schema draft 7,
//! with the shapes that have a name in `components`.

use schemars::{
    JsonSchema, SchemaGenerator,
    generate::SchemaSettings,
    transform::{ReplaceUnevaluatedProperties, Transform},
};
use serde_json::{Value, json};

use crate::response::envelope::EchoedId;

const PATH: &str = "/components/schemas";

/// For what the service sends.
pub(super) fn generator() -> SchemaGenerator {
    settings().for_serialize().into_generator()
}

/// For what it reads.
pub(super) fn request_generator() -> SchemaGenerator {
    settings().for_deserialize().into_generator()
}

fn settings() -> SchemaSettings {
    SchemaSettings::draft07().with(|settings| settings.definitions_path = PATH.into())
}

/// A reference to the schema of a type that has a name.
pub(super) fn reference<T: JsonSchema>() -> Value {
    json!({"$ref": format!("#{PATH}/{}", T::schema_name())})
}

/// The shapes that have a name, and were used.
pub(super) fn definitions(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<EchoedId<'_>>();
    let definitions = generator.take_definitions(false).into_iter();
    Value::Object(
        definitions
            .map(|(name, schema)| (name, tidy(schema)))
            .collect(),
    )
}

/// Without what draft 7 ignores and readers do not need.
pub(super) fn tidy(schema: Value) -> Value {
    let Ok(mut schema) = schemars::Schema::try_from(schema) else {
        return Value::Null;
    };
    ReplaceUnevaluatedProperties::default().transform(&mut schema);
    let mut schema = schema.to_value();
    tidy_all(&mut schema);
    schema
}

fn tidy_all(schema: &mut Value) {
    match schema {
        Value::Object(keys) => {
            if keys.contains_key("$ref") {
                keys.retain(|key, _| key == "$ref");
            }
            // The sizes of Rust's integers are nobody's limit.
            if keys.get("type").is_some_and(is_integer) {
                keys.remove("format");
            }
            // What can be `null` fits one of the two, never both.
            if let Some(either) = keys.remove("anyOf") {
                keys.insert("oneOf".to_owned(), either);
            }
            keys.values_mut().for_each(tidy_all);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy_all),
        _ => {}
    }
}

fn is_integer(of_type: &Value) -> bool {
    let mut types = of_type
        .as_array()
        .map_or(std::slice::from_ref(of_type), Vec::as_slice)
        .iter();
    types.any(|of_type| of_type == "integer")
}
