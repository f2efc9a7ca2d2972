//! Preload hints: the files and API responses that a path of the web page needs. The browser requests them together
//! with the first files, instead of discovering each of them later.

use super::files::ROUTES;
use crate::domain::Language;
use std::fmt::Write as _;

/// Returns the `link` elements for the files that the page at this path needs in this language. With a session, also
/// returns those for the page's first API requests.
pub(super) fn links(path: &str, language: Language, has_session: bool) -> String {
    let mut links = String::new();
    let Some(route) = ROUTES.iter().find(|route| route.path == "*" || matches(route.path, path)) else { return links };
    let texts = match language {
        Language::Hebrew => route.hebrew,
        Language::English => route.english,
    };
    for file in route.files.iter().chain(texts) {
        let is_style = std::path::Path::new(file).extension().is_some_and(|extension| extension == "css");
        let kind = if is_style { "preload\" as=\"style" } else { "modulepreload" };
        let _ = write!(links, "<link rel=\"{kind}\" crossorigin href=\"/app/{file}\">");
    }
    if !route.later.is_empty() {
        // The page requests these files itself: a browser would request prefetched ones together with the others.
        let _ = write!(links, "<meta name=\"later-files\" content=\"{}\">", route.later.join(" "));
    }
    for url in route.data.iter().filter(|_| has_session) {
        let _ = write!(links, "<link rel=\"preload\" as=\"fetch\" crossorigin href=\"{}\">", url.replace('&', "&amp;"));
    }
    links
}

fn matches(route: &str, path: &str) -> bool {
    let mut given = path.split('/');
    for wanted in route.split('/') {
        let found = given.next();
        let is_match = match wanted.strip_prefix(':') {
            Some(name) if name.ends_with('?') => found != Some(""),
            Some(_) => found.is_some_and(|found| !found.is_empty()),
            None => found == Some(wanted),
        };
        if !is_match {
            return false;
        }
    }
    given.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_belongs_to_a_route() {
        for (route, path, wanted) in [
            ("/login", "/login", true),
            ("/login", "/login/x", false),
            ("/app", "/app", true),
            ("/app/", "/app/", true),
            ("/app/contacts/:id", "/app/contacts/7", true),
            ("/app/contacts/:id", "/app/contacts", false),
            ("/app/contacts/:id", "/app/contacts/", false),
            ("/app/inbox/:contactId?", "/app/inbox", true),
            ("/app/inbox/:contactId?", "/app/inbox/7", true),
            ("/app/inbox/:contactId?", "/app/inbox/7/8", false),
            ("/app/inbox/:contactId?", "/app/inboxes", false),
        ] {
            assert_eq!(matches(route, path), wanted, "{route} {path}");
        }
    }

    #[test]
    fn the_files_of_a_route_exist() {
        for route in ROUTES {
            for file in [route.files, route.hebrew, route.english, route.later].into_iter().flatten() {
                assert!(super::super::files::File::find(file).is_some(), "{}: {file}", route.path);
            }
        }
    }
}
