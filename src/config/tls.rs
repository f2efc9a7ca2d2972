//! `[tls]`: certificates, and the listeners that use them.

use super::parser::{
    base_url, boolean, choice, host_names, key_id, listen_address, mail_address, optional, path, readable_file, secret,
};
use super::setting::{Section, Setting};
use super::{BaseUrl, Secret};
use crate::domain::text_enum;
use serde::Serialize;
use std::net::SocketAddr;
use std::path::PathBuf;

text_enum! {
    /// The challenge type by which the authority validates a name.
    AcmeChallenge {
        /// The first type that succeeds.
        Auto = "auto",
        /// A file on port 80 (RFC 8555, section 8.3).
        Http01 = "http-01",
        /// A certificate on port 443 (RFC 8737).
        TlsAlpn01 = "tls-alpn-01",
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TlsConfig {
    /// The host names of this machine. The first name determines the public base URL if none is set.
    pub domain: Vec<String>,
    /// The plain HTTP listener for the authority's validation requests and for browsers that do not use TLS. `None`
    /// means port 80, if TLS is in use and the port is available.
    pub http_listen: Option<SocketAddr>,
    /// The TLS listener; `None` means port 443, if TLS is in use and the port is available.
    pub https_listen: Option<SocketAddr>,
    /// Whether to obtain certificates from an authority; `None` means yes if a domain is set and no certificate files
    /// are set.
    pub acme: Option<bool>,
    /// The authority's directory URL.
    pub acme_directory_url: BaseUrl,
    /// A file with additional root certificates that are trusted for connections to the certificate authority.
    pub acme_ca_file: Option<PathBuf>,
    /// The contact address to which the authority may send messages.
    pub acme_contact: Option<String>,
    pub acme_challenge: AcmeChallenge,
    /// The id of the external account at the authority, if it requires one.
    pub acme_eab_key_id: Option<String>,
    /// The HMAC key of the external account, in base64url. Environment variable: `ACME_EAB_HMAC_KEY`.
    pub acme_eab_hmac_key: Option<Secret>,
    /// A file with a certificate that is not obtained by ACME, followed by its chain, in PEM format.
    pub certificate_file: Option<PathBuf>,
    /// The file with the private key of that certificate, in PEM format.
    pub key_file: Option<PathBuf>,
}

impl Default for TlsConfig {
    fn default() -> Self {
        Self {
            domain: Vec::new(),
            http_listen: None,
            https_listen: None,
            acme: None,
            acme_directory_url: BaseUrl::from_static("https://acme-v02.api.letsencrypt.org/directory"),
            acme_ca_file: None,
            acme_contact: None,
            acme_challenge: AcmeChallenge::Auto,
            acme_eab_key_id: None,
            acme_eab_hmac_key: None,
            certificate_file: None,
            key_file: None,
        }
    }
}

impl TlsConfig {
    pub fn is_configured(&self) -> bool {
        self.uses_acme() || self.own_files().is_some()
    }

    /// If certificate files are set too, only the files are used.
    pub fn uses_acme(&self) -> bool {
        self.acme.unwrap_or(self.certificate_file.is_none()) && !self.domain.is_empty()
    }

    pub fn own_files(&self) -> Option<(PathBuf, PathBuf)> {
        self.certificate_file.clone().zip(self.key_file.clone())
    }
}

pub(super) fn settings() -> Vec<Setting<TlsConfig>> {
    let tls = Section::<TlsConfig>::new();
    vec![
        tls.setting("tls.domain", |c| &mut c.domain, host_names()).requires_restart(),
        tls.setting("tls.http_listen", |c| &mut c.http_listen, optional(listen_address())).requires_restart(),
        tls.setting("tls.https_listen", |c| &mut c.https_listen, optional(listen_address())).requires_restart(),
        tls.setting("tls.acme", |c| &mut c.acme, optional(boolean())).requires_restart(),
        tls.setting("tls.acme_directory_url", |c| &mut c.acme_directory_url, base_url()).requires_restart(),
        tls.setting("tls.acme_ca_file", |c| &mut c.acme_ca_file, optional(readable_file())).requires_restart(),
        tls.setting("tls.acme_contact", |c| &mut c.acme_contact, optional(mail_address())).requires_restart(),
        tls.setting("tls.acme_challenge", |c| &mut c.acme_challenge, choice(AcmeChallenge::ALL, AcmeChallenge::as_str))
            .requires_restart(),
        tls.setting("tls.acme_eab_key_id", |c| &mut c.acme_eab_key_id, optional(key_id())).requires_restart(),
        tls.secret_setting("tls.acme_eab_hmac_key", |c| &mut c.acme_eab_hmac_key, optional(secret()))
            .env("ACME_EAB_HMAC_KEY")
            .requires_restart(),
        tls.setting("tls.certificate_file", |c| &mut c.certificate_file, optional(path())).requires_restart(),
        tls.setting("tls.key_file", |c| &mut c.key_file, optional(path())).requires_restart(),
    ]
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, load};

    fn read(toml: &str) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        std::fs::write(&file, toml).unwrap();
        load(Some(&file), &|_| None).map_err(|errors| errors.to_string())
    }

    #[test]
    fn a_name_is_all_that_is_needed() {
        let config = read("[tls]\ndomain = \"Shop.Example.\"\n").unwrap();
        assert!(config.tls.uses_acme() && config.tls.is_configured());
        assert_eq!(config.http.base_url(), "https://shop.example");
        assert_eq!(config.http.websocket_url(), "wss://shop.example");
        let config =
            read("[http]\npublic_base_url = \"https://a.example\"\n[tls]\ndomain = [\"b.example\"]\n").unwrap();
        assert_eq!(config.http.public_address(), Some("https://a.example"));
        assert!(!Config::default().tls.is_configured() && Config::default().http.public_address().is_none());
    }

    #[test]
    fn contradictory_settings_are_reported() {
        for (settings, message) in [
            ("domain = [\"https://shop.example\"]", "which is an address; give the name alone"),
            ("domain = [\"*.shop.example\"]", "which is a wildcard"),
            ("domain = [\"192.0.2.7\"]", "which is an IP address"),
            ("domain = [\"a.example\", \"A.example\"]", "names A.example twice"),
            ("certificate_file = \"/x/chain.pem\"", "tls.certificate_file: is set without tls.key_file"),
            ("acme_eab_hmac_key = \"abc\"", "tls.acme_eab_hmac_key: is set without tls.acme_eab_key_id"),
            ("https_listen = \"0.0.0.0:8080\"", "which http.listen ([::]:8080) takes already"),
            ("http_listen = \"127.0.0.1:81\"\nhttps_listen = \"127.0.0.1:81\"", "which tls.http_listen"),
            ("acme_directory_url = \"http://ca.example/dir\"", "plain http to another machine"),
            ("acme_challenge = \"dns-01\"", "auto, http-01, tls-alpn-01"),
        ] {
            let error = read(&format!("[tls]\n{settings}\n")).unwrap_err();
            assert!(error.contains(message), "{settings}: {error}");
        }
        let error = read("[http]\ntrusted_proxies = [\"10.1.0.0/8\"]\n").unwrap_err();
        assert!(error.contains("the network is 10.0.0.0"), "{error}");
    }
}
