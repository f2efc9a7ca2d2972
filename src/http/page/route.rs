//! The type of the list of routes that `build.rs` generates.

/// A route of the page; its files are below `/app/`.
pub(super) struct Route {
    /// Its path, in which a segment `:name` is any text, and `:name?` may be missing; `*` is every other path.
    pub(super) path: &'static str,
    /// Scripts and styles.
    pub(super) files: &'static [&'static str],
    /// The texts in Hebrew.
    pub(super) hebrew: &'static [&'static str],
    /// The texts in English.
    pub(super) english: &'static [&'static str],
    /// What the page requests first, if there is a session.
    pub(super) data: &'static [&'static str],
}
