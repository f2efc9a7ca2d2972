//! The execution of TwiML verbs. `<Connect>` and `<Dial>` have modules of their own.

use super::call_plan::Phase;
use super::phone::{Next, RunningCall};
use super::report::EndedBy;
use crate::Party;
use crate::daemon_connector::root_cause;
use crate::sound::{millis, mp3_millis, read_wav, wav_of_mulaw};
use crate::twilio::twiml::Element;
use std::time::Duration;
use url::Url;

impl RunningCall {
    /// Executes `verb` of the document from `base`. Returns the next step, or `None` to continue with the next verb.
    pub(super) async fn follow_verb(&mut self, verb: &Element, base: &Url) -> Option<Next> {
        let done = match verb.name.as_str() {
            "Play" => self.play(verb, base).await,
            "Say" => self.say(verb).await,
            "Pause" => self.wait_in_phase(Phase::Playing, Duration::from_secs(verb.number("length", 1))).await,
            "Gather" => self.gather(verb, base).await,
            "Connect" => return self.connect(verb, base).await,
            "Record" => return self.record(verb, base).await,
            "Dial" => return self.dial(verb, base).await,
            "Redirect" => {
                let method = verb.attribute("method").unwrap_or("POST").to_owned();
                return Some(self.go_to(&verb.text, base, method, Vec::new()));
            }
            "Hangup" => {
                self.note("<Hangup>");
                return Some(Next::Over(EndedBy::Hangup));
            }
            "Reject" => return Some(Next::Over(EndedBy::Reject)),
            // Verbs that run in the background have no effect here. The check of the document has reported unknown
            // verbs.
            _ => Ok(()),
        };
        done.err()
    }

    /// Returns the step that requests the document at `address`, which may be relative to `base`. An invalid address
    /// ends the call.
    fn go_to(&mut self, address: &str, base: &Url, method: String, fields: Vec<(String, String)>) -> Next {
        match base.join(address) {
            Ok(url) => Next::Fetch { url, method, fields },
            Err(error) => {
                self.violation(format!("11100: \"{address}\": {error}"));
                Next::Over(EndedBy::Error)
            }
        }
    }

    /// Returns the step that requests the verb's `action` URL; `None` if the verb has no `action`.
    pub(super) fn request_action(&mut self, verb: &Element, base: &Url, fields: Vec<(String, String)>) -> Option<Next> {
        let action = verb.attribute("action")?;
        let method = verb.attribute("method").unwrap_or("POST").to_owned();
        Some(self.go_to(action, base, method, fields))
    }

    async fn play(&mut self, verb: &Element, base: &Url) -> Result<(), Next> {
        if verb.text.is_empty() {
            return self.wait_in_phase(Phase::Playing, Duration::from_millis(500)).await;
        }
        let Ok(url) = base.join(&verb.text) else { return Ok(()) };
        let request = self.phone.connector.request(reqwest::Method::GET, &url).header("User-Agent", "TwilioProxy/1.1");
        let fetched = async {
            let response = request.send().await?;
            let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
            let (status, kind) = (response.status().as_u16(), kind.to_owned());
            Ok::<_, reqwest::Error>((status, kind, response.bytes().await?))
        };
        let (status, kind, file) = match self.during(Phase::Playing, fetched).await? {
            Ok(fetched) => fetched,
            Err(error) => {
                self.violation(format!("11200: <Play> {url}: {}", root_cause(&error)));
                return Ok(());
            }
        };
        if status != 200 {
            self.violation(format!("11200: <Play> {url} answered {status}"));
            return Ok(());
        }
        if !matches!(kind.as_str(), "audio/mpeg" | "audio/wav" | "audio/wave" | "audio/x-wav" | "audio/basic") {
            self.violation(format!("12300: <Play> {url} is of the kind \"{kind}\""));
        }
        let Some(length_ms) = mp3_millis(&file).or_else(|| read_wav(&file).ok().map(|sound| millis(sound.len())))
        else {
            self.violation(format!("13520: <Play> {url} is no sound that can be played"));
            return Ok(());
        };
        let times = verb.number("loop", 1).max(1);
        self.prompt(url, length_ms * times);
        self.wait_in_phase(Phase::Playing, Duration::from_millis(length_ms * times)).await
    }

