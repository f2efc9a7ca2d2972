//! The account at a certificate authority: its key and URL, stored separately for each authority.

use super::error::{AcmeError, AcmeErrorKind};
use super::{Acme, TlsConfig};
use crate::domain::{Cause, hex};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use instant_acme::{Account, AccountCredentials, ExternalAccountKey, NewAccount};
use sha2::{Digest, Sha256};

impl Acme {
    /// Creates an account if none is stored.
    pub(super) async fn account(&self) -> Result<Account, AcmeError> {
        let acme_error = |error| AcmeError::of(&error, &self.authority);
        if let Some(credentials) = self.stored_account()? {
            let account = Account::builder_with_http(Box::new(self.http_client.clone())).from_credentials(credentials);
            return account.await.map_err(acme_error);
        }
        let config = self.config();
        let contact = config.acme_contact.as_ref().map(|address| format!("mailto:{address}"));
        let contact: Vec<&str> = contact.iter().map(String::as_str).collect();
        let new = NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
        let external = external_key(config)?;
        let directory = config.acme_directory_url.to_string();
        let builder = Account::builder_with_http(Box::new(self.http_client.clone()));
        let (account, credentials) = builder.create(&new, directory, external.as_ref()).await.map_err(acme_error)?;
        let stored = serde_json::to_vec(&credentials).map_err(std::io::Error::other);
        let stored = stored.and_then(|bytes| self.tls.inner.folder.write(&self.account_file(), &bytes));
        stored.map_err(|error| AcmeError::local("account-store", &error))?;
        tracing::info!(event = "TLS_ACCOUNT", "Created an ACME account at {}", self.authority);
        Ok(account)
    }

    /// The authority no longer recognises the account. Also forgets its unfinished order.
    pub(super) fn forget_account(&mut self) -> Result<(), AcmeError> {
        self.state.order = None;
        let removed = self.tls.inner.folder.remove(&self.account_file());
        removed.map_err(|error| AcmeError::local("account-remove", &error))
    }

    fn stored_account(&self) -> Result<Option<AccountCredentials>, AcmeError> {
        let bytes = self.tls.inner.folder.read(&self.account_file());
        let bytes = bytes.map_err(|error| AcmeError::local("account-read", &error))?;
        // A broken file is ignored, because creating a new account is free.
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    fn account_file(&self) -> String {
        let digest = Sha256::digest(self.config().acme_directory_url.as_str());
        format!("account-{}.json", hex(&digest[..8]))
    }
}

fn external_key(config: &TlsConfig) -> Result<Option<ExternalAccountKey>, AcmeError> {
    let (Some(id), Some(key)) = (&config.acme_eab_key_id, &config.acme_eab_hmac_key) else { return Ok(None) };
    let key = BASE64_URL_SAFE_NO_PAD
        .decode(key.expose().trim_end_matches('='))
        .map_err(|_| AcmeError::new(AcmeErrorKind::Refused, Cause::AcmeHmacKey))?;
    Ok(Some(ExternalAccountKey::new(id.clone(), &key)))
}
