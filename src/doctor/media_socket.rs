//! Checks that a WebSocket connection reaches the media stream endpoint. Some proxies forward HTTP requests but no
//! WebSockets.

use super::{DoctorContext, Finding, public_address};
use crate::providers::tls_probe::{UpgradeError, probe_websocket};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

const CHECK: &str = "media socket";

pub(super) async fn check(context: Arc<DoctorContext>) -> Vec<Finding> {
    let Some(config) = context.config().filter(|config| config.http.public_address().is_some()) else {
        return vec![Finding::skipped(CHECK, "no public address is set")];
    };
    if context.running().is_none() {
        return vec![Finding::skipped(CHECK, "no daemon runs")];
    }
    let socket_url = format!("{}/ws/twilio-media", config.http.websocket_url());
    let Ok(url) = Url::parse(config.http.base_url()) else { return Vec::new() };
    let Ok(addresses) = public_address::resolve(&url).await else {
        return vec![Finding::skipped(CHECK, "the public address cannot be resolved, see above")];
    };
    for address in addresses {
        match tokio::time::timeout(LIMIT, probe_websocket(&socket_url, address)).await {
            Ok(Ok(())) => return vec![Finding::ok(CHECK, format!("{socket_url} accepts WebSockets"))],
            Ok(Err(UpgradeError::Refused(status))) => {
                let found = format!("{socket_url} refuses WebSockets (HTTP {status}): calls get no live answer");
                let remedy = "configure the proxy to forward the headers Upgrade and Connection, by HTTP/1.1; the admin \
                              guide has the lines for nginx and Caddy";
                return vec![Finding::error(CHECK, found, remedy)];
            }
            Ok(Err(UpgradeError::Failed(_))) | Err(_) => {}
        }
    }
    vec![Finding::skipped(CHECK, "the public address does not answer, see above")]
}

const LIMIT: Duration = Duration::from_secs(8);
