//! Detection of API paths.

/// Returns true if a path belongs to the API, whose errors are JSON.
pub(super) fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}
