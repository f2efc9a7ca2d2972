//! The JSON Schema of a tool's arguments.

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

/// The schema of `T` as function calling expects it: one object without references, with `properties` and `required`
/// even if they are empty.
pub(super) fn of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    RecursiveTransform(simplify).transform(&mut schema);
    // The documentation of the type is for developers; the tool has its own description.
    schema.remove("description");
    let object = schema.ensure_object();
    object.entry("properties").or_insert_with(|| json!({}));
    object.entry("required").or_insert_with(|| json!([]));
    schema.to_value()
}

/// Removes what tells the model nothing: Rust's type names, and `null` as a second type of a field that may be absent.
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
