//! Opens the connections to the services over HTTP at the beginning of a call, so that the first turn does not wait for
//! TCP and TLS. The client keeps them for the requests that follow.

use crate::config::{BaseUrl, Config, Synthesiser, Transcriber};
use crate::telemetry::log::inherit_subject;
use futures_util::future::join_all;
use reqwest::{RequestBuilder, Url};
use std::time::Duration;
use tokio::task::JoinSet;

const LIMIT: Duration = Duration::from_secs(5);

/// Dropping this value stops the connections that are still being opened.
#[derive(Debug)]
pub(super) struct WarmUp {
    _tasks: JoinSet<()>,
}

impl WarmUp {
    /// Opens the connections after `delay`.
    pub(super) fn start(config: &Config, client: &reqwest::Client, delay: Duration) -> Self {
        let requests: Vec<_> = origins(config).into_iter().map(|url| client.head(url).timeout(LIMIT)).collect();
        let mut tasks = JoinSet::new();
        tasks.spawn(inherit_subject(async move {
            tokio::time::sleep(delay).await;
            // All requests begin before the first one is answered, so each opens a connection. The answers do not
            // matter. A server that cannot be reached is reported by the first request for the call.
            join_all(requests.into_iter().map(RequestBuilder::send)).await;
        }));
        Self { _tasks: tasks }
    }
}

/// Returns the addresses to connect to, one for each connection.
fn origins(config: &Config) -> Vec<Url> {
    let pipeline = &config.pipeline;
    // The Responses API has a socket of its own.
    let model = config.model_server().filter(|server| !server.uses_responses).map(|server| server.base_url);
    let synthesiser = match pipeline.synthesiser {
        Synthesiser::ElevenLabs => Some(&config.elevenlabs.base_url),
        Synthesiser::Speech => pipeline.speech_base_url.as_ref(),
        Synthesiser::Soniox | Synthesiser::Google => None,
    };
    let transcriber = match pipeline.transcriber {
        Transcriber::Transcription => pipeline.transcription_base_url.as_ref(),
        Transcriber::Soniox
        | Transcriber::Deepgram
        | Transcriber::ElevenLabs
        | Transcriber::Google
        | Transcriber::OpenAi => None,
    };
    let copies = if pipeline.duplicate_requests { 2 } else { 1 };
    let addresses = [(model, copies), (synthesiser, copies), (transcriber, 1)];
    let repeated = addresses.into_iter().flat_map(|(address, count)| std::iter::repeat_n(address, count));
    repeated.flatten().filter_map(origin).collect()
}

fn origin(address: &BaseUrl) -> Option<Url> {
    Url::parse(address.as_str()).ok()?.join("/").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_over_http_gets_as_many_connections_as_it_has_requests_at_once() {
        let origins = |change: fn(&mut Config)| {
            let mut config = Config::default();
            config.openai.api_key = Some(crate::config::Secret::new("key"));
            change(&mut config);
            super::origins(&config).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(origins(|_| {}), Vec::<String>::new(), "the default services have sockets");
        let own = origins(|config| {
            config.pipeline.duplicate_requests = true;
            config.pipeline.model_base_url = BaseUrl::parse("http://127.0.0.1:11434/v1").ok();
            config.pipeline.synthesiser = Synthesiser::ElevenLabs;
            config.pipeline.transcriber = Transcriber::Transcription;
            config.pipeline.transcription_base_url = BaseUrl::parse("https://speech.example/openai/v1").ok();
        });
        let (model, speech) = ("http://127.0.0.1:11434/", "https://api.elevenlabs.io/");
        assert_eq!(own, [model, model, speech, speech, "https://speech.example/"]);
    }
}
