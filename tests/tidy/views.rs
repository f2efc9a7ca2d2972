//! The types of API responses are defined in `src/http/api/<noun>/view.rs`, next to the handlers of their noun.

use super::{none, tree};

/// Files with response types that the operations of every noun use.
const SHARED: [&str; 2] = ["src/http/error.rs", "src/http/api/response.rs"];

#[test]
fn views_are_in_the_view_file_of_their_noun() {
    let mut findings = Vec::new();
    for file in tree::rust(&tree::PRODUCT) {
        if SHARED.contains(&file.path.as_str()) || is_view(&file.path) {
            continue;
        }
        for (number, line) in file.product_lines() {
            if line.contains("derive(") && line.contains("ToSchema") {
                findings.push(format!("{}:{number}", file.path));
            }
        }
    }
    none(&findings, "a type with a schema belongs in http/api/<noun>/view.rs");
}

/// Returns true for `src/http/api/<noun>/view.rs`, and for a file in the folder of that module.
fn is_view(path: &str) -> bool {
    let below = path.strip_prefix("src/http/api/").and_then(|path| path.split_once('/'));
    below.is_some_and(|(_, file)| file == "view.rs" || file.starts_with("view/"))
}
