//! `agentlocator openapi`: the description of the API.

use super::print_json;

pub(super) fn run() -> anyhow::Result<()> {
    print_json(&crate::http::openapi_document())
}
