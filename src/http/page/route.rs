//! The type of the routes that `build.rs` generates.

/// A route of the web page. The paths of its files are below `/app/`.
pub(super) struct Route {
    /// The path pattern: a segment `:name` matches any text, a segment `:name?` is optional, and `*` matches every
    /// other path.
    pub(super) path: &'static str,
    /// The scripts and styles of the route.
    pub(super) files: &'static [&'static str],
    /// The files with the Hebrew texts.
    pub(super) hebrew: &'static [&'static str],
    /// The files with the English texts.
    pub(super) english: &'static [&'static str],
    /// The API requests that the page makes first, if there is a session.
    pub(super) data: &'static [&'static str],
}
