//! Certificate authorities, certificates, and clients that trust them.

use super::{Client, Daemon, Reply, client};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use reqwest::Method;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// The host name of the daemons in these tests.
pub const HOST: &str = "shop.test";

/// A certificate authority for one test.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Authority of the tests");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self { issuer: CertifiedIssuer::self_signed(params, key).unwrap() }
    }

    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// Issues a certificate for these names, valid from January 1 of the first year to January 1 of the second. Returns
    /// the certificate and its key.
    pub fn issue(&self, names: &[&str], (from, until): (i32, i32)) -> (String, String) {
        self.issue_for_days(names, (from, 1, 1), (until, 1, 1))
    }

    /// Issues a certificate that is valid from the first day to the second.
    pub fn issue_for_days(&self, names: &[&str], from: (i32, u8, u8), until: (i32, u8, u8)) -> (String, String) {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = date_time_ymd(from.0, from.1, from.2);
        params.not_after = date_time_ymd(until.0, until.1, until.2);
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }

    /// Issues a valid certificate, and stores it where a daemon with [`own_files`] reads it.
    pub fn equip(&self, folder: &Path) {
        let (chain, key) = self.issue(&[HOST], (2020, 4000));
        put(folder, &chain, &key);
    }

    /// Returns a client configuration that trusts this authority.
    pub fn trusted(&self) -> ClientConfig {
        trusting(self.issuer.der().clone())
    }
}

/// Returns a client configuration that trusts this root, or this certificate itself.
pub fn trusting(root: CertificateDer<'static>) -> ClientConfig {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut roots = RootCertStore::empty();
    roots.add(root).unwrap();
    ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()
}

/// Writes a key and a certificate into their files, the key first, as most programs do.
pub fn put(folder: &Path, chain: &str, key: &str) {
    for (name, content) in [("key.pem", key), ("chain.pem", chain)] {
        let fresh = folder.join(format!("{name}.fresh"));
        std::fs::write(&fresh, content).unwrap();
        std::fs::rename(fresh, folder.join(name)).unwrap();
    }
}

/// Returns the settings of a daemon with its own certificate files in its folder.
pub fn own_files(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "[tls]\ndomain = [\"{HOST}\"]\ncertificate_file = \"{folder}/chain.pem\"\nkey_file = \"{folder}/key.pem\"\n"
    )
}

impl Daemon {
    /// Returns `https://shop.test:port` of the TLS listener.
    pub fn https_url(&self) -> String {
        format!("https://{HOST}:{}", self.https_address().port())
    }

    /// Returns a client of the TLS listener.
    pub fn https_client(&self, tls: ClientConfig) -> Client {
        Client::by_tls(self.https_url(), HOST, self.https_address(), tls)
    }

    /// Sends a request to the plain HTTP listener.
    pub async fn ask_http(&self, host: &str, path: &str) -> Reply {
        let client = Client::new(format!("http://{}", self.http_address()));
        client::send(client.request(Method::GET, path).header("host", host)).await
    }

    /// Opens a TLS connection without sending a request.
    pub async fn handshake(&self, tls: ClientConfig) -> std::io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(self.https_address()).await?;
        let name = HOST.try_into().unwrap();
        tokio_rustls::TlsConnector::from(std::sync::Arc::new(tls)).connect(name, stream).await
    }

    /// Returns what the API reports about certificates.
    pub async fn tls_status(&self) -> serde_json::Value {
        let token = tokio::task::block_in_place(|| self.token("owner"));
        self.client().with_token(&token).get("/api/tls").await.json()
    }
}
