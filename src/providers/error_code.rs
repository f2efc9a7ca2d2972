//! Error codes in the bodies of the providers' error responses.

use serde_json::Value;

/// Returns the error code of a response body, or an empty text if there is none. The path of the code is `error.code`
/// or `error.type` at OpenAI, `err_code` at Deepgram, `detail.status` at ElevenLabs, and `error_type` at Soniox.
pub fn of(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let texts = ["/error/code", "/error/type", "/err_code", "/detail/status", "/error_type"];
    let code = texts.iter().find_map(|path| body.pointer(path)?.as_str()).unwrap_or_default();
    code.chars().filter(char::is_ascii_graphic).take(MAX_CHARS).collect()
}

/// The maximum length of a returned code. The known codes are shorter.
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
