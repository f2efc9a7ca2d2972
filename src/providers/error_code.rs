//! The code in the body of a provider's error response.

use serde_json::Value;

/// The code: OpenAI's `error.code` or `error.type`, Deepgram's `err_code`, `detail.status` of ElevenLabs, `error_type` of Soniox.
pub fn of(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let texts = ["/error/code", "/error/type", "/err_code", "/detail/status", "/error_type"];
    let code = texts.iter().find_map(|path| body.pointer(path)?.as_str()).unwrap_or_default();
    code.chars().filter(char::is_ascii_graphic).take(MAX_CHARS).collect()
}

/// Longer than any code.
const MAX_CHARS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_provider_s_code_is_found() {
        for (body, code) in [
            (r#"{"error":{"code":"insufficient_quota","type":"other"}}"#, "insufficient_quota"),
            (r#"{"error":{"code":null,"type":"rate limit"}}"#, "ratelimit"),
            (r#"{"err_code":"INVALID_AUTH","err_msg":"no"}"#, "INVALID_AUTH"),
            (r#"{"detail":{"status":"quota_exceeded","message":"no"}}"#, "quota_exceeded"),
            (r#"{"error_type":"unauthenticated"}"#, "unauthenticated"),
            ("<html>", ""),
        ] {
            assert_eq!(of(body.as_bytes()), code, "{body}");
        }
    }
}
