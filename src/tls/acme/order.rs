//! One ACME order: creates or resumes it, has its names validated, and downloads its certificate.

use super::Acme;
use super::error::{AcmeError, AcmeErrorKind};
use super::order_state::OpenOrder;
use crate::config::AcmeChallenge;
use crate::domain::{Cause, Causes};
use crate::tls::certificate::Certificate;
use instant_acme::{
    Account, AuthorizationStatus, ChallengeStatus, ChallengeType, Identifier, NewOrder, Order, OrderStatus, RetryPolicy,
};
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::CertifiedKey;
use std::sync::Arc;
use std::time::Duration;

impl Acme {
    pub(super) async fn order_with(
        &mut self,
        account: &Account,
        challenge_type: AcmeChallenge,
    ) -> Result<Certificate, AcmeError> {
        if let Some((order, open_order)) = self.resume(account, challenge_type).await? {
            match self.finish(order, &open_order).await {
                // The authority may have finished the validation while the daemon was not running.
                Err(acme_error) if self.state.order.is_none() => {
                    tracing::warn!(
                        event = "TLS_ORDER_INVALID",
                        "The interrupted certificate order at {} cannot be completed ({}); a new order is placed at once",
                        self.authority,
                        acme_error.english()
                    );
                }
                outcome => return outcome,
            }
        }
        let (order, open_order) = self.place(account, challenge_type).await?;
        self.finish(order, &open_order).await
    }

    /// After a transient error, the order stays stored and may be completed later. After a success or any other error,
    /// the stored order is deleted.
    async fn finish(&mut self, mut order: Order, open_order: &OpenOrder) -> Result<Certificate, AcmeError> {
        let outcome = self.complete(&mut order, open_order).await;
        if !outcome.as_ref().is_err_and(is_transient) {
            self.state.order = None;
        }
        outcome
    }

    /// The order that a restart or an outage has interrupted, if it can still be completed. After a transient error,
    /// the order stays stored.
    async fn resume(
        &mut self,
        account: &Account,
        challenge_type: AcmeChallenge,
    ) -> Result<Option<(Order, OpenOrder)>, AcmeError> {
        let of_this_type = self.state.order.clone().filter(|open_order| open_order.challenge_type == challenge_type);
        let Some(open_order) = of_this_type else { return Ok(None) };
        let order = account.order(open_order.url.clone()).await;
        let found = match order.map_err(|error| AcmeError::of(&error, &self.authority)) {
            Ok(mut order) => (order.state().status != OrderStatus::Invalid).then_some(order),
            Err(error) if is_transient(&error) => return Err(error),
            Err(_) => None,
        };
        let Some(order) = found else {
            self.state.order = None;
            return Ok(None);
        };
        tracing::info!(event = "TLS_ORDER_RESUMED", "Resuming an interrupted certificate order at {}", self.authority);
        Ok(Some((order, open_order)))
    }

    async fn place(
        &mut self,
        account: &Account,
        challenge_type: AcmeChallenge,
    ) -> Result<(Order, OpenOrder), AcmeError> {
        let names: Vec<_> = self.config().domain.iter().cloned().map(Identifier::Dns).collect();
        let order = account.new_order(&NewOrder::new(&names)).await;
        let order = order.map_err(|error| AcmeError::of(&error, &self.authority))?;
        let key = KeyPair::generate().map_err(|error| AcmeError::local("key", Cause::other(error.to_string())))?;
        let open_order = OpenOrder { url: order.url().to_owned(), challenge_type, key: key.serialize_pem() };
        self.state.order = Some(open_order.clone());
        // Stored before the order is completed, because a resumed order needs the key.
        let stored = self.state.write(&self.tls.inner.folder);
        stored.map_err(|error| AcmeError::local("order-store", &error))?;
        Ok((order, open_order))
    }

    async fn complete(&self, order: &mut Order, open_order: &OpenOrder) -> Result<Certificate, AcmeError> {
        let acme_error = |error| AcmeError::of(&error, &self.authority);
        if order.state().status == OrderStatus::Pending {
            self.answer_challenges(order, open_order.challenge_type).await?;
            let status = order.poll_ready(&retry_policy()).await;
            if !matches!(status, Ok(OrderStatus::Ready)) {
                let found = self.validation_error(order, open_order.challenge_type).await;
                return Err(match (found, status) {
                    (Some(found), _) => found,
                    (None, Err(error)) => acme_error(error),
                    (None, Ok(_)) => self.unknown_reason(),
                });
            }
        }
        let key = KeyPair::from_pem(&open_order.key)
            .map_err(|error| AcmeError::local("stored-key", Cause::other(error.to_string())))?;
        if order.state().status == OrderStatus::Ready {
            let request = request(&self.config().domain, &key);
            let request = request.map_err(|error| AcmeError::local("request", Cause::other(error.to_string())))?;
            order.finalize_csr(&request).await.map_err(acme_error)?;
        }
        let chain = order.poll_certificate(&retry_policy()).await.map_err(acme_error)?;
        self.accept(&chain, &open_order.key)
    }

