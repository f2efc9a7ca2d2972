//! A synthesiser behind `/audio/speech`.

use super::parts::{PartEvent, Spoken, Synthesiser};
use crate::audio::{Downsampler, EncodedAudio};
use crate::config::Config;
use crate::pipeline::{ClauseId, SpeechEvent};
use crate::providers::http_client;
use crate::providers::openai::speech as wire;
use futures_util::future::BoxFuture;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::{AbortHandle, JoinSet};

/// The most that a clause may take; the session gives up a silent one much earlier.
const LIMIT: Duration = Duration::from_secs(30);
/// How many pieces of audio wait for the call.
const BUFFER: usize = 64;

/// A server with OpenAI's `/audio/speech`.
pub(super) struct SpeechServer {
    config: Arc<Config>,
    client: reqwest::Client,
    is_reported: bool,
    /// The running requests; they are aborted with this set.
    tasks: JoinSet<()>,
    running: HashMap<ClauseId, AbortHandle>,
    sender: Sender<Spoken>,
    receiver: Receiver<Spoken>,
}

impl SpeechServer {
    pub(super) fn new(config: Arc<Config>, client: reqwest::Client) -> Self {
        let (sender, receiver) = mpsc::channel(BUFFER);
        let (tasks, running) = (JoinSet::new(), HashMap::new());
        Self { config, client, is_reported: false, tasks, running, sender, receiver }
    }
}

impl Synthesiser for SpeechServer {
    fn speak(&mut self, clause: ClauseId, text: &str) {
        while self.tasks.try_join_next().is_some() {}
        let (config, client, sender) = (self.config.clone(), self.client.clone(), self.sender.clone());
        let text = text.to_owned();
        let task = self.tasks.spawn(async move {
            let last = match speak(&config, &client, &text, clause, &sender).await {
                Ok(()) => SpeechEvent::Done,
                Err(failed) => failed,
            };
            let _ = sender.send((clause, last)).await;
        });
        self.running.insert(clause, task);
    }

    fn stop(&mut self, clause: ClauseId) {
        if let Some(task) = self.running.remove(&clause) {
            task.abort();
        }
    }

    fn try_flush(&mut self) {}

    fn next(&mut self) -> BoxFuture<'_, PartEvent<Spoken>> {
        Box::pin(async move {
            if !std::mem::replace(&mut self.is_reported, true) {
                return PartEvent::Ready;
            }
            match self.receiver.recv().await {
                Some((clause, event)) => {
                    if !matches!(event, SpeechEvent::Audio(_)) {
                        self.running.remove(&clause);
                    }
                    PartEvent::Event((clause, event))
                }
                // The channel never ends, since this holds a sender itself.
                None => std::future::pending().await,
            }
        })
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

async fn speak(
    config: &Config,
    client: &reqwest::Client,
    text: &str,
    clause: ClauseId,
    sender: &Sender<Spoken>,
) -> Result<(), SpeechEvent> {
    let failed = |retry, reason: String| SpeechEvent::Failed { retry, retry_after: None, reason };
    let lost = |error: reqwest::Error| failed(true, format!("synthesiser: {}", http_client::root_cause(&error)));
    let pipeline = &config.pipeline;
    let Some(base_url) = &pipeline.speech_base_url else {
        return Err(failed(false, "pipeline.speech_base_url is not set".to_owned()));
    };
    let request = client.post(format!("{base_url}/audio/speech")).json(&wire::body(pipeline, text));
    let request = match pipeline.speech_api_key.as_ref().filter(|key| !key.is_empty()) {
        Some(key) => request.bearer_auth(key.expose()),
        None => request,
    };
    let mut response = request.timeout(LIMIT).send().await.map_err(lost)?;
    let status = response.status();
    if !status.is_success() {
        let retry = matches!(status.as_u16(), 408 | 429 | 500..);
        return Err(failed(retry, format!("synthesiser: HTTP {}", status.as_u16())));
    }
    let mut downsampler = Downsampler::new(pipeline.speech_sample_rate);
    while let Some(chunk) = response.chunk().await.map_err(lost)? {
        send(sender, clause, &downsampler.push(&chunk)).await;
    }
    send(sender, clause, &downsampler.finish()).await;
    Ok(())
}

async fn send(sender: &Sender<Spoken>, clause: ClauseId, samples: &[u8]) {
    if !samples.is_empty() {
        // The receiver is gone if the engine is.
        let _ = sender.send((clause, SpeechEvent::Audio(EncodedAudio::encode(samples)))).await;
    }
}
