//! The headers of conditional changes in the OpenAPI document: `If-Match` in requests, `ETag` in responses.

use std::collections::BTreeSet;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{Content, Header, ObjectBuilder, OpenApi, PathItem, RefOr, Required, Response};

/// Returns the operations of a path, each with a flag that is true for a safe method.
pub(super) fn operations(item: &mut PathItem) -> impl Iterator<Item = (bool, &mut Operation)> {
    let changing = [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
    item.get.iter_mut().map(|operation| (true, operation)).chain(changing.into_iter().flatten().map(|it| (false, it)))
}

pub(super) fn add_if_match(operation: &mut Operation) {
    let parameter = ParameterBuilder::new()
        .name(IF_MATCH)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "The `ETag` of the item that the change is based on. If the item has changed since, nothing is done (412).",
        ))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)));
    operation.parameters.get_or_insert_default().push(parameter.build().into());
}

pub(super) fn add_idempotency_key(operation: &mut Operation) {
    let parameter = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "A text that the client chose, of at most 255 characters. The same key and request again create nothing: the \
             response has the item that the first request created, as it is now. With another request the key is refused \
             (422 `key_reused`), and after the item was deleted the response is 404. Keys belong to the user or the \
             token, and are kept for a week.",
        ))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)));
    operation.parameters.get_or_insert_default().push(parameter.build().into());
}

/// Adds the header `ETag` to every successful response whose item type is also returned by an operation with
/// `If-Match`, and to the 412 responses of these operations, which contain the current item.
pub(super) fn add_etags(document: &mut OpenApi) {
    let mut items = BTreeSet::new();
    for item in document.paths.paths.values_mut() {
        for (_, operation) in operations(item).filter(|(_, operation)| takes_if_match(operation)) {
            items.extend(successes(operation).filter_map(|response| item_of(response)));
            if let Some(RefOr::T(refusal)) = operation.responses.responses.get_mut("412") {
                add_etag(refusal);
            }
        }
    }
    items.remove("OkResponse");
    for item in document.paths.paths.values_mut() {
        for (_, operation) in operations(item) {
            for response in successes(operation).filter(|it| item_of(it).is_some_and(|name| items.contains(&name))) {
                add_etag(response);
            }
        }
    }
}

fn add_etag(response: &mut Response) {
    let mut header = Header::new(ObjectBuilder::new().schema_type(Type::String).build());
    header.description = Some("The version of the item, for `If-Match`.".to_owned());
    response.headers.insert("ETag".to_owned(), header.into());
}

pub(super) fn takes_if_match(operation: &Operation) -> bool {
    let mut parameters = operation.parameters.iter().flatten();
    parameters.any(|parameter| matches!(parameter, RefOr::T(parameter) if parameter.name == IF_MATCH))
}

fn successes(operation: &mut Operation) -> impl Iterator<Item = &mut Response> {
    operation.responses.responses.iter_mut().filter_map(|(status, response)| match response {
        RefOr::T(response) if status.starts_with('2') => Some(response),
        _ => None,
    })
}

/// Returns the name of the schema of a response, if the schema is a reference.
fn item_of(response: &Response) -> Option<String> {
    response.content.values().find_map(|content| match content {
        RefOr::T(Content { schema: Some(RefOr::Ref(named)), .. }) => {
            named.ref_location.rsplit('/').next().map(str::to_owned)
        }
        _ => None,
    })
}

const IF_MATCH: &str = "If-Match";
