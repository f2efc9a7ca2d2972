//! One ACME order: placed or resumed, its names validated, its certificate downloaded.

use super::Acme;
use super::journal::OpenOrder;
use super::trouble::{Trouble, TroubleKind};
use crate::config::AcmeChallenge;
use crate::ops::tls::certificate::Certificate;
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
    /// Obtains a certificate for all names with this challenge type.
    pub(super) async fn by(&mut self, account: &Account, way: AcmeChallenge) -> Result<Certificate, Trouble> {
        if let Some((order, begun)) = self.take_up(account, way).await {
            match self.bring_to_end(order, &begun).await {
                // The authority may have validated while the daemon was not running.
                Err(trouble) if self.journal.order.is_none() => {
                    tracing::warn!(
                        event = "TLS_ORDER_INVALID",
                        "{}. The interrupted order is invalid; a new order is placed at once",
                        trouble.text
                    );
                }
                outcome => return outcome,
            }
        }
        let (order, begun) = self.place(account, way).await?;
        self.bring_to_end(order, &begun).await
    }

    /// Completes an order. After a transient error the order may be completed later; any other error ends it.
    async fn bring_to_end(&mut self, mut order: Order, begun: &OpenOrder) -> Result<Certificate, Trouble> {
        let outcome = self.see_through(&mut order, begun).await;
        let goes_on =
            matches!(&outcome, Err(trouble) if matches!(trouble.kind, TroubleKind::Unreachable | TroubleKind::Nonce));
        if !goes_on {
            self.journal.order = None;
        }
        outcome
    }

    /// The order that a stop or an outage has interrupted, if it can still be completed.
    async fn take_up(&mut self, account: &Account, way: AcmeChallenge) -> Option<(Order, OpenOrder)> {
        let begun = self.journal.order.clone().filter(|begun| begun.way == way)?;
        let order = account.order(begun.url.clone()).await.ok();
        let Some(order) = order.and_then(|mut order| (order.state().status != OrderStatus::Invalid).then_some(order))
        else {
            self.journal.order = None;
            return None;
        };
        tracing::info!(event = "TLS_ORDER_TAKEN_UP", "Resuming the interrupted order");
        Some((order, begun))
    }

    async fn place(&mut self, account: &Account, way: AcmeChallenge) -> Result<(Order, OpenOrder), Trouble> {
        let names: Vec<_> = self.config().domain.iter().cloned().map(Identifier::Dns).collect();
        let order = account.new_order(&NewOrder::new(&names)).await;
        let order = order.map_err(|error| Trouble::of(&error, &self.authority))?;
        let key = KeyPair::generate().map_err(|error| Trouble::local("a key could not be created", &error))?;
        let begun = OpenOrder { url: order.url().to_owned(), way, key: key.serialize_pem() };
        self.journal.order = Some(begun.clone());
        // Stored first: a resumed order needs the key.
        let kept = self.journal.write(&self.tls.inner.folder);
        kept.map_err(|error| Trouble::local("the order could not be stored", &error))?;
        Ok((order, begun))
    }

    async fn see_through(&self, order: &mut Order, begun: &OpenOrder) -> Result<Certificate, Trouble> {
        let trouble = |error| Trouble::of(&error, &self.authority);
        if order.state().status == OrderStatus::Pending {
            self.show(order, begun.way).await?;
            let status = order.poll_ready(&patience()).await;
            if !matches!(status, Ok(OrderStatus::Ready)) {
                let found = self.what_was_found(order, begun.way).await;
                return Err(match (found, status) {
                    (Some(found), _) => found,
                    (None, Err(error)) => trouble(error),
                    (None, Ok(_)) => self.unknown_reason(),
                });
            }
        }
        let key = KeyPair::from_pem(&begun.key).map_err(|error| Trouble::local("the key is broken", &error))?;
        if order.state().status == OrderStatus::Ready {
            let request = request(&self.config().domain, &key);
            let request =
                request.map_err(|error| Trouble::local("the certificate request could not be created", &error))?;
            order.finalize_csr(&request).await.map_err(trouble)?;
        }
        let chain = order.poll_certificate(&patience()).await.map_err(trouble)?;
        self.take(&chain, &begun.key)
    }

    /// Verifies the downloaded certificate, and stores it.
    fn take(&self, chain: &str, key: &str) -> Result<Certificate, Trouble> {
        let refused = |text: String| Trouble::new(TroubleKind::Refused, format!("{} sent {text}", self.authority));
        let certificate = Certificate::from_pem(chain.as_bytes(), key.as_bytes());
        let certificate =
            certificate.map_err(|error| refused(format!("a certificate that cannot be served: {error}")))?;
        if let Some(name) = self.config().domain.iter().find(|name| !certificate.covers(name)) {
            return Err(refused(format!("a certificate that does not cover {name}")));
        }
        let kept = self.keep(&format!("{key}{chain}"));
        kept.map_err(|error| Trouble::local("the certificate could not be stored", &error))?;
        Ok(certificate)
    }

    /// Prepares the challenge answer for each name that has not been validated yet, and reports it as ready.
    async fn show(&self, order: &mut Order, way: AcmeChallenge) -> Result<(), Trouble> {
        let trouble = |error| Trouble::of(&error, &self.authority);
        let kind = if way == AcmeChallenge::TlsAlpn01 { ChallengeType::TlsAlpn01 } else { ChallengeType::Http01 };
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization.map_err(trouble)?;
            if authorization.status != AuthorizationStatus::Pending {
                continue;
            }
            let name = authorization.identifier().to_string();
            let Some(mut challenge) = authorization.challenge(kind.clone()) else {
                let text = format!("{} offers no {way} for {name}", self.authority);
                return Err(Trouble::new(TroubleKind::Challenge, text));
            };
            let answer = challenge.key_authorization();
            let served = &self.tls.inner.served;
            if way == AcmeChallenge::TlsAlpn01 {
                let key = proof(&name, answer.digest().as_ref());
                served.answer_tls(
                    &name,
                    key.map_err(|error| Trouble::local("the challenge answer could not be created", &error))?,
                );
            } else {
                served.answer_http(&challenge.token, answer.as_str());
            }
            // For a resumed order the challenge may have been reported as ready before.
            if challenge.status == ChallengeStatus::Pending {
                challenge.set_ready().await.map_err(trouble)?;
            }
        }
        Ok(())
    }

    /// What the authority found instead of the challenge answer.
    async fn what_was_found(&self, order: &mut Order, way: AcmeChallenge) -> Option<Trouble> {
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let Ok(mut authorization) = authorization else { continue };
            if authorization.refresh().await.is_err() {
                continue;
            }
            let name = authorization.identifier().to_string();
            if let Some(problem) = authorization.challenges.iter().find_map(|challenge| challenge.error.as_ref()) {
                return Some(Trouble::not_ours(&name, problem, way, &self.authority));
            }
        }
        None
    }

    fn unknown_reason(&self) -> Trouble {
        Trouble::new(TroubleKind::Challenge, format!("{} refused without a reason", self.authority))
    }
}

/// The certificate request with these names and nothing else.
fn request(names: &[String], key: &KeyPair) -> Result<Vec<u8>, rcgen::Error> {
    let mut params = CertificateParams::new(names.to_vec())?;
    params.distinguished_name = DistinguishedName::new();
    Ok(params.serialize_request(key)?.der().to_vec())
}

/// The certificate that answers a TLS-ALPN-01 challenge (RFC 8737, section 3).
fn proof(name: &str, digest: &[u8]) -> Result<Arc<CertifiedKey>, Box<dyn std::error::Error + Send + Sync>> {
    let mut params = CertificateParams::new([name.to_owned()])?;
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let key = KeyPair::generate()?;
    let chain = vec![params.self_signed(&key)?.der().clone()];
    let key = PrivateKeyDer::try_from(key.serialize_der())?;
    // Not with rustls's own checks: they do not know the extension, which must be a critical one.
    Ok(Arc::new(CertifiedKey::new(chain, ring::sign::any_supported_type(&key)?)))
}

fn patience() -> RetryPolicy {
    RetryPolicy::new().initial_delay(Duration::from_millis(300)).backoff(1.4).timeout(Duration::from_mins(2))
}
