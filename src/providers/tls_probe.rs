//! Reads a server's certificate even if it is invalid, so that the problem can be diagnosed.
//!
//! The connection is opened even if the certificate is not trusted, so no secret may be sent over it.

use super::tls_crypto::install_crypto;
use crate::domain::Timestamp;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{VerifierBuilderError, WebPkiServerVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::{Connector, client_async_tls_with_config, tungstenite};

#[derive(Clone, Debug)]
pub struct TlsProbe {
    /// The certificate chain (DER) in the server's order, with the server's own certificate first.
    pub chain: Vec<Vec<u8>>,
    /// The error of normal verification with the built-in roots, or `None` if the certificate is valid.
    pub verification_error: Option<String>,
    /// The time of the server's clock, from the `Date` header of its response.
    pub date: Option<Timestamp>,
}

#[derive(Debug, thiserror::Error)]
pub enum TlsProbeError {
    #[error("no connection")]
    Connect(#[source] io::Error),
    #[error("no TLS: {0}")]
    Handshake(#[source] io::Error),
    #[error("{0} is not a valid server name")]
    Name(String),
    #[error("the certificate verifier cannot be created")]
    Verifier(#[from] VerifierBuilderError),
}

/// Probes the server at `address` under the name `host`. The caller must apply a timeout.
pub async fn probe(host: &str, address: SocketAddr) -> Result<TlsProbe, TlsProbeError> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(bare.to_owned()).map_err(|_| TlsProbeError::Name(host.to_owned()))?;
    let verifier = RecordingVerifier::new()?;
    let connector = TlsConnector::from(Arc::new(config(verifier.clone())));
    let stream = TcpStream::connect(address).await.map_err(TlsProbeError::Connect)?;
    let mut stream = connector.connect(name, stream).await.map_err(TlsProbeError::Handshake)?;
    let seen = verifier.seen.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
    let request = format!("HEAD /livez HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let mut head = Vec::new();
    // The date is optional: without a response, the probe still returns the certificate.
    if stream.write_all(request.as_bytes()).await.is_ok() {
        let _ = stream.take(MAX_HEAD).read_to_end(&mut head).await;
    }
    Ok(TlsProbe { chain: seen.0, verification_error: seen.1, date: date_of_head(&String::from_utf8_lossy(&head)) })
}

#[derive(Debug, thiserror::Error)]
pub enum UpgradeError {
    /// The server answered with this HTTP status instead of the upgrade.
    #[error("HTTP {0}")]
    Refused(u16),
    #[error("no answer")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Opens a WebSocket at `address` without certificate verification, and closes it immediately. The caller must apply a
/// timeout.
pub async fn probe_websocket(url: &str, address: SocketAddr) -> Result<(), UpgradeError> {
    let stream = TcpStream::connect(address).await.map_err(|error| UpgradeError::Failed(error.into()))?;
    let tls = insecure_config().map_err(|error| UpgradeError::Failed(error.into()))?;
    let connector = Connector::Rustls(Arc::new(tls));
    match client_async_tls_with_config(url, stream, None, Some(connector)).await {
        Ok((mut socket, _)) => {
            let _ = socket.close(None).await;
            Ok(())
        }
        Err(tungstenite::Error::Http(response)) => Err(UpgradeError::Refused(response.status().as_u16())),
        Err(error) => Err(UpgradeError::Failed(error.into())),
    }
}

/// Returns a TLS configuration that accepts any certificate.
pub(super) fn insecure_config() -> Result<ClientConfig, TlsProbeError> {
    Ok(config(RecordingVerifier::new()?))
}

fn config(verifier: Arc<RecordingVerifier>) -> ClientConfig {
    ClientConfig::builder().dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
}

/// Parses an HTTP date (RFC 9110, 5.6.7).
pub fn http_date(text: &str) -> Option<Timestamp> {
    let date = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
    Some(Timestamp::from_millis(date.timestamp().as_millisecond()))
}

fn date_of_head(head: &str) -> Option<Timestamp> {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    fields.find(|(name, _)| name.eq_ignore_ascii_case("date")).and_then(|(_, value)| http_date(value))
}

/// A certificate verifier that records the chain and the result of normal verification, and accepts every certificate.
#[derive(Debug)]
struct RecordingVerifier {
    verifier: Arc<WebPkiServerVerifier>,
    seen: Mutex<Option<Seen>>,
}

type Seen = (Vec<Vec<u8>>, Option<String>);

impl RecordingVerifier {
    fn new() -> Result<Arc<Self>, TlsProbeError> {
        install_crypto();
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let verifier = WebPkiServerVerifier::builder(Arc::new(roots)).build()?;
        Ok(Arc::new(Self { verifier, seen: Mutex::default() }))
    }
}

impl ServerCertVerifier for RecordingVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verification_error = self.verifier.verify_server_cert(end_entity, intermediates, name, ocsp, now).err();
        let chain =
            std::iter::once(end_entity).chain(intermediates).map(|certificate| certificate.as_ref().to_vec()).collect();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = Some((chain, verification_error.map(|verification_error| verification_error.to_string())));
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        end_entity: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls12_signature(message, end_entity, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        end_entity: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls13_signature(message, end_entity, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}

/// The maximum length of a response head that is read.
const MAX_HEAD: u64 = 16 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_found_in_an_answer() {
        let head = "HTTP/1.1 301 Moved\r\nServer: x\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n";
        assert_eq!(date_of_head(head), Some(Timestamp::from_millis(784_111_777_000)));
        assert_eq!(date_of_head("HTTP/1.1 200 OK\r\n\r\n"), None);
        assert_eq!(http_date("yesterday"), None);
    }
}
