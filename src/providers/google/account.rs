//! Access tokens of a service account. Google issues an access token in exchange for a signed JSON web token ("Using
//! OAuth 2.0 for server to server applications", and RFC 7523).

use crate::clock;
use crate::config::{GoogleAccount, GoogleConfig};
use crate::providers::http_client;
use crate::providers::websocket::DialError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use tokio_tungstenite::tungstenite::http::HeaderValue;

/// The OAuth scope of the tokens. Both speech services require this scope.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
/// The lifetime of a token, in seconds; Google's maximum.
const LIFETIME_S: i64 = 3600;
/// A token is replaced after half of its lifetime, so that it remains valid during a call.
const FRESH_FOR: Duration = Duration::from_mins(30);
const LIMIT: Duration = Duration::from_secs(3);

/// The parts of a service account's JSON that are used.
#[derive(Clone, PartialEq, Eq, Deserialize)]
struct ServiceAccount {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    client_email: String,
    #[serde(default)]
    private_key: String,
    private_key_id: Option<String>,
    project_id: Option<String>,
}

#[derive(Clone)]
pub struct AccessToken {
    /// The value of the header `authorization`.
    pub authorization: HeaderValue,
    /// The project of the account, whose quota is used and which is billed.
    pub project: String,
    received: Instant,
}

impl AccessToken {
    /// Returns true if the token's lifetime, counted from before its request, is over.
    pub fn is_expired(&self) -> bool {
        clock::instant().saturating_duration_since(self.received) >= Duration::from_secs(LIFETIME_S.unsigned_abs())
    }
}

impl std::fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessToken").finish_non_exhaustive()
    }
}

/// The access token of the configured account. All phone calls share this token.
#[derive(Clone, Default)]
pub struct AccessTokens {
    /// The token, with the account and the token URL for which it was requested.
    current: Arc<Mutex<Option<(ServiceAccount, String, AccessToken)>>>,
}

impl std::fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessTokens").finish_non_exhaustive()
    }
}

impl AccessTokens {
    /// Returns a token that is valid for about half an hour or longer. Requests one if necessary; concurrent tasks wait
    /// for the same request.
    pub async fn get(&self, client: &reqwest::Client, config: &GoogleConfig) -> Result<AccessToken, DialError> {
        let account = read_account(config).await?;
        let mut current = self.current.lock().await;
        if let Some((of, url, token)) = &*current
            && *of == account
            && url == config.token_url.as_str()
            && clock::instant().saturating_duration_since(token.received) < FRESH_FOR
        {
            return Ok(token.clone());
        }
        let token = request(client, config, &account).await?;
        *current = Some((account, config.token_url.as_str().to_owned(), token.clone()));
        Ok(token)
    }

    /// Forgets the token, because a server has rejected it. Has no effect while [`AccessTokens::get`] runs.
    pub fn forget(&self) {
        if let Ok(mut current) = self.current.try_lock() {
            *current = None;
        }
    }
}

/// Returns an error that a retry cannot fix. Its reason begins with the status 401, which marks a wrong key.
fn bad_key(reason: &str) -> DialError {
    DialError { retry: false, reason: format!("401 {reason}") }
}

async fn read_account(config: &GoogleConfig) -> Result<ServiceAccount, DialError> {
    let json = match config.account() {
        Some(GoogleAccount::Json(json)) => json.expose().to_owned(),
        Some(GoogleAccount::File(file)) => tokio::fs::read_to_string(file)
            .await
            .map_err(|error| bad_key(&format!("the account's file cannot be read: {error}")))?,
        None => return Err(DialError { retry: false, reason: "no key".to_owned() }),
    };
    let account = serde_json::from_str::<ServiceAccount>(&json).map_err(|_| bad_key("the account cannot be read"))?;
    if account.kind == "service_account" { Ok(account) } else { Err(bad_key("the account is no service account")) }
}

impl ServiceAccount {
    /// Returns the id of the account's project; if the JSON does not state it, from the account's email address.
    fn project(&self) -> Option<&str> {
        let domain = || self.client_email.split_once('@')?.1.strip_suffix(".iam.gserviceaccount.com");
        self.project_id.as_deref().filter(|id| !id.is_empty()).or_else(domain)
    }

