//! `agentlocator openapi`: prints the API's OpenAPI document.

use super::output::print_json;

pub(super) fn run() -> anyhow::Result<()> {
    print_json(&crate::http::openapi_document())
}
