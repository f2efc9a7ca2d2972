//! The HTTP client for requests to a certificate authority. The client also stores the `Retry-After` header.

use crate::clock;
use crate::domain::{Cause, Causes};
use crate::providers::http_client;
use crate::providers::tls_probe::http_date;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER, USER_AGENT};
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use reqwest::StatusCode;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Clones share the stored header.
#[derive(Clone)]
pub(super) struct AcmeHttpClient {
    client: reqwest::Client,
    retry_after: Arc<Mutex<Option<Duration>>>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum AcmeHttpError {
    #[error("no connection")]
    Transport(#[from] reqwest::Error),
    #[error("it answered {0}, which is not an ACME answer")]
    NotAcme(StatusCode),
    #[error("its answer is too long")]
    TooLong,
}

impl AcmeHttpClient {
    /// The client trusts these root certificates.
    pub(super) fn new(roots: RootCertStore) -> Result<Self, reqwest::Error> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let tls = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        Ok(Self { client: http_client::builder_with_tls(tls).timeout(TIMEOUT).build()?, retry_after: Arc::default() })
    }

    /// The `Retry-After` value of the last rejection. Clears the value.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        self.retry_after.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    async fn send(self, request: hyper::Request<BodyWrapper<Bytes>>) -> Result<BytesResponse, AcmeHttpError> {
        let (mut parts, body) = request.into_parts();
        // The client sets its own `User-Agent`.
        parts.headers.remove(USER_AGENT);
        let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let request = self.client.request(parts.method, parts.uri.to_string()).headers(parts.headers).body(body);
        let mut response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > MAX_RESPONSE_BYTES {
                return Err(AcmeHttpError::TooLong);
            }
        }
        if status.is_client_error() || status.is_server_error() {
            *self.retry_after.lock().unwrap_or_else(PoisonError::into_inner) = retry_after(&headers);
            if !headers.get(CONTENT_TYPE).is_some_and(|kind| kind.to_str().is_ok_and(|kind| kind.contains("json"))) {
                return Err(AcmeHttpError::NotAcme(status));
            }
        }
        let mut converted = hyper::Response::new(Full::new(Bytes::from(bytes)));
        (*converted.status_mut(), *converted.headers_mut()) = (status, headers);
        Ok(BytesResponse::from(converted))
    }
}

impl HttpClient for AcmeHttpClient {
    fn request(
        &self,
        request: hyper::Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let client = self.clone();
        Box::pin(async move { client.send(request).await.map_err(|error| Error::Other(Box::new(error))) })
    }
}

impl AcmeHttpError {
    pub(super) fn causes(&self) -> Causes {
        match self {
            Self::Transport(error) => http_client::causes(error),
            Self::NotAcme(status) => Cause::AcmeAnswer { status: status.as_u16().into() }.into(),
            Self::TooLong => Cause::AcmeTooLong.into(),
        }
    }

    /// Returns true if the server's certificate would be valid at another time.
    pub(super) fn is_validity_error(&self) -> bool {
        matches!(
            http_client::tls_error(self),
            Some(rustls::Error::InvalidCertificate(
                CertificateError::Expired
                    | CertificateError::ExpiredContext { .. }
                    | CertificateError::NotValidYet
                    | CertificateError::NotValidYetContext { .. }
            ))
        )
    }
}

/// The built-in root certificates, and those in the file.
pub(super) fn roots(file: Option<&Path>) -> Result<RootCertStore, Causes> {
    let mut roots = http_client::built_in_roots();
    if let Some(file) = file {
        let unusable = |cause: Causes| Cause::PemUnusable { file: file.display().to_string() }.because(cause);
        let problem = |error: pem::Error| match error {
            pem::Error::Io(error) => unusable((&error).into()),
            error => unusable(Cause::other(error.to_string()).into()),
        };
        let certificates = CertificateDer::pem_file_iter(file).map_err(problem)?;
        let certificates: Vec<_> = certificates.collect::<Result<_, _>>().map_err(problem)?;
        if roots.add_parsable_certificates(certificates).0 == 0 {
            return Err(unusable(Cause::PemNoCertificate.into()));
        }
    }
    Ok(roots)
}

/// RFC 9110, section 10.2.3: seconds or a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = value.parse().map(Duration::from_secs).ok();
    seconds.or_else(|| http_date(value).map(|at| at.since(clock::now())))
}

const TIMEOUT: Duration = Duration::from_secs(30);

/// In bytes. Certificate chains have a few KiB.
const MAX_RESPONSE_BYTES: usize = 1 << 20;
