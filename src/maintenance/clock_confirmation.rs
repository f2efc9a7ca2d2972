//! Confirms this machine's clock by the clocks of other servers.

use crate::config::Config;
use crate::host::clock_check::{self, ClockReading};
use crate::host::clock_floor;
use rustls::RootCertStore;

/// Compares the clock with Twilio's, or with OpenAI's if Twilio does not answer. `None` if neither is in use, has an
/// HTTPS address and answers.
pub(super) async fn measure(config: &Config) -> Option<ClockReading> {
    let twilio = config.twilio.credentials().map(|_| config.twilio.api_base_url.as_str());
    let openai = config.openai.key().map(|_| config.openai.base_url.as_str());
    let (twilio, openai) = tokio::join!(measure_at(twilio), measure_at(openai));
    twilio.or(openai)
}

async fn measure_at(url: Option<&str>) -> Option<ClockReading> {
    let url = url.filter(|url| url.starts_with("https://"))?;
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    clock_check::measure(url, roots).await.ok()
}

/// Returns true if another server's clock agrees, or, if none answers, if a time server has set the clock.
pub async fn is_confirmed(config: &Config) -> bool {
    match measure(config).await {
        Some(reading) => reading.is_right(),
        None => clock_floor::is_kernel_synchronised().await,
    }
}
