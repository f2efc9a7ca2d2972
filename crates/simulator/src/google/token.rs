//! The token endpoint: issues an access token for a JSON web token that the service account has signed.

use super::state::Shared;
use crate::server::Parameters;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::{Value, json};
use std::sync::Arc;

/// The key of the account. It was made for this fake, and gives access to nothing.
const KEY: &str = include_str!("key.pem");
pub(super) const PROJECT: &str = "shop-test";
const ACCOUNT: &str = "agent@shop-test.iam.gserviceaccount.com";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// Returns the JSON of the service account that the fake knows, for `GCP_CREDENTIALS_JSON`.
pub fn service_account() -> String {
    json!({
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "1",
        "private_key": KEY,
        "client_email": ACCOUNT,
        "token_uri": "https://oauth2.googleapis.com/token",
    })
    .to_string()
}

/// `POST /token`
pub(super) async fn issue(State(shared): State<Arc<Shared>>, body: String) -> Response {
    let faults = shared.options().faults;
    if let Some(status) = faults.refuse_tokens {
        return refuse(status, "internal_failure", "refused as planned");
    }
    let form = Parameters::parse(&body);
    if form.value("grant_type") != GRANT {
        shared.violation(format!("token: the grant type is {}", form.value("grant_type")));
        return refuse(400, "unsupported_grant_type", "Invalid grant_type");
    }
    match check(form.value("assertion"), &shared.token_url) {
        Ok(()) if faults.revoked_key => refuse(400, "invalid_grant", "Invalid JWT Signature."),
        Ok(()) => {
            let number = {
                let mut state = shared.state();
                state.tokens += 1;
                state.tokens
            };
            let token = format!("ya29.fake-{number}");
            Json(json!({"access_token": token, "expires_in": 3599, "token_type": "Bearer"})).into_response()
        }
        Err(reason) => refuse(400, "invalid_grant", reason),
    }
}

fn refuse(status: u16, error: &str, description: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    (status, Json(json!({"error": error, "error_description": description}))).into_response()
}

fn check(assertion: &str, audience: &str) -> Result<(), &'static str> {
    let (text, signature) = assertion.rsplit_once('.').ok_or("Bad Request")?;
    let (header, claims) = text.split_once('.').ok_or("Bad Request")?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    let parse = |part: &str| serde_json::from_slice::<Value>(&decode(part)?).ok();
    let (header, claims) = (parse(header).ok_or("Bad Request")?, parse(claims).ok_or("Bad Request")?);
    if header["alg"] != "RS256" || header["typ"] != "JWT" {
        return Err("Invalid JWT: the header is not supported.");
    }
    if claims["iss"] != ACCOUNT {
        return Err("Invalid grant: account not found");
    }
    let key = key().ok_or("the fake's key cannot be read")?;
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref());
    let signature = decode(signature).ok_or("Invalid JWT Signature.")?;
    public.verify(text.as_bytes(), &signature).map_err(|_| "Invalid JWT Signature.")?;
    if claims["aud"] != audience || claims["scope"] != SCOPE {
        return Err("Invalid JWT: Failed audience or scope check.");
    }
    let (issued, expires) = (claims["iat"].as_i64().unwrap_or(0), claims["exp"].as_i64().unwrap_or(0));
    let now = crate::clock::now().as_secs();
    if (now - issued).abs() > 300 || !(1..=3600).contains(&(expires - issued)) {
        return Err("Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.");
    }
    Ok(())
}

fn key() -> Option<RsaKeyPair> {
    let base64: String = KEY.lines().filter(|line| !line.starts_with("-----")).collect();
    RsaKeyPair::from_pkcs8(&STANDARD.decode(base64).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::rand::SystemRandom;
    use ring::signature::RSA_PKCS1_SHA256;

    fn assertion(change: impl FnOnce(&mut Value)) -> String {
        let now = crate::clock::now().as_secs();
        let mut claims = json!({"iss": ACCOUNT, "scope": SCOPE, "aud": "here", "iat": now, "exp": now + 3600});
        change(&mut claims);
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let text = format!("{}.{}", encode(&json!({"alg": "RS256", "typ": "JWT"})), encode(&claims));
        let key = key().unwrap();
        let mut signature = vec![0; key.public().modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    #[test]
    fn only_the_account_s_own_assertion_for_this_server_is_accepted() {
        assert_eq!(check(&assertion(|_| {}), "here"), Ok(()));
        let (signed, other) = (assertion(|_| {}), assertion(|claims| claims["exp"] = 1.into()));
        let forged = format!("{}.{}", signed.rsplit_once('.').unwrap().0, other.rsplit_once('.').unwrap().1);
        assert_eq!(check(&forged, "here"), Err("Invalid JWT Signature."));
        assert!(check(&other, "here").is_err(), "expired");
        assert!(check(&signed, "elsewhere").is_err());
        assert!(check(&assertion(|claims| claims["iss"] = "b@c".into()), "here").is_err());
        assert!(check("", "here").is_err());
    }
}
