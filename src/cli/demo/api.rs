//! A client for the HTTP API of the CRM.

use anyhow::{Context, bail};
use serde_json::Value;

#[derive(Clone)]
pub(super) struct Api {
    client: reqwest::Client,
    base_url: String,
    token: String,
}

impl Api {
    pub(super) fn new(base_url: String, token: String) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder().no_proxy().timeout(std::time::Duration::from_secs(10)).build()?;
        Ok(Self { client, base_url, token })
    }

    /// Any status other than 2xx is an error.
    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let request = self.client.get(format!("{}{path}", self.base_url)).bearer_auth(&self.token);
        let response = request.send().await.with_context(|| path.to_owned())?;
        let status = response.status();
        if !status.is_success() {
            bail!("{path} answered {status}");
        }
        Ok(response.json().await?)
    }

    pub(super) async fn file(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        let response = self.client.get(format!("{}{path}", self.base_url)).bearer_auth(&self.token).send().await?;
        Ok(response.error_for_status()?.bytes().await?.to_vec())
    }

    /// Requests the first 64 bytes of the file at `path`. Returns the HTTP status, the total length of the file, and
    /// the bytes.
    pub(super) async fn range(&self, path: &str) -> anyhow::Result<(u16, u64, Vec<u8>)> {
        let request = self.client.get(format!("{}{path}", self.base_url)).bearer_auth(&self.token);
        let response = request.header("Range", "bytes=0-63").send().await?;
        let status = response.status().as_u16();
        let range = response.headers().get("content-range").and_then(|range| range.to_str().ok()).unwrap_or_default();
        let length = range.rsplit('/').next().and_then(|length| length.parse().ok()).unwrap_or(0);
        Ok((status, length, response.bytes().await?.to_vec()))
    }

    pub(super) async fn send(&self, key: &str, body: &Value) -> anyhow::Result<(u16, Value)> {
        let request = self.client.post(format!("{}/api/whatsapp/send", self.base_url)).bearer_auth(&self.token);
        let response = request.header("Idempotency-Key", key).json(body).send().await?;
        Ok((response.status().as_u16(), response.json().await?))
    }

    /// Returns the items of all pages of a list. `name` is the JSON field with the items of a page, and `cursor` the
    /// query parameter for the cursor of the next page.
    pub(super) async fn all(&self, path: &str, name: &str, cursor: &str) -> anyhow::Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut next = path.to_owned();
        loop {
            let page = self.get(&next).await?;
            items.extend(page[name].as_array().cloned().unwrap_or_default());
            match page["next_cursor"].as_str() {
                Some(place) => next = format!("{path}{}{cursor}={place}", if path.contains('?') { '&' } else { '?' }),
                None => return Ok(items),
            }
        }
    }

    pub(super) async fn call(&self, call_sid: &str) -> anyhow::Result<Option<Value>> {
        let calls = self.all("/api/calls", "calls", "cursor").await?;
        match calls.iter().find(|call| call["call_sid"] == call_sid) {
            Some(call) => Ok(Some(self.get(&format!("/api/calls/{}", call["id"])).await?)),
            None => Ok(None),
        }
    }

    pub(super) async fn messages_with(&self, number: &str) -> anyhow::Result<Vec<Value>> {
        let threads = self.all("/api/threads?type=whatsapp", "threads", "cursor").await?;
        let mut messages = Vec::new();
        for thread in threads.iter().filter(|thread| thread["peer_number"] == number) {
            messages.extend(self.all(&format!("/api/threads/{}/messages", thread["id"]), "messages", "before").await?);
        }
        messages.sort_by_key(|message| message["id"].as_i64());
        Ok(messages)
    }

    /// In the order of the messages' ids. Each item contains the kind and the content of a file.
    pub(super) async fn files_of(&self, number: &str) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
        let mut files = Vec::new();
        for message in self.messages_with(number).await? {
            if let Some(url) = message["media_url"].as_str().filter(|url| url.starts_with('/')) {
                let kind = message["media_kind"].as_str().unwrap_or_default().to_owned();
                files.push((kind, self.file(url).await?));
            }
        }
        Ok(files)
    }

    pub(super) async fn first_file_of(&self, number: &str) -> anyhow::Result<Option<Vec<u8>>> {
        Ok(self.files_of(number).await?.into_iter().next().map(|(_, content)| content))
    }
}