    async fn say(&mut self, verb: &Element) -> Result<(), Next> {
        // Speech is about 15 characters a second.
        let length_ms = verb.text.chars().count() as u64 * 65;
        self.prompt(verb.text.clone(), length_ms);
        self.wait_in_phase(Phase::Playing, Duration::from_millis(length_ms)).await
    }

    /// Executes `<Gather>`; the simulated caller presses no key and says nothing.
    async fn gather(&mut self, verb: &Element, base: &Url) -> Result<(), Next> {
        for noun in &verb.children {
            match noun.name.as_str() {
                "Play" => self.play(noun, base).await?,
                "Say" => self.say(noun).await?,
                _ => {}
            }
        }
        self.wait_in_phase(Phase::Playing, Duration::from_secs(verb.number("timeout", 5))).await
    }

    async fn record(&mut self, verb: &Element, base: &Url) -> Option<Next> {
        let Some(message) = self.messages.pop_front() else {
            self.phone.log.note(Party::Caller, "has nothing more to say to the recorder and hangs up");
            return Some(Next::Over(EndedBy::Caller));
        };
        let mut sound = message.sound(self.report.recordings.len() as u64 + 101).to_vec();
        let max_ms = verb.number("maxLength", 3_600) * 1_000;
        sound.truncate(crate::sound::bytes_of(max_ms));
        self.note(format!("records: the caller speaks for {} ms", millis(sound.len())));
        let spoken = Duration::from_millis(millis(sound.len()));
        let silence = Duration::from_secs(verb.number("timeout", 5));
        let interrupted = match self.wait_in_phase(Phase::Recording, spoken).await {
            Ok(()) => self.wait_in_phase(Phase::Recording, silence).await.err(),
            Err(next) => Some(next),
        };
        if sound.is_empty() {
            // If the caller says nothing, Twilio makes no recording and continues with the next verb.
            return interrupted;
        }
        let seconds = millis(sound.len()).div_ceil(1_000);
        let (sid, url) = self.phone.twilio_state.add_recording(&self.sid, wav_of_mulaw(&sound), seconds);
        self.report.recordings.push(sid.clone());
        let recording = [("RecordingDuration", seconds.to_string()), ("RecordingSid", sid), ("RecordingUrl", url)];
        let mut fields: Vec<_> = recording.map(|(name, value)| (name.to_owned(), value)).into();
        self.send_recording_status(verb, base, &fields);
        match interrupted {
            // Twilio sends the recording even if the caller hangs up during it.
            Some(Next::Over(EndedBy::Caller)) => {
                fields.push(("Digits".into(), "hangup".into()));
                if let Some(Next::Fetch { url, method, fields }) = self.request_action(verb, base, fields) {
                    let fields = self.fields(&fields);
                    self.send_in_background(url, method, fields);
                }
                Some(Next::Over(EndedBy::Caller))
            }
            Some(next) => Some(next),
            None => {
                fields.push(("Digits".into(), String::new()));
                // Without an `action`, Twilio requests the current document again.
                Some(self.request_action(verb, base, fields.clone()).unwrap_or_else(|| Next::Fetch {
                    url: base.clone(),
                    method: "POST".into(),
                    fields,
                }))
            }
        }
    }

    fn send_recording_status(&mut self, verb: &Element, base: &Url, recording: &[(String, String)]) {
        let Some(Ok(url)) = verb.attribute("recordingStatusCallback").map(|address| base.join(address)) else { return };
        let method = verb.attribute("recordingStatusCallbackMethod").unwrap_or("POST").to_owned();
        let more = [
            ("AccountSid", self.phone.twilio_state.account().sid.clone()),
            ("CallSid", self.sid.clone()),
            ("ErrorCode", "0".to_owned()),
            ("RecordingChannels", "1".to_owned()),
            ("RecordingSource", "RecordVerb".to_owned()),
            ("RecordingStatus", "completed".to_owned()),
        ];
        let more = more.map(|(name, value)| (name.to_owned(), value));
        self.send_in_background(url, method, recording.iter().cloned().chain(more).collect());
    }
}
