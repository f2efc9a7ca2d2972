//! `<Dial>`: rings another phone. If the TwiML names a URL for the dialled party, the document at that URL runs before
//! the two are connected.

use super::call_plan::{DialPlan, Phase};
use super::phone::{Next, RunningCall};
use crate::twilio::random_sid;
use crate::twilio::twiml::{self, Element};
use std::time::Duration;
use url::Url;

/// How many numbers Twilio dials at the same time.
const MAX_NUMBERS: usize = 10;
/// The maximum number of documents that the dialled phone executes.
const MAX_DOCUMENTS: usize = 10;

struct Dialled {
    /// Twilio's `DialCallStatus`.
    status: &'static str,
    /// How long the caller and the dialled party were connected; `None` if they were not connected.
    talked: Option<Duration>,
}

impl RunningCall {
    pub(super) async fn dial(&mut self, verb: &Element, base: &Url) -> Option<Next> {
        let numbers: Vec<_> = verb.children.iter().map(|noun| noun.text.clone()).collect();
        if numbers.len() > MAX_NUMBERS {
            self.violation(format!("<Dial> with {} numbers: at most {MAX_NUMBERS} are dialled at once", numbers.len()));
        }
        let noun = verb.children.last();
        let number = noun.map_or(&verb.text, |noun| &noun.text).clone();
        let numbers = if numbers.is_empty() { vec![number.clone()] } else { numbers };
        self.note(format!("dials {}", numbers.join(", ")));
        self.report.dialled.extend(numbers);
        let ring = Duration::from_secs(verb.number("timeout", 30));
        let asks = noun.and_then(|noun| noun.attribute("url")).and_then(|url| base.join(url).ok());
        let child = random_sid("CA");
        let key = match self.plan.dial {
            DialPlan::Answered(_) => Some('1'),
            DialPlan::Declined => Some('2'),
            _ => None,
        };
        let dialled = match self.plan.dial {
            DialPlan::Busy => self.unanswered("busy", Duration::from_secs(1)).await,
            DialPlan::NoAnswer => self.unanswered("no-answer", ring).await,
            DialPlan::Forwarded => self.forwarded(Some(&number)).await,
            DialPlan::ForwardedUnmarked => self.forwarded(None).await,
            DialPlan::Answered(time) => self.answered(asks, &child, &number, key, time).await,
            DialPlan::Declined | DialPlan::Mailbox => {
                self.answered(asks, &child, &number, key, Duration::from_secs(20)).await
            }
        };
        let dialled = match dialled {
            Ok(dialled) => dialled,
            Err(next) => return Some(next),
        };
        let mut fields = vec![
            ("DialCallSid".to_owned(), child),
            ("DialCallStatus".to_owned(), dialled.status.to_owned()),
            ("DialBridged".to_owned(), dialled.talked.is_some().to_string()),
        ];
        if let Some(time) = dialled.talked {
            fields.push(("DialCallDuration".to_owned(), time.as_secs().to_string()));
        }
        self.request_action(verb, base, fields)
    }

    async fn unanswered(&mut self, status: &'static str, time: Duration) -> Result<Dialled, Next> {
        self.wait_in_phase(Phase::Dialing, time).await?;
        Ok(Dialled { status, talked: None })
    }

    /// Simulates a dialled phone that forwards the call: Twilio receives another call to the number that the caller
    /// called, with the caller's number as `From`.
    async fn forwarded(&mut self, by: Option<&str>) -> Result<Dialled, Next> {
        let Ok(url) = Url::parse(&self.plan.voice_url) else { return self.unanswered("failed", Duration::ZERO).await };
        let sid = random_sid("CA");
        let mut fields = vec![("CallSid", sid.as_str()), ("CallStatus", "ringing")];
        fields.extend(by.map(|by| ("ForwardedFrom", by)));
        let fields = self.fields_with(&fields);
        let (webhooks, answer) = self.webhook_client.send("POST", &url, fields).await;
        self.report.webhooks.extend(webhooks);
        let verbs = answer.map(|answer| twiml::parse(&answer.body)).transpose().unwrap_or_default().unwrap_or_default();
        let is_refused = verbs.first().is_some_and(|verb| verb.name == "Reject");
        self.note(format!("the forwarded call is {}", if is_refused { "refused" } else { "answered" }));
        if is_refused {
            self.unanswered("busy", Duration::ZERO).await
        } else {
            self.unanswered("completed", Duration::ZERO).await
        }
    }

    /// Simulates a dialled phone that is answered. `asks` is the document that runs before the two are connected.
    async fn answered(
        &mut self,
        asks: Option<Url>,
        child: &str,
        number: &str,
        key: Option<char>,
        time: Duration,
    ) -> Result<Dialled, Next> {
        let (mut next, mut digits) = (asks, None::<char>);
        for _ in 0..MAX_DOCUMENTS {
            let Some(url) = next.take() else {
                self.wait_in_phase(Phase::Dialing, time).await?;
                return Ok(Dialled { status: "completed", talked: Some(time) });
            };
            let pressed = digits.take().map(String::from);
            let mut fields = vec![
                ("CallSid", child),
                ("CallStatus", "in-progress"),
                ("Direction", "outbound-dial"),
                ("ParentCallSid", self.sid.as_str()),
                ("To", number),
            ];
            fields.extend(pressed.as_deref().map(|digits| ("Digits", digits)));
            let fields = self.fields_with(&fields);
            let webhook_client = self.webhook_client.clone();
            let ask = async { webhook_client.send("POST", &url, fields).await };
            let (webhooks, answer) = self.during(Phase::Dialing, ask).await?;
            self.report.webhooks.extend(webhooks);
            let verbs = answer.map(|answer| twiml::parse(&answer.body)).transpose();
            let Ok(Some(verbs)) = verbs else {
                self.violation(format!("11200: no document for the phone that was called from {}", url.path()));
                return Ok(Dialled { status: "failed", talked: None });
            };
            for complaint in twiml::check(&verbs, &url) {
                self.violation(format!("TwiML of {}: {complaint}", url.path()));
            }
            for verb in &verbs {
                match verb.name.as_str() {
                    "Dial" => self.violation("<Dial> is not permitted for the phone that was called"),
                    "Hangup" => return Ok(Dialled { status: "completed", talked: None }),
                    "Gather" => {
                        self.report.asked_person.extend(verb.children.iter().map(|noun| noun.text.clone()));
                        if key.is_some() {
                            (digits, next) = (key, verb.attribute("action").and_then(|action| url.join(action).ok()));
                            break;
                        }
                        self.wait_in_phase(Phase::Dialing, Duration::from_secs(verb.number("timeout", 5))).await?;
                    }
                    _ => {}
                }
            }
        }
        self.violation("the documents of the dialled phone form a loop");
        Ok(Dialled { status: "failed", talked: None })
    }

    /// Returns the common fields of the requests about this call, with the fields in `other` added or replaced.
    fn fields_with(&self, other: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut fields = self.fields(&[]);
        for (name, value) in other {
            fields.retain(|(known, _)| known != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        fields
    }
}
