//! The codes of error responses: `src/http/error/codes.rs` lists all of them, and no others.

use super::{none, tree};

const LIST: &str = "src/http/error/codes.rs";

#[test]
fn every_error_code_is_in_the_list_and_used() {
    let sources = tree::rust(&["src/"]);
    let list = sources.iter().find(|file| file.path == LIST).unwrap();
    let listed: Vec<&str> =
        list.text.lines().filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix("\",")).collect();
    assert!(listed.len() > 50 && listed.is_sorted(), "the list of {LIST} is sorted");
    let others: Vec<_> = sources.iter().filter(|file| file.path != LIST && !file.is_test()).collect();
    let mut findings = Vec::new();
    for file in &others {
        for code in codes(&file.text).filter(|code| !listed.contains(code)) {
            findings.push(format!("{}: {code} is not in {LIST}", file.path));
        }
    }
    for code in &listed {
        let literal = format!("\"{code}\"");
        if !others.iter().any(|file| file.text.contains(&literal)) {
            findings.push(format!("{LIST}: no answer has the code {code}"));
        }
    }
    none(&findings, "the page has a text for each code of the list");
}

/// Returns the codes that are string literals where errors are created.
fn codes(text: &str) -> impl Iterator<Item = &str> {
    let made = ["ApiError::new(", "Self::new(StatusCode", "ApiError::expired(", "CodedConflict { code:"];
    made.into_iter().flat_map(move |place| text.split(place).skip(1)).filter_map(|rest| {
        let end = rest.find([';', '{'])?;
        let argument = rest[..end].split(',').map(str::trim).find(|argument| argument.starts_with('"'))?;
        let code = argument.strip_prefix('"')?.split('"').next()?;
        code.chars().all(|c| c.is_ascii_lowercase() || c == '_').then_some(code)
    })
}
