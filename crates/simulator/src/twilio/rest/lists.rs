//! Paged lists. In a list with the newest entry first, an entry that is added while a client reads the list shifts the
//! other entries to later pages.

use super::faults::Operation;
use super::shared::Shared;
use crate::server::Parameters;
use agentlocator_core::domain::Timestamp;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Json, Response};
use serde_json::{Value, json};

pub(super) struct List {
    pub(super) operation: Operation,
    /// The last part of the path, without `.json`, such as `Calls`.
    pub(super) resource: &'static str,
    /// The name of the list in the response.
    pub(super) field: &'static str,
}

impl List {
    /// Answers with the requested page of the entries that `entries` returns for the query.
    pub(super) async fn answer(
        &self,
        shared: &Shared,
        account: &str,
        query: Option<&str>,
        headers: &HeaderMap,
        entries: impl FnOnce(&Parameters) -> Vec<Value>,
    ) -> Response {
        let query = Parameters::parse(query.unwrap_or_default());
        let resource = format!("{}.json", self.resource);
        let operation = format!("GET /2010-04-01/Accounts/{{AccountSid}}/{resource}");
        let path = [("AccountSid", account)];
        match shared.check_request(self.operation, &operation, &path, &query.0, &[], headers).await {
            Ok(()) => page(account, &resource, self.field, &entries(&query), &query),
            Err(answer) => answer,
        }
    }
}

/// Returns true if `at` is within the bounds in the query for `name`: `name`, `name>` and `name<`, each a date or a
/// time.
pub(super) fn is_within(at: Option<Timestamp>, query: &Parameters, name: &str) -> bool {
    let at = at.map(|at| at.to_string()).unwrap_or_default();
    // ISO 8601 times sort as text; a bound without a time is compared by its date.
    let cut = |bound: &str| at[..bound.trim_end_matches('Z').len().min(at.len())].to_owned();
    query.0.iter().all(|(key, bound)| match key.strip_prefix(name) {
        Some("") => cut(bound) == bound.trim_end_matches('Z'),
        Some(">") => *cut(bound) >= *bound.trim_end_matches('Z'),
        Some("<") => *cut(bound) <= *bound.trim_end_matches('Z'),
        _ => true,
    })
}

/// `resource` is the last part of the path, such as `Calls.json`; `field` is the name of the list.
fn page(account: &str, resource: &str, field: &str, all: &[Value], query: &Parameters) -> Response {
    let number = |name: &str| query.get(name).and_then(|text| text.parse::<usize>().ok());
    let (page, size) = (number("Page").unwrap_or(0), number("PageSize").unwrap_or(50).clamp(1, 1000));
    let shown: Vec<_> = all.iter().skip(page * size).take(size).collect();
    let address = |page: usize| {
        let mut address = form_urlencoded::Serializer::new(format!("/2010-04-01/Accounts/{account}/{resource}?"));
        address.extend_pairs(
            query.0.iter().filter(|(name, _)| !matches!(name.as_str(), "Page" | "PageSize" | "PageToken")),
        );
        address.append_pair("PageSize", &size.to_string()).append_pair("Page", &page.to_string());
        address.append_pair("PageToken", &format!("PA{page}")).finish()
    };
    let mut answer = json!({
        "page": page, "page_size": size,
        "start": page * size, "end": (page * size + shown.len()).saturating_sub(1),
        "uri": address(page), "first_page_uri": address(0),
        "previous_page_uri": page.checked_sub(1).map(address),
        "next_page_uri": ((page + 1) * size < all.len()).then(|| address(page + 1)),
    });
    answer[field] = json!(shown);
    Json(answer).into_response()
}
