//! The WhatsApp test server, and the simulated phones of the contacts and the business.

use super::node_process::{NodeProcess, OnDrop, OutputLines};
use super::{HarnessError, Programs};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// A WhatsApp test server on loopback with one business account. When this value is dropped, the process removes its
/// files and exits.
pub struct WhatsAppServer {
    node: NodeProcess,
    http: reqwest::Client,
    pub(super) endpoints: Endpoints,
}

/// The line that the server prints when it listens.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Endpoints {
    pub(super) url: String,
    pub(super) control: String,
    pub(super) root_key: String,
    pub(super) media_ca: String,
    pub(super) media_host: String,
}

/// A contact on WhatsApp.
#[derive(Clone, Copy, Debug)]
pub struct WhatsAppUser {
    /// The phone number in digits.
    pub number: &'static str,
    /// The contact's profile name.
    pub name: &'static str,
}

impl WhatsAppServer {
    /// Starts the server, and waits until it listens.
    ///
    /// # Errors
    /// If Node cannot be started, or the server does not start to listen.
    pub async fn start(programs: &Programs) -> Result<Self, HarnessError> {
        let output = OutputLines::default();
        let environment = [("PATH", programs.path.clone())];
        let mut node =
            NodeProcess::start(WHAT, &programs.node, &[&programs.server], &environment, &output, OnDrop::CloseInput)?;
        let endpoints = node.wait_for_line(0, |line| serde_json::from_str(line).ok()).await?;
        // An error means that a provider is already installed, which is sufficient.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(15)).build()?;
        Ok(Self { node, http, endpoints })
    }

    /// Sends a POST request to the server's control interface. The README in `bridge/test/wa-server` describes the
    /// requests.
    ///
    /// # Errors
    /// If the server refuses the request or is not running.
    pub async fn call(&self, path: &str, body: &Value) -> Result<Value, HarnessError> {
        let url = format!("{}{path}", self.endpoints.control);
        let response = self.http.post(url).json(body).send().await?;
        answer(path, response).await
    }

    /// Returns the whole state of the server: `connected`, `logins`, `registrations`, `inbound`, `outbound`, …
    ///
    /// # Errors
    /// If the server is not running.
    pub async fn state(&self) -> Result<Value, HarnessError> {
        let response = self.http.get(format!("{}/state", self.endpoints.control)).send().await?;
        answer("/state", response).await
    }

    /// Scans the QR code with the business's phone.
    ///
    /// # Errors
    /// If the code cannot be paired.
    pub async fn scan(&self, qr: &str) -> Result<Value, HarnessError> {
        self.call("/scan", &json!({ "qr": qr })).await
    }

    /// Sends a message from a contact to the business. Returns the id of the message.
    ///
    /// # Errors
    /// The errors of [`WhatsAppServer::call`]. The server also refuses the request while no device is linked.
    pub async fn writes(&self, contact: WhatsAppUser, text: &str) -> Result<String, HarnessError> {
        let WhatsAppUser { number, name } = contact;
        id(&self.call("/inbound", &json!({ "from": number, "name": name, "text": text })).await?)
    }

    /// Sends a file from a contact to the business. `kind` is `image`, `audio`, …; `more` contains further fields of
    /// the file, such as `ptt` for a voice note. Returns the id of the message.
    ///
    /// # Errors
    /// The errors of [`WhatsAppServer::writes`].
    pub async fn sends_file(
        &self,
        contact: WhatsAppUser,
        kind: &str,
        mime: &str,
        content: &[u8],
        more: &Value,
    ) -> Result<String, HarnessError> {
        let mut media = json!({ "kind": kind, "mimetype": mime, "base64": STANDARD.encode(content) });
        for (name, value) in more.as_object().into_iter().flatten() {
            media[name] = value.clone();
        }
        let WhatsAppUser { number, name } = contact;
        id(&self.call("/inbound", &json!({ "from": number, "name": name, "media": media })).await?)
    }

    /// Sends a message from the phone of the business to a contact. Returns the id of the message.
    ///
    /// # Errors
    /// The errors of [`WhatsAppServer::writes`].
    pub async fn writes_from_phone(&self, to: WhatsAppUser, text: &str) -> Result<String, HarnessError> {
        id(&self.call("/from-phone", &json!({ "to": to.number, "text": text })).await?)
    }

    /// Returns the texts on the contact's phone, from top to bottom. A text that the phone showed twice is listed
    /// twice.
    ///
    /// # Errors
    /// If the server is not running.
    pub async fn shown_to(&self, number: &str) -> Result<Vec<String>, HarnessError> {
        let state = self.state().await?;
        let messages = state["outbound"].as_array().into_iter().flatten();
        Ok(shown(messages.filter(|message| message["phone"] == number)))
    }

    /// Returns the id of the server's process.
    pub fn process_id(&self) -> Option<u32> {
        self.node.id()
    }

    /// Asks the process to exit, and waits. Kills it after ten seconds.
    pub async fn stop(self) {
        self.node.stop().await;
    }
}

async fn answer(path: &str, response: reqwest::Response) -> Result<Value, HarnessError> {
    let status = response.status();
    let body: Value = response.json().await?;
    if status.is_success() {
        Ok(body)
    } else {
        Err(HarnessError::Refused { call: path.to_owned(), answer: body.to_string() })
    }
}

/// Returns the texts on a phone's screen. For a message that it cannot decrypt, a phone shows a placeholder and
/// requests the message again. When the message arrives again, the phone shows it in place of the placeholder.
fn shown<'a>(messages: impl Iterator<Item = &'a Value>) -> Vec<String> {
    let mut places: Vec<(&Value, Vec<String>)> = Vec::new();
    for message in messages.filter(|message| message["duplicate"] == false) {
        let text = message["text"].as_str().map(str::to_owned);
        match places.iter_mut().find(|(id, _)| **id == message["id"]) {
            Some((_, texts)) => texts.extend(text),
            None => places.push((&message["id"], text.into_iter().collect())),
        }
    }
    places.into_iter().flat_map(|(_, texts)| texts).collect()
}

fn id(answer: &Value) -> Result<String, HarnessError> {
    match answer["id"].as_str() {
        Some(id) => Ok(id.to_owned()),
        None => Err(HarnessError::Refused { call: "a message".to_owned(), answer: answer.to_string() }),
    }
}

const WHAT: &str = "the WhatsApp test server";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_is_requested_again_keeps_its_place() {
        let messages = [
            json!({ "id": "1", "text": "first", "duplicate": false }),
            json!({ "id": "2", "duplicate": false }),
            json!({ "id": "3", "text": "third", "duplicate": false }),
            json!({ "id": "2", "text": "second", "duplicate": false }),
            json!({ "id": "3", "text": "third", "duplicate": true }),
        ];
        assert_eq!(shown(messages.iter()), ["first", "second", "third"]);
    }

    #[test]
    fn a_message_that_is_shown_twice_is_listed_twice() {
        let message = json!({ "id": "1", "text": "first", "duplicate": false });
        assert_eq!(shown([&message, &message].into_iter()), ["first", "first"]);
    }
}
