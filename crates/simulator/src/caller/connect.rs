//! `<Connect><Stream>`: opens the media stream, and continues the call after the stream ends.

use super::call_plan::{Phase, StreamPlan};
use super::chaos::Chaos;
use super::media_socket;
use super::media_stream::{MediaStream, StreamIds};
use super::phone::{Next, RunningCall};
use super::report::{EndedBy, StreamEnd, StreamReport};
use super::script::{Clip, Script, Step};
use crate::daemon_connector::{DaemonConnector, Socket};
use crate::twilio::twiml::{self, Element};
use crate::twilio::{random_sid, sign};
use crate::{EventLog, Party};
use std::time::Duration;
use tokio_tungstenite::tungstenite::Error;
use url::Url;

impl RunningCall {
    pub(super) async fn connect(&mut self, verb: &Element, base: &Url) -> Option<Next> {
        let stream = verb.children.iter().find(|noun| noun.name == "Stream")?;
        let ids = StreamIds {
            account_sid: self.phone.twilio_state.account().sid.clone(),
            call_sid: self.sid.clone(),
            stream_sid: random_sid("MZ"),
            parameters: parameters(stream),
        };
        let (report, next) = self.run_stream(stream, base, ids.clone()).await;
        let failed = matches!(report.ended, StreamEnd::Refused { .. } | StreamEnd::NeverOpened | StreamEnd::Dropped);
        let error = failed.then(|| format!("{:?}", report.ended));
        self.send_stream_status(stream, base, &ids, if failed { "stream-error" } else { "stream-stopped" }, error);
        self.note(format!("the stream ended: {:?}", report.ended));
        let ended = report.ended.clone();
        self.report.streams.push(report);
        match (next, ended) {
            (Some(next), _) => Some(next),
            (None, StreamEnd::CallerHungUp) => Some(Next::Over(EndedBy::Caller)),
            (None, _) => {
                let fields = vec![("StreamSid".to_owned(), ids.stream_sid)];
                self.request_action(verb, base, fields)
            }
        }
    }

    async fn run_stream(&mut self, stream: &Element, base: &Url, ids: StreamIds) -> (StreamReport, Option<Next>) {
        let mut report = StreamReport { stream_sid: ids.stream_sid.clone(), ..StreamReport::default() };
        let Ok(url) = Url::parse(stream.attribute("url").unwrap_or_default()) else { return (report, None) };
        if !twiml::reaches_stream(&url, base) {
            self.note(format!("31901: {url} cannot be reached: Twilio opens media streams on port 443"));
            return (report, None);
        }
        let wait = match self.plan.stream {
            StreamPlan::Open => Duration::ZERO,
            StreamPlan::OpenAfter(wait) => wait,
            StreamPlan::Fails => {
                self.note(format!("31901: {url} cannot be reached (as planned)"));
                return (report, None);
            }
            StreamPlan::Never => {
                self.note(format!("tries to open {url} and does not get through (as planned)"));
                let next = self.interruption(Phase::Connecting).await;
                return (report, Some(next));
            }
        };
        let (connector, token) = (self.phone.connector.clone(), self.webhook_client.auth_token.clone());
        let opening = async {
            tokio::time::sleep(wait).await;
            open(&connector, &token, &url).await
        };
        let socket = match self.during(Phase::Connecting, opening).await {
            Ok(Ok(socket)) => socket,
            Ok(Err(error)) => {
                let status = if let Error::Http(response) = &error { Some(response.status().as_u16()) } else { None };
                self.violation(format!("31920: the stream {url} cannot be opened: {error}"));
                report.ended = StreamEnd::Refused { status };
                return (report, None);
            }
            Err(next) => return (report, Some(next)),
        };
        self.note(format!("the stream {url} is open"));
        self.send_stream_status(stream, base, &ids, "stream-started", None);
        let next_script = self.plan.next_script.as_ref().filter(|_| !self.report.streams.is_empty());
        let script = next_script.unwrap_or(&self.plan.script).clone();
        let mut media_stream = MediaStream::new(ids.clone(), script, self.plan.chaos.clone());
        let log = self.phone.log.clone();
        let mut second = None;
        let open_second = || {
            second = Some(tokio::spawn(hold_second_socket(
                connector.clone(),
                token.clone(),
                url.clone(),
                ids.clone(),
                log.clone(),
            )));
        };
        let outcome =
            media_socket::run(socket, &mut media_stream, &log, open_second, self.interruption(Phase::Streaming)).await;
        report = media_stream.report();
        report.ended = outcome.end;
        report.ended_ms = outcome.ended_ms;
        if let Some(second) = second {
            report.second_socket = second.await.ok();
        }
        (report, outcome.interrupt)
    }

