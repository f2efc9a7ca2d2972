//! Error codes and sentences in the providers' error responses.

use serde_json::Value;

/// Returns the error code of a response body, or an empty text if there is none. The path of the code is `error.code`
/// or `error.type` at OpenAI, `err_code` at Deepgram, `detail.status` at ElevenLabs, and `error_type` at Soniox.
pub fn of(body: &[u8]) -> String {
    code(&serde_json::from_slice(body).unwrap_or_default())
}

fn code(body: &Value) -> String {
    let texts = ["/error/code", "/error/type", "/err_code", "/detail/status", "/error_type"];
    let code = texts.iter().find_map(|path| body.pointer(path)?.as_str()).unwrap_or_default();
    code.chars().filter(char::is_ascii_graphic).take(MAX_CHARS).collect()
}

/// Returns the error text of a response with an error status: the status, the code, and the provider's sentence.
pub fn reason(status: u16, body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let head = format!("HTTP {status} {}", code(&body)).trim_end().to_owned();
    with_sentence(head, &sentence(&body))
}

/// Appends a sentence of the provider to an error text.
pub fn with_sentence(reason: String, sentence: &str) -> String {
    if sentence.is_empty() { reason } else { format!("{reason}: {sentence}") }
}

/// Returns the provider's sentence about an error: one line of limited length, without secrets; empty if there is none.
/// `body` is a response body.
pub fn sentence(body: &Value) -> String {
    let texts = [
        "/error/message",
        "/error",
        "/err_msg",
        "/detail/message",
        "/detail/0/msg",
        "/detail",
        "/error_message",
        "/message",
    ];
    let text = texts.iter().find_map(|path| body.pointer(path)?.as_str()).unwrap_or_default();
    // Validation errors of Python servers repeat the request, which contains what a caller said.
    let end = ["{'input': ", ", 'input': ", "input_value="].iter().filter_map(|key| text.find(key)).min();
    one_line(&text[..end.unwrap_or(text.len())])
}

/// Returns a text of a provider as one line of limited length, without words that may be keys.
pub fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let line = words.map(|word| if may_be_secret(word) { HIDDEN } else { word }).collect::<Vec<_>>().join(" ");
    line.chars().take(MAX_SENTENCE).collect()
}

/// Returns true if a word may contain a key. Some servers repeat the key that they reject, or a part of it.
fn may_be_secret(word: &str) -> bool {
    let is_of_key = |c: char| c.is_ascii_alphanumeric() || c == '*';
    let is_long_code = |part: &str| part.len() >= 20 && part.contains(|c: char| c.is_ascii_digit() || c == '*');
    let begins = |start: &str| word.match_indices(start).any(|(at, _)| !word[..at].ends_with(is_of_key));
    begins("sk-") || begins("sk_") || is_uuid(word) || word.split(|c| !is_of_key(c)).any(is_long_code)
}

/// Some providers' keys are UUIDs.
fn is_uuid(word: &str) -> bool {
    let is_of_id = |c: char| c.is_ascii_hexdigit() || c == '-';
    let lengths = |part: &str| part.split('-').map(str::len).collect::<Vec<_>>();
    word.split(|c| !is_of_id(c)).any(|part| lengths(part).windows(5).any(|window| window == [8, 4, 4, 4, 12]))
}

const HIDDEN: &str = "•••";
/// The maximum length of a returned code. The known codes are shorter.
const MAX_CHARS: usize = 64;
/// The maximum number of characters of a returned sentence.
const MAX_SENTENCE: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_provider_s_code_and_sentence_are_found() {
        for (body, code, sentence) in [
            (r#"{"error":{"code":"insufficient_quota","type":"other"}}"#, "insufficient_quota", ""),
            (r#"{"error":{"code":null,"type":"rate limit","message":"Slow\n down"}}"#, "ratelimit", "Slow down"),
            (r#"{"err_code":"INVALID_AUTH","err_msg":"no"}"#, "INVALID_AUTH", "no"),
            (r#"{"detail":{"status":"quota_exceeded","message":"no"}}"#, "quota_exceeded", "no"),
            (r#"{"error_type":"unauthenticated","error_message":"no"}"#, "unauthenticated", "no"),
            (
                r#"{"error":"model \"m\" not found, try pulling it first"}"#,
                "",
                "model \"m\" not found, try pulling it first",
            ),
            (r#"{"object":"error","message":"no","code":404}"#, "", "no"),
            (r#"{"detail":[{"loc":["body"],"msg":"Extra inputs"}]}"#, "", "Extra inputs"),
            (r#"{"detail":"Not Found"}"#, "", "Not Found"),
            (r#"{"message":"[{'msg': 'no', 'input': 'שלום'}]"}"#, "", "[{'msg': 'no'"),
            (r#"{"message":"1 error: no [type=x, input_value='שלום']"}"#, "", "1 error: no [type=x,"),
            (r#"{"error":{"message":"Invalid 'input': string too long."}}"#, "", "Invalid 'input': string too long."),
            ("<html>", "", ""),
        ] {
            assert_eq!((of(body.as_bytes()).as_str(), reason(400, body.as_bytes())), {
                let head = if code.is_empty() { "HTTP 400".to_owned() } else { format!("HTTP 400 {code}") };
                (code, if sentence.is_empty() { head } else { format!("{head}: {sentence}") })
            });
        }
    }

    #[test]
    fn a_sentence_is_short_and_contains_no_key() {
        for (text, expected) in [
            ("Incorrect API key provided: sk-abc***xyz. See x", "Incorrect API key provided: ••• See x"),
            ("key 0123456789abcdef0123 rejected", "key ••• rejected"),
            ("see (sk_live_1), task-id or disk-full", "see ••• task-id or disk-full"),
            ("key '0f8fad5b-d9cb-469f-a165-70867728950e'.", "key •••"),
            ("no id-0f8fad5b-d9cb-469f-a165-70867728950e-1", "no •••"),
            ("no gpt-4o-mini-transcribe-2025-12-15\there", "no gpt-4o-mini-transcribe-2025-12-15 here"),
        ] {
            assert_eq!(one_line(text), expected);
        }
        assert_eq!(one_line(&"א ".repeat(900)).chars().count(), 200);
    }
}
