//! Media files of messages. The bridge keeps each file until the daemon has stored it, or until the bridge needs space.

use super::Bridge;
use crate::domain::is_hex;
use reqwest::Method;
use std::time::Duration;
use url::Url;

impl Bridge {
    /// Notifies the bridge that the daemon has stored one of its files, so that the bridge may delete it. A failed
    /// request is only logged: the bridge evicts old files by itself when it needs space.
    pub async fn release_file(&self, address: &str) {
        let Some(url) = self.file_url(address) else { return };
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let released = self.request(Method::DELETE, path, None, RELEASE_TIMEOUT).await;
        match released {
            Ok(answer) => {
                let status = answer.status.as_u16();
                if answer.status.is_success() {
                    tracing::debug!(
                        event = "BRIDGE_FILE_RELEASED",
                        status,
                        "Notified the bridge that file {} is stored: HTTP {status}",
                        url.path()
                    );
                } else {
                    tracing::debug!(
                        event = "BRIDGE_FILE_KEPT",
                        status,
                        "Notified the bridge that file {} is stored, but the bridge keeps it: HTTP {status}",
                        url.path()
                    );
                }
            }
            Err(state) => {
                tracing::debug!(event = "BRIDGE_FILE_KEPT", %state, "Cannot notify the bridge that file {} is stored, so the bridge keeps it: {state}", url.path());
            }
        }
    }

    /// Returns the URL from which the daemon fetches a file of the bridge, or `None` for any other address.
    ///
    /// The bridge builds its URLs from the address on which it listens. That address may differ from the one in the
    /// settings: the bridge resolves `localhost` to `127.0.0.1`, and a container knows only its internal address. A URL
    /// `http://…/media/` with 32 hex digits can only come from the bridge, because files of other senders need https.
    /// Therefore the host of such a URL is replaced by the origin in the settings.
    pub fn file_url(&self, address: &str) -> Option<Url> {
        let url = Url::parse(address).ok()?;
        let own = Url::parse(&self.origin).ok()?;
        if url.origin() == own.origin() {
            return url.path().starts_with(FILES_PATH).then_some(url);
        }
        let id = url.path().strip_prefix(FILES_PATH)?;
        let is_id = id.len() == 32 && is_hex(id.as_bytes());
        let is_plain = url.scheme() == "http" && url.username().is_empty() && url.password().is_none();
        if is_id && is_plain { own.join(url.path()).ok() } else { None }
    }
}

const FILES_PATH: &str = "/media/";
const RELEASE_TIMEOUT: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Secret};

    fn bridge() -> Bridge {
        let mut config = Config::default();
        config.whatsapp.baileys_port = 8123;
        config.whatsapp.webhook_secret = Some(Secret::new("secret"));
        Bridge::new(crate::providers::http_client::build().unwrap(), &config).unwrap()
    }

    fn file_url(address: &str) -> Option<String> {
        bridge().file_url(address).map(String::from)
    }

    #[test]
    fn the_bridge_s_own_files_are_known() {
        let own = "http://127.0.0.1:8123/media/a1?x=2";
        assert_eq!(file_url(own).as_deref(), Some(own));
        for address in [
            "http://127.0.0.1:8124/media/a1",
            "https://127.0.0.1:8123/media/a1",
            "http://127.0.0.1:8123/qr",
            "http://127.0.0.1:8123/media/../logout",
            "http://shop.example/media/a1",
            "a1",
        ] {
            assert_eq!(file_url(address), None, "{address}");
        }
    }

    #[test]
    fn files_are_fetched_from_the_configured_origin() {
        let id = "0123456789abcdef0123456789abcdef";
        for origin in ["http://localhost:8123", "http://[::1]:8123", "http://127.0.0.1:9000", "http://10.88.0.7:8000"] {
            let found = file_url(&format!("{origin}/media/{id}"));
            assert_eq!(found, Some(format!("http://127.0.0.1:8123/media/{id}")), "{origin}");
        }
        for address in [
            format!("https://shop.example/media/{id}"),
            format!("http://shop.example/media/{id}/x"),
            format!("http://shop.example/media/{}", id.to_uppercase()),
            format!("http://shop.example/media/{id}0"),
            format!("http://name:word@shop.example/media/{id}"),
            format!("http://shop.example/x/media/{id}"),
        ] {
            assert_eq!(file_url(&address), None, "{address}");
        }
    }
}
