//! What sentences claim.

use super::*;

/// The claims of each sentence of `sentences.txt`, in the form of its headings.
#[test]
fn each_sentence_claims_what_it_says() {
    let (mut heading, mut wrong, mut count) = ("", Vec::new(), 0);
    for line in include_str!("sentences.txt").lines().map(str::trim) {
        if let Some(new) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            heading = new;
        } else if !line.is_empty() && !line.starts_with('#') {
            count += 1;
            let found: Vec<_> = claims((0, 0), line, true)
                .into_iter()
                .map(|claim| format!("{}{}", claim.promise.as_str(), if claim.is_past { "" } else { " later" }))
                .collect();
            let found = if found.is_empty() { "none".to_owned() } else { found.join(" ") };
            if found != heading {
                wrong.push(format!("{heading}: {line} (found: {found})"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} sentences:\n{}", wrong.len(), wrong.join("\n"));
}
