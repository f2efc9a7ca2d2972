//! Redacts private data in a text: secrets, tokens, phone numbers, mail and WhatsApp addresses, query strings of URLs,
//! and quoted words. Also redacts every word with non-ASCII letters, because most names and messages are in Hebrew or
//! other non-Latin scripts.

use crate::config::Config;
use crate::domain::Masked;
use serde_json::Value;

const REDACTED: &str = "•••";

pub(super) struct Redactor {
    secrets: Vec<String>,
}

impl Redactor {
    pub(super) fn new(config: Option<&Config>) -> Self {
        let secrets = config.into_iter().flat_map(Config::secrets).map(|secret| secret.expose().to_owned());
        Self { secrets: secrets.filter(|secret| secret.len() >= MIN_SECRET_LENGTH).collect() }
    }

    /// Redacts only the secrets of the settings, for texts that contain no data of contacts.
    pub(super) fn secrets(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), REDACTED))
    }

    /// Redacts secrets and everything that looks like private data; the documentation of the module lists it.
    pub(super) fn text(&self, text: &str) -> String {
        let text = without_quotes(&self.secrets(text));
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(first) = rest.chars().next() {
            let is_break = is_break(first);
            let end = rest.find(|c| is_break != self::is_break(c)).unwrap_or(rest.len());
            let (piece, after) = rest.split_at(end);
            out.push_str(&if is_break { piece.to_owned() } else { word(piece) });
            rest = after;
        }
        without_numbers(&out)
    }

    /// Keeps numbers and the names of fields.
    pub(super) fn json(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(values) => values.iter().map(|value| self.json(value)).collect(),
            Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), self.json(value))).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }
}

fn is_break(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | ';' | '"' | '\'' | '(' | ')' | '<' | '>' | '`' | '|')
}

/// Redacts text between double quotes, because it usually quotes input. Keeps paths and JSON keys.
fn without_quotes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, piece) in text.split('"').enumerate() {
        if index > 0 {
            out.push('"');
        }
        let is_quoted = index % 2 == 1;
        if !is_quoted || piece.is_empty() || piece.starts_with('/') || is_key(piece) {
            out.push_str(piece);
        } else {
            out.push_str(REDACTED);
        }
    }
    out
}

/// Returns true for a text that looks like a JSON key of this program, such as `db` or `twilio_secrets`.
fn is_key(piece: &str) -> bool {
    piece.len() <= 32 && piece.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

fn word(word: &str) -> String {
    if word.contains('@') {
        // A mail or WhatsApp address. Keep the server of a WhatsApp address, because it shows the kind of the address.
        let server = word.rsplit('@').next().filter(|server| SERVERS.contains(server)).unwrap_or(REDACTED);
        return format!("{REDACTED}@{server}");
    }
    let cut = word.find(['?', '#']).filter(|_| word.contains('/'));
    let (word, query) = cut.map_or((word, ""), |at| (&word[..at], REDACTED));
    let pieces: Vec<_> = word.split_inclusive(['/', '=', ':']).map(piece).collect();
    format!("{}{query}", pieces.concat())
}

fn piece(piece: &str) -> String {
    let bare = piece.trim_end_matches(['/', '=', ':']);
    let end = &piece[bare.len()..];
    if TOKENS.iter().any(|prefix| bare.starts_with(prefix)) || is_token(bare) {
        let shown: String = bare.chars().take(4).collect();
        return format!("{shown}{REDACTED}{end}");
    }
    if bare.chars().any(|c| c.is_alphabetic() && !c.is_ascii()) {
        return format!("{REDACTED}{end}");
    }
    piece.to_owned()
}

/// Returns true for a long word with letters and digits, such as a key, a hash, or the id of a call or message.
fn is_token(word: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b'.');
    word.len() >= MIN_TOKEN_LENGTH
        && word.bytes().all(plain)
        && word.bytes().any(|byte| byte.is_ascii_digit())
        && word.bytes().any(|byte| byte.is_ascii_alphabetic())
        && !word.contains("agentlocator")
}

/// Masks phone numbers in common notations. Keeps dates and times.
fn without_numbers(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let (mut at, mut copied) = (0, 0);
    while at < bytes.len() {
        let begins = bytes[at] == b'+' || bytes[at].is_ascii_digit();
        let inside = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'.');
        if !begins || inside && bytes[at] != b'+' {
            at += 1;
            continue;
        }
        let end = end_of_number(bytes, at);
        let digits = bytes[at..end].iter().filter(|byte| byte.is_ascii_digit()).count();
        if DIGITS.contains(&digits) && !is_date(&text[at..end]) {
            out.push_str(&text[copied..at]);
            out.push_str(&Masked(&text[at..end]).to_string());
            copied = end;
        }
        at = end.max(at + 1);
    }
    out.push_str(&text[copied..]);
    out
}

fn end_of_number(bytes: &[u8], begin: usize) -> usize {
    let mut end = begin + 1;
    let mut at = end;
    while at < bytes.len() {
        if bytes[at].is_ascii_digit() {
            end = at + 1;
        } else if !matches!(bytes[at], b'-' | b' ' | b'(' | b')') || at > end {
            break;
        }
        at += 1;
    }
    end
}

fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 10 && bytes[4] == b'-' && bytes[7] == b'-' && text.starts_with("20")
}

const MIN_SECRET_LENGTH: usize = 6;
const MIN_TOKEN_LENGTH: usize = 20;
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
const TOKENS: [&str; 5] = ["agl_", "sk-", "Bearer", "Basic", "whsec_"];
const SERVERS: [&str; 4] = ["s.whatsapp.net", "lid", "g.us", "broadcast"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    #[test]
    fn private_data_is_redacted_and_the_rest_stays() {
        let mut config = Config::default();
        config.twilio.auth_token = Some(Secret::new("geheim123"));
        let redactor = Redactor::new(Some(&config));
        for (text, gone) in [
            ("from +972501234567 now", "1234567"),
            ("from 972501234567, now", "1234567"),
            ("call 050-123 4567", "4567"),
            ("whatsapp:+972501234567", "1234567"),
            ("972501234567@s.whatsapp.net", "9725"),
            ("mail dana@shop.example came", "dana"),
            ("https://x.example/a?token=abc", "abc"),
            ("/api/x?token=abc", "abc"),
            ("http://x.example/setup#code=AB-CD", "AB-CD"),
            ("found \"two words\"; allowed", "two words"),
            ("token agl_abc", "abc"),
            ("key sk-proj-1", "proj"),
            ("CA0123456789abcdef0123456789abcdef ended", "456789abcdef"),
            ("x=geheim123", "geheim"),
            ("נועה כתבה", "נועה"),
        ] {
            let left = redactor.text(text);
            assert!(!left.contains(gone) && left.contains(REDACTED.chars().next().unwrap()), "{text} → {left}");
        }
        for text in [
            "2026-11-20T19:36:43.123Z the daemon answers; not set up: openai",
            "https://shop.example/webhook/incoming_call",
            "/var/lib/agentlocator/agentlocator.db (12.5 MB)",
            "203.0.113.7 → port 443",
            "agentlocator-whatsapp.service is stopped",
            "HTTP 404",
        ] {
            assert_eq!(redactor.text(text), text);
        }
    }
}
