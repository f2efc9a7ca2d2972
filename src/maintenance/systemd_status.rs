//! The status line of `systemctl status`.

use crate::config::Reloadable;
use crate::domain::PageUrls;
use crate::host::systemd_notify;
use crate::providers::baileys::bridge::LinkState;
use crate::runtime::Settings;
use crate::runtime::calls::Calls;
use crate::runtime::outbox::Outbox;
use std::time::Duration;

/// Cheap to clone.
#[derive(Clone)]
pub struct StatusLine {
    pub settings: Settings,
    pub calls: Calls,
    pub outbox: Outbox,
    pub pages: Reloadable<PageUrls>,
}

impl StatusLine {
    pub fn text(&self) -> String {
        let calls = match self.calls.count() {
            0 => String::new(),
            count => format!("{}, ", calls_in_words(count)),
        };
        let whatsapp = match self.outbox.bridge() {
            None => "",
            Some(LinkState::Connected) => "WhatsApp connected, ",
            Some(_) => "WhatsApp not connected, ",
        };
        let settings = if self.settings.config().rejected.is_empty() { "" } else { REJECTED };
        format!("Answering{settings}: {calls}{whatsapp}the page is at {}", self.pages.current().best)
    }

    /// Never returns; the caller stops it by dropping the future.
    pub async fn run(self) {
        let mut shown = String::new();
        loop {
            let text = self.text();
            if text != shown {
                systemd_notify::status(&text);
                shown = text;
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }

    /// For the time while the daemon waits for active calls to end. Never returns; the caller stops it by dropping the
    /// future.
    pub async fn run_while_draining(self) {
        let mut shown = 0;
        loop {
            let count = self.calls.count();
            if count != shown && count > 0 {
                let verb = if count == 1 { "is" } else { "are" };
                systemd_notify::status(&format!("Stopping: {} {verb} ending", calls_in_words(count)));
                shown = count;
            }
            tokio::time::sleep(DRAIN_INTERVAL).await;
        }
    }
}

fn calls_in_words(count: usize) -> String {
    if count == 1 { "1 call".to_owned() } else { format!("{count} calls") }
}

const REJECTED: &str =
    " with the last settings that worked, as `agentlocator config check` finds errors in those that are set";
const INTERVAL: Duration = Duration::from_secs(3);
const DRAIN_INTERVAL: Duration = Duration::from_millis(250);