    fn send_stream_status(
        &mut self,
        stream: &Element,
        base: &Url,
        ids: &StreamIds,
        event: &str,
        error: Option<String>,
    ) {
        let Some(Ok(url)) = stream.attribute("statusCallback").map(|address| base.join(address)) else { return };
        let method = stream.attribute("statusCallbackMethod").unwrap_or("POST").to_owned();
        let mut fields = vec![
            ("AccountSid".to_owned(), ids.account_sid.clone()),
            ("CallSid".to_owned(), ids.call_sid.clone()),
            ("StreamSid".to_owned(), ids.stream_sid.clone()),
            ("StreamName".to_owned(), stream.attribute("name").unwrap_or(&ids.stream_sid).to_owned()),
            ("StreamEvent".to_owned(), event.to_owned()),
            ("Timestamp".to_owned(), crate::clock::now().to_string()),
        ];
        fields.extend(error.map(|error| ("StreamError".to_owned(), error)));
        self.send_in_background(url, method, fields);
    }
}

async fn open(connector: &DaemonConnector, auth_token: &str, url: &Url) -> Result<Socket, Error> {
    let headers = [("X-Twilio-Signature", sign(auth_token, url.as_str(), &[]))];
    let opening = connector.open_socket(url, &headers);
    match tokio::time::timeout(OPEN_LIMIT, opening).await {
        Ok(opened) => opened.map(|(socket, _)| socket),
        Err(_) => Err(Error::Io(std::io::ErrorKind::TimedOut.into())),
    }
}

/// Opens a second socket with the same `start` message, as was observed with Twilio. Returns how the second socket
/// ended.
async fn hold_second_socket(
    connector: DaemonConnector,
    token: String,
    url: Url,
    ids: StreamIds,
    log: EventLog,
) -> StreamEnd {
    let socket = match open(&connector, &token, &url).await {
        Ok(socket) => socket,
        Err(Error::Http(response)) => return StreamEnd::Refused { status: Some(response.status().as_u16()) },
        Err(_) => return StreamEnd::Refused { status: None },
    };
    log.note(Party::Twilio, "a second socket of the same call is open");
    let script = Script(vec![Step::Say(Clip::Voice(2_000)), Step::Stay]);
    let mut media_stream = MediaStream::new(ids, script, Chaos::default());
    let limit = tokio::time::sleep(SECOND_LIMIT);
    let outcome = media_socket::run(socket, &mut media_stream, &log, || {}, limit).await;
    if outcome.interrupt.is_some() { StreamEnd::StillOpen } else { outcome.end }
}

fn parameters(stream: &Element) -> Vec<(String, String)> {
    let text = |noun: &Element, name: &str| noun.attribute(name).unwrap_or_default().to_owned();
    let nouns = stream.children.iter().filter(|noun| noun.name == "Parameter");
    nouns.map(|noun| (text(noun, "name"), text(noun, "value"))).collect()
}

const OPEN_LIMIT: Duration = Duration::from_secs(10);
const SECOND_LIMIT: Duration = Duration::from_secs(8);
