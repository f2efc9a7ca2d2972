//! E-mail and web addresses, whose signs are spoken as words: "info at salon point co point il".

use super::lists::{List, is_prefix};
use super::numeral::dictated;
use super::plain::{is_letter, plain};

/// Replaces the signs and digits of addresses by words.
pub(super) fn addresses(text: &str) -> String {
    let (mut said, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(start) = rest.find(is_part) {
        said.push_str(&rest[..start]);
        rest = &rest[start..];
        let run = &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())];
        let length = run.trim_end_matches(|c: char| !c.is_ascii_alphanumeric() && c != '/').len();
        // "To-info@salon.co.il": a dash joins the address to its prefix.
        let signs = run.len() - run.trim_start_matches(|c: char| !c.is_ascii_alphanumeric() && c != '@').len();
        if let Some(words) = run.get(signs..length).and_then(words) {
            said.push_str(&run[..signs]);
            let letters =
                said.trim_end_matches('-').len() - said.trim_end_matches('-').trim_end_matches(is_letter).len();
            let end = said.trim_end_matches('-').len();
            let prefix = plain(&said[end - letters..end]);
            // Before a word, the prefix has no dash.
            if said.ends_with('-') && is_prefix(&prefix) && !words.starts_with(|c: char| c.is_ascii()) {
                said.truncate(end);
            }
            said.push_str(&words);
            rest = &rest[length..];
            if rest.starts_with(is_letter) {
                said.push(' ');
            }
        } else {
            said.push_str(run);
            rest = &rest[run.len()..];
        }
    }
    said + rest
}

/// Returns the words of an address; none for another text.
fn words(text: &str) -> Option<String> {
    let bare = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    // The parameters of an address are not spoken.
    let address = bare.unwrap_or(text).split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let is_mail = address.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && is_domain(domain));
    let is_handle = address.strip_prefix('@').is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()));
    let host = address.split(['/', ':']).next().unwrap_or_default();
    let is_site = is_domain(host) && (bare.is_some() || host.starts_with("www.") || ends_in_known(host));
    if !(is_mail || is_handle || is_site) {
        return None;
    }
    let mut said = String::new();
    let mut rest = address;
    while let Some(c) = rest.chars().next() {
        let length = rest.find(|other: char| kind(other) != kind(c)).unwrap_or(rest.len());
        let length = if kind(c) == Kind::Sign { 1 } else { length };
        let part = &rest[..length];
        let word = match c {
            '@' => List::AtSign.word().to_owned(),
            '.' => List::Point.word().to_owned(),
            '/' => List::Slash.word().to_owned(),
            '-' => List::Hyphen.word().to_owned(),
            '_' => List::Underscore.word().to_owned(),
            '+' => List::Plus.word().to_owned(),
            _ if kind(c) == Kind::Digit => dictated(part),
            _ if kind(c) == Kind::Letter => part.to_owned(),
            _ => String::new(),
        };
        if !said.is_empty() && !word.is_empty() {
            said.push(' ');
        }
        said.push_str(&word);
        rest = &rest[length..];
    }
    Some(said)
}

#[derive(PartialEq, Eq)]
enum Kind {
    Letter,
    Digit,
    Sign,
}

fn kind(c: char) -> Kind {
    match c {
        c if c.is_ascii_digit() => Kind::Digit,
        c if c.is_ascii_alphabetic() => Kind::Letter,
        _ => Kind::Sign,
    }
}

/// Returns true for labels with full stops between them, of which the last has only letters.
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-');
    let last = text.rsplit_once('.').map(|(_, last)| last);
    text.split('.').all(is_label)
        && last.is_some_and(|last| last.len() >= 2 && last.bytes().all(|c| c.is_ascii_alphabetic()))
}

/// Without "www", only these ends are those of an address: "node.js" is none.
fn ends_in_known(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default();
    ENDS.iter().any(|end| last.eq_ignore_ascii_case(end))
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, '@' | '.' | '-' | '_' | '/' | ':' | '?' | '=' | '&' | '%' | '+' | '#' | '~')
}

const ENDS: [&str; 14] =
    ["com", "net", "org", "il", "info", "biz", "shop", "online", "site", "store", "app", "dev", "io", "eu"];