    fn accept(&self, chain: &str, key: &str) -> Result<Certificate, AcmeError> {
        let authority = self.authority.clone();
        let refused = |causes: Causes| AcmeError::new(AcmeErrorKind::Refused, causes);
        let certificate = match Certificate::from_pem(chain.as_bytes(), key.as_bytes()) {
            Ok(certificate) => certificate,
            Err(error) => return Err(refused(Cause::AcmeUnusable { authority }.because(error))),
        };
        if let Some(name) = self.config().domain.iter().find(|name| !certificate.covers(name)) {
            return Err(refused(Cause::AcmeNames { authority, name: name.clone() }.into()));
        }
        let stored = self.store_certificate(&format!("{key}{chain}"));
        stored.map_err(|error| AcmeError::local("certificate-store", &error))?;
        Ok(certificate)
    }

    /// Answers the challenge of each name that has not been validated yet.
    async fn answer_challenges(&self, order: &mut Order, challenge_type: AcmeChallenge) -> Result<(), AcmeError> {
        let acme_error = |error| AcmeError::of(&error, &self.authority);
        let kind =
            if challenge_type == AcmeChallenge::TlsAlpn01 { ChallengeType::TlsAlpn01 } else { ChallengeType::Http01 };
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization.map_err(acme_error)?;
            if authorization.status != AuthorizationStatus::Pending {
                continue;
            }
            let name = authorization.identifier().to_string();
            let Some(mut challenge) = authorization.challenge(kind.clone()) else {
                let (authority, challenge) = (self.authority.clone(), challenge_type.to_string());
                let cause = Cause::AcmeNoChallenge { authority, challenge, name };
                return Err(AcmeError::new(AcmeErrorKind::Challenge, cause));
            };
            let answer = challenge.key_authorization();
            let resolver = &self.tls.inner.resolver;
            if challenge_type == AcmeChallenge::TlsAlpn01 {
                let key = challenge_certificate(&name, answer.digest().as_ref());
                resolver.add_tls_challenge(
                    &name,
                    key.map_err(|error| AcmeError::local("challenge", Cause::other(error.to_string())))?,
                );
            } else {
                resolver.add_http_challenge(&challenge.token, answer.as_str());
            }
            // If the order was resumed, the challenge may already have been reported as ready.
            if challenge.status == ChallengeStatus::Pending {
                challenge.set_ready().await.map_err(acme_error)?;
            }
        }
        Ok(())
    }

    /// What the authority found instead of the challenge answer; `None` if it states no problem.
    async fn validation_error(&self, order: &mut Order, challenge_type: AcmeChallenge) -> Option<AcmeError> {
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let Ok(mut authorization) = authorization else { continue };
            if authorization.refresh().await.is_err() {
                continue;
            }
            let name = authorization.identifier().to_string();
            if let Some(problem) = authorization.challenges.iter().find_map(|challenge| challenge.error.as_ref()) {
                return Some(AcmeError::validation_failed(&name, problem, challenge_type, &self.authority));
            }
        }
        None
    }

    pub(super) fn unknown_reason(&self) -> AcmeError {
        AcmeError::new(AcmeErrorKind::Challenge, Cause::AcmeNoReason { authority: self.authority.clone() })
    }
}

/// Returns true if the order may still be completed after this error.
fn is_transient(error: &AcmeError) -> bool {
    matches!(error.kind, AcmeErrorKind::Unreachable | AcmeErrorKind::Nonce)
}

/// The request contains only these names.
fn request(names: &[String], key: &KeyPair) -> Result<Vec<u8>, rcgen::Error> {
    let mut params = CertificateParams::new(names.to_vec())?;
    params.distinguished_name = DistinguishedName::new();
    Ok(params.serialize_request(key)?.der().to_vec())
}

/// The certificate that answers a TLS-ALPN-01 challenge (RFC 8737, section 3).
fn challenge_certificate(
    name: &str,
    digest: &[u8],
) -> Result<Arc<CertifiedKey>, Box<dyn std::error::Error + Send + Sync>> {
    let mut params = CertificateParams::new([name.to_owned()])?;
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let key = KeyPair::generate()?;
    let chain = vec![params.self_signed(&key)?.der().clone()];
    let key = PrivateKeyDer::try_from(key.serialize_der())?;
    // Built without rustls's own checks: they reject the required critical extension as unknown.
    Ok(Arc::new(CertifiedKey::new(chain, ring::sign::any_supported_type(&key)?)))
}

fn retry_policy() -> RetryPolicy {
    RetryPolicy::new().initial_delay(Duration::from_millis(300)).backoff(1.4).timeout(Duration::from_mins(2))
}