    fn assertion(&self, audience: &str, now_s: i64) -> Option<String> {
        let key = match PrivateKeyDer::from_pem_slice(self.private_key.as_bytes()).ok()? {
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).ok()?,
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()).ok()?,
            _ => return None,
        };
        let header = json!({"alg": "RS256", "typ": "JWT", "kid": self.private_key_id});
        let claims = json!({
            "iss": self.client_email,
            "scope": SCOPE,
            "aud": audience,
            "iat": now_s,
            "exp": now_s + LIFETIME_S,
        });
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let text = format!("{}.{}", encode(&header), encode(&claims));
        let mut signature = vec![0; key.public().modulus_len()];
        // RS256 uses no random bytes, but `sign` requires a source of them, because other paddings do.
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).ok()?;
        Some(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

async fn request(
    client: &reqwest::Client,
    config: &GoogleConfig,
    account: &ServiceAccount,
) -> Result<AccessToken, DialError> {
    let lost = |error: &reqwest::Error| DialError { retry: true, reason: http_client::root_cause(error) };
    let url = config.token_url.as_str();
    let project = account.project().ok_or_else(|| bad_key("the account has no project_id"))?.to_owned();
    let assertion = account.assertion(url, clock::now().as_secs());
    let assertion = assertion.ok_or_else(|| bad_key("the account's private_key cannot be read"))?;
    let form = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion.as_str())];
    let received = clock::instant();
    let answer = client.post(url).form(&form).timeout(LIMIT).send().await.map_err(|error| lost(&error))?;
    let status = answer.status().as_u16();
    let body = answer.bytes().await.map_err(|error| lost(&error))?;
    let answer = serde_json::from_slice::<TokenAnswer>(&body).ok();
    if let Some(token) = answer.as_ref().and_then(|answer| answer.access_token.as_deref())
        && let Ok(mut authorization) = HeaderValue::from_str(&format!("Bearer {token}"))
    {
        authorization.set_sensitive(true);
        return Ok(AccessToken { authorization, project, received });
    }
    let (code, text) = answer.map_or((None, None), |answer| (answer.error, answer.error_description));
    let reason = [code, text].into_iter().flatten().collect::<Vec<_>>().join(": ");
    Err(match status {
        // Google answers 400 for an unknown account and for a wrong signature.
        400 | 401 | 403 => bad_key(&reason),
        429 | 500.. => DialError { retry: true, reason: format!("{status} {reason}") },
        _ => DialError { retry: false, reason: format!("{status} {reason}") },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

    fn account(json: &Value) -> ServiceAccount {
        serde_json::from_value(json.clone()).unwrap()
    }

    #[test]
    fn an_assertion_is_signed_by_the_account_for_an_hour() {
        let account: ServiceAccount = serde_json::from_str(&crate::simulator::google::service_account()).unwrap();
        let assertion = account.assertion("https://oauth2.googleapis.com/token", 1_700_000_000).unwrap();
        let (text, signature) = assertion.rsplit_once('.').unwrap();
        let claims = URL_SAFE_NO_PAD.decode(text.split_once('.').unwrap().1).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        let expected = json!({
            "iss": account.client_email,
            "scope": "https://www.googleapis.com/auth/cloud-platform",
            "aud": "https://oauth2.googleapis.com/token",
            "iat": 1_700_000_000,
            "exp": 1_700_003_600,
        });
        assert_eq!(claims, expected);
        let PrivateKeyDer::Pkcs8(der) = PrivateKeyDer::from_pem_slice(account.private_key.as_bytes()).unwrap() else {
            panic!("another kind of key")
        };
        let key = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref());
        public.verify(text.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    }

    #[test]
    fn the_project_is_named_by_the_account_or_its_address() {
        let named =
            json!({"type": "service_account", "client_email": "a@shop.iam.gserviceaccount.com", "project_id": "own"});
        assert_eq!(account(&named).project(), Some("own"));
        let mut unnamed = named;
        unnamed["project_id"] = Value::Null;
        assert_eq!(account(&unnamed).project(), Some("shop"));
        assert_eq!(account(&json!({"type": "service_account", "client_email": "a@shop.example"})).project(), None);
        assert!(account(&json!({"type": "service_account", "private_key": "k"})).assertion("", 0).is_none());
    }
}
