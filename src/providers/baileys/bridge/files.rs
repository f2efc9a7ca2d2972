//! Files of messages that the bridge keeps until we have them.

use super::Bridge;
use reqwest::Method;
use std::time::Duration;
use url::Url;

impl Bridge {
    /// Tells the bridge that a file of its own is on our disk, so that it need not keep it. Nothing depends on it: a
    /// bridge that does not hear of it makes room for itself in the end.
    pub async fn release_file(&self, address: &str) {
        let Some(path) = self.own_file(address) else { return };
        let released = self.ask(Method::DELETE, &path, None, RELEASE).await;
        match released {
            Ok(answer) => {
                let status = answer.status.as_u16();
                tracing::debug!(event = "BRIDGE_FILE_RELEASED", status, "The bridge need not keep a file");
            }
            Err(state) => tracing::debug!(event = "BRIDGE_FILE_KEPT", %state, "The bridge still keeps a file"),
        }
    }

    /// The path of a file of the bridge; none of any other address.
    fn own_file(&self, address: &str) -> Option<String> {
        let url = Url::parse(address).ok()?;
        let own = Url::parse(&self.origin).ok()?;
        let is_file = url.origin() == own.origin() && url.path().starts_with(FILES);
        is_file.then(|| url[url::Position::BeforePath..url::Position::AfterQuery].to_owned())
    }
}

const FILES: &str = "/media/";
const RELEASE: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Secret};

    #[test]
    fn only_the_bridge_s_own_files_are_released() {
        let mut config = Config::default();
        config.whatsapp.baileys_port = 8123;
        config.whatsapp.webhook_secret = Some(Secret::new("secret"));
        let client = crate::providers::http_client::build().unwrap();
        let bridge = Bridge::new(client, &config);
        assert_eq!(bridge.own_file("http://127.0.0.1:8123/media/a1?x=2").as_deref(), Some("/media/a1?x=2"));
        for address in [
            "http://127.0.0.1:8124/media/a1",
            "https://127.0.0.1:8123/media/a1",
            "http://127.0.0.1:8123/qr",
            "http://127.0.0.1:8123/media/../logout",
            "http://shop.example/media/a1",
            "a1",
        ] {
            assert_eq!(bridge.own_file(address), None, "{address}");
        }
    }
}
