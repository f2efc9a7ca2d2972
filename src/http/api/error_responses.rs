//! The error responses of operations in the OpenAPI document, and their descriptions.

use super::access::Access;
use super::conditions;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};

struct Declaration<'a> {
    operation: &'a Operation,
    access: Access,
    /// Whether the method is safe (it changes nothing), so that the operation needs no CSRF token.
    is_safe: bool,
}

impl Declaration<'_> {
    fn has_body(&self) -> bool {
        self.operation.request_body.is_some()
    }

    /// A handler that takes a file checks neither the declared type nor fields.
    fn has_json_body(&self) -> bool {
        matches!(&self.operation.request_body, Some(RefOr::T(body)) if body.content.contains_key("application/json"))
    }

    fn has_parameter_in(&self, place: &ParameterIn) -> bool {
        let is_there =
            |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == *place);
        self.operation.parameters.iter().flatten().any(is_there)
    }
}

/// An error status, the condition under which an operation has it without declaring it, and its description.
type ErrorResponse = (&'static str, fn(&Declaration<'_>) -> bool, &'static str);

/// The error responses of all operations. An operation that declares a status without a description gets its
/// description from this list as well. If a status has several entries, the first one whose condition is true applies.
const ERRORS: [ErrorResponse; 15] = [
    (
        "400",
        |of| of.has_parameter_in(&ParameterIn::Query) || of.has_body(),
        "A parameter or the body cannot be read, or has a value that is not allowed: `invalid`",
    ),
    (
        "401",
        |of| of.access != Access::Anyone,
        "No session, or a token that is not accepted: `unauthorized`, `token_expired`",
    ),
    ("403", |of| of.access == Access::Member && !of.is_safe, "X-CSRF-Token is missing or wrong: `csrf`"),
    (
        "403",
        |of| of.access != Access::Anyone && !of.is_safe,
        "The role may not do this, or X-CSRF-Token is missing or wrong: `forbidden`, `csrf`",
    ),
    (
        "403",
        |of| !matches!(of.access, Access::Anyone | Access::Member),
        "The role or the kind of login may not do this: `forbidden`",
    ),
    ("404", |of| of.has_parameter_in(&ParameterIn::Path), "There is nothing with that id: `not_found`"),
    ("408", |of| of.has_body(), "The body did not arrive in time: `timeout`"),
    ("409", |_| false, "The request conflicts with the present state: `conflict`"),
    (
        "412",
        |of| conditions::takes_if_match(of.operation),
        "The item has changed since the version that `If-Match` names; nothing was changed, and `current` is the item as it is now: `changed`",
    ),
    ("413", |of| of.has_body(), "The body is too large: `too_large`"),
    (
        "415",
        |of| of.has_json_body(),
        "The body is not declared as JSON, or has a `Content-Encoding`: `unsupported_media_type`",
    ),
    ("416", |_| false, "No byte of the file is within the requested range"),
    (
        "422",
        |of| of.has_json_body(),
        "A field of the body is missing, unknown or has a wrong type: `invalid`, `unknown_field`",
    ),
    ("429", |_| false, "Too many attempts; `Retry-After` says when to try again: `too_many_requests`"),
    ("503", |_| true, UNAVAILABLE),
];

/// The description of status 503, which every operation can have. It is appended to the description of an operation
/// that declares further reasons for this status.
const UNAVAILABLE: &str = "The request cannot be processed at the moment; try again later: `unavailable`, `timeout`";

/// Adds the error responses that follow from the declaration of an operation, and the missing descriptions.
pub(super) fn add(operation: &mut Operation, access: Access, is_safe: bool) {
    let mut responses = std::mem::take(&mut operation.responses.responses);
    let declaration = Declaration { operation, access, is_safe };
    for (status, _, description) in ERRORS.iter().filter(|(_, applies, _)| applies(&declaration)) {
        let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("ErrorBody"))).build();
        let response = ResponseBuilder::new().description(*description).content("application/json", body).build();
        let response = responses.entry((*status).to_owned()).or_insert_with(|| response.into());
        describe(response, description);
        if *description == UNAVAILABLE {
            append(response, description);
        }
    }
    for (status, _, description) in &ERRORS {
        if let Some(response) = responses.get_mut(*status) {
            describe(response, description);
        }
    }
    operation.responses.responses = responses;
}

/// Appends a sentence to the description of a response, unless the sentence is the whole description.
fn append(response: &mut RefOr<utoipa::openapi::Response>, sentence: &str) {
    if let RefOr::T(response) = response
        && response.description != sentence
    {
        response.description = format!("{} {sentence}", response.description);
    }
}

/// Sets the description of a response that has none.
pub(super) fn describe(response: &mut RefOr<utoipa::openapi::Response>, description: &str) {
    if let RefOr::T(response) = response
        && response.description.is_empty()
    {
        description.clone_into(&mut response.description);
    }
}
