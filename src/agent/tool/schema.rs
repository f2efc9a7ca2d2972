//! Generates the JSON Schema of a tool's arguments.

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

/// Returns the schema of `T` in the form that function calling requires: one object without `$ref`. The members
/// `properties` and `required` are present even if they are empty.
pub(super) fn of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    RecursiveTransform(simplify).transform(&mut schema);
    // The type's doc comment is for developers. The model receives `Tool::DESCRIPTION` instead.
    schema.remove("description");
    let object = schema.ensure_object();
    object.entry("properties").or_insert_with(|| json!({}));
    object.entry("required").or_insert_with(|| json!([]));
    schema.to_value()
}

/// Removes parts without information for the model: the names of Rust types, and the type `null` of optional fields,
/// which the model can omit.
fn simplify(schema: &mut Schema) {
    schema.remove("title");
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = &mut types[..] {
            let only = only.take();
            schema.insert("type".to_owned(), only);
        }
    }
}
