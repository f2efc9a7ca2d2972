//! The verbs, nouns and attributes that Twilio documents.

use super::Element;
use url::Url;

/// The permitted parents, attributes and text of an element.
struct Rule {
    name: &'static str,
    /// The parents in which this rule applies; empty for an element at the top level.
    within: &'static [&'static str],
    attributes: &'static [(&'static str, Kind)],
    text: Text,
}

#[derive(Clone, Copy)]
enum Text {
    Any,
    No,
    Url,
    Words,
}

#[derive(Clone, Copy)]
enum Kind {
    Any,
    Bool,
    /// One or more of these values, separated by spaces.
    Choice(&'static [&'static str]),
    Count,
    Method,
    /// An http or https URL, or a URL relative to the document.
    Url,
}

/// Adds the errors in `element`, a child of `parent`, to `wrong`.
pub(super) fn check(element: &Element, parent: Option<&str>, base: &Url, wrong: &mut Vec<String>) {
    let name = &element.name;
    let fits = |rule: &&Rule| parent.map_or(rule.within.is_empty(), |parent| rule.within.contains(&parent));
    let Some(rule) = RULES.iter().filter(|rule| rule.name == name).find(fits) else {
        let place = parent.map_or_else(|| "as a verb".to_owned(), |parent| format!("in <{parent}>"));
        wrong.push(format!("<{name}> is not known {place}"));
        return;
    };
    for (key, value) in &element.attributes {
        match rule.attributes.iter().find(|(known, _)| known == key) {
            None => wrong.push(format!("<{name}> has no attribute {key}")),
            Some((_, kind)) if !kind.allows(value, base) => {
                wrong.push(format!("<{name} {key}=\"{value}\"> is not allowed"));
            }
            Some(_) => {}
        }
    }
    if !rule.text.allows(element, base) {
        wrong.push(format!("<{name}> with the text \"{}\"", element.text));
    }
    // Speech markup (SSML) within <Say> is not checked.
    if name != "Say" {
        element.children.iter().for_each(|child| check(child, Some(name), base, wrong));
    }
    check_combinations(element, parent, base, wrong);
}

/// Checks the rules that the table cannot express.
fn check_combinations(element: &Element, parent: Option<&str>, base: &Url, wrong: &mut Vec<String>) {
    match element.name.as_str() {
        "Stream" => {
            let url = element.attribute("url").unwrap_or_default();
            let parsed = Url::parse(url);
            let right_scheme = |url: &Url| url.scheme() == "wss" || url.scheme() == "ws" && is_loopback(base);
            if !parsed.as_ref().is_ok_and(right_scheme) {
                wrong.push(format!("31922: <Stream url=\"{url}\"> is not a wss address"));
            }
            if parsed.as_ref().is_ok_and(|url| !reaches_stream(url, base)) {
                wrong.push(format!("31901: <Stream url=\"{url}\"> is on another port than 443"));
            }
            if parsed.is_ok_and(|url| url.query().is_some()) {
                wrong.push("31920: <Stream url> must not have a query string; use <Parameter>".into());
            }
            if parent == Some("Connect") && element.attribute("track").is_some_and(|track| track != "inbound_track") {
                wrong.push("31941: within <Connect> only track=\"inbound_track\" is allowed".into());
            }
        }
        "Parameter" => match (element.attribute("name"), element.attribute("value")) {
            (Some(name), Some(value)) if name.len() + value.len() > 500 => {
                wrong.push("<Parameter> name and value together are longer than 500 characters".into());
            }
            (Some(_), Some(_)) => {}
            _ => wrong.push("<Parameter> needs name and value".into()),
        },
        "Say" => {
            let (voice, language) = (element.attribute("voice"), element.attribute("language"));
            if !is_spoken(voice, language) {
                wrong.push(format!("13512: no voice for <Say voice={voice:?} language={language:?}>"));
            }
        }
        "Number" if !is_dialled(&element.text) => {
            wrong.push(format!("13224: \"{}\" is no number that can be dialled", element.text));
        }
        "Dial" if element.attribute("callerId").is_some_and(|caller| !is_dialled(caller)) => {
            wrong.push(format!("13214: <Dial callerId={:?}> is no number", element.attribute("callerId")));
        }
        "Connect" if element.children.len() != 1 => wrong.push("<Connect> needs exactly one noun".into()),
        "Dial" if element.text.is_empty() && element.children.is_empty() => wrong.push("<Dial> dials no number".into()),
        _ => {}
    }
}

/// Returns true if Twilio supports the voice for the language: `man`, `woman` and the default voice for English,
/// Spanish, French and German, a Google voice for its own language, and a Polly voice for any language except Hebrew.
/// (The name of a Polly voice does not contain its language, but no Polly voice speaks Hebrew.)
fn is_spoken(voice: Option<&str>, language: Option<&str>) -> bool {
    let basic = ["en", "en-US", "en-GB", "es", "fr", "de"];
    let Some(voice) = voice.filter(|voice| !matches!(*voice, "man" | "woman")) else {
        return language.is_none_or(|language| basic.contains(&language));
    };
    let speaks = |language: &str| match voice.strip_prefix("Google.") {
        Some(name) => name.strip_prefix(language).is_some_and(|rest| rest.starts_with('-')),
        None => !language.starts_with("he"),
    };
    SAY_VOICES.lines().any(|known| known == voice) && language.is_none_or(speaks)
}

/// The names of the Polly and Google voices, one a line (from `SayVoice` in twilio-node 5.13.1; version 6.2.0 has the
/// same Hebrew voices).
const SAY_VOICES: &str = include_str!("../../specs/say_voices.txt");

/// Returns true if Twilio can open a media stream to the URL. Twilio documents only TCP port 443 ("Media Streams
/// Configuration", errors 31901 and 31910), while webhooks may use any port. Documents from a loopback address are
/// exempt.
pub(crate) fn reaches_stream(url: &Url, base: &Url) -> bool {
    url.port_or_known_default() == Some(443) || is_loopback(base)
}

/// Returns true for a number that Twilio can dial and display. Returns false for the numbers that represent a withheld
/// number.
fn is_dialled(number: &str) -> bool {
    let digits = number.strip_prefix('+').filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
    digits.is_some_and(|digits| (7..=15).contains(&digits.len()) && !WITHHELD.contains(&digits))
}

/// The `From` values of withheld numbers: `anonymous`, `restricted`, `unavailable`, `unknown` and `blocked` typed on a
/// phone's keypad.
const WITHHELD: [&str; 5] = ["266696687", "7378742833", "86282452253", "8656696", "2562533"];

/// Returns true for a loopback URL. Twilio would reject it, but a simulation on one machine has no public name or
/// certificate.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

impl Kind {
    fn allows(self, value: &str, base: &Url) -> bool {
        match self {
            Self::Any => true,
            Self::Bool => matches!(value, "true" | "false"),
            Self::Choice(choices) => value.split(' ').all(|word| choices.contains(&word)),
            Self::Count => value.parse::<u32>().is_ok(),
            Self::Method => matches!(value, "GET" | "POST"),
            Self::Url => base.join(value).is_ok_and(|url| matches!(url.scheme(), "http" | "https")),
        }
    }
}

impl Text {
    fn allows(self, element: &Element, base: &Url) -> bool {
        match self {
            Self::Any => true,
            Self::No => element.text.is_empty(),
            Self::Url => !element.text.is_empty() && Kind::Url.allows(&element.text, base),
            Self::Words => !element.text.is_empty() || !element.children.is_empty(),
        }
    }
}

const TRIM: Kind = Kind::Choice(&["trim-silence", "do-not-trim"]);
const RECORDING_EVENTS: Kind = Kind::Choice(&["in-progress", "completed", "absent"]);
const SAY: &[(&str, Kind)] = &[("voice", Kind::Any), ("language", Kind::Any), ("loop", Kind::Count)];
const PLAY: &[(&str, Kind)] = &[("loop", Kind::Count), ("digits", Kind::Any)];

const RULES: &[Rule] = &[
    Rule { name: "Say", within: &[], attributes: SAY, text: Text::Words },
    Rule { name: "Say", within: &["Gather"], attributes: SAY, text: Text::Words },
    Rule { name: "Play", within: &[], attributes: PLAY, text: Text::Url },
    Rule { name: "Play", within: &["Gather"], attributes: PLAY, text: Text::Url },
    Rule { name: "Pause", within: &[], attributes: &[("length", Kind::Count)], text: Text::No },
    Rule { name: "Pause", within: &["Gather"], attributes: &[("length", Kind::Count)], text: Text::No },
    Rule { name: "Hangup", within: &[], attributes: &[], text: Text::No },
    Rule {
        name: "Reject",
        within: &[],
        attributes: &[("reason", Kind::Choice(&["rejected", "busy"]))],
        text: Text::No,
    },
    Rule { name: "Redirect", within: &[], attributes: &[("method", Kind::Method)], text: Text::Url },
    Rule {
        name: "Connect",
        within: &[],
        attributes: &[("action", Kind::Url), ("method", Kind::Method)],
        text: Text::No,
    },
    Rule { name: "Start", within: &[], attributes: &[("action", Kind::Url), ("method", Kind::Method)], text: Text::No },
    Rule { name: "Stop", within: &[], attributes: &[], text: Text::No },
    Rule {
        name: "Stream",
        within: &["Connect", "Start", "Stop"],
        attributes: &[
            ("url", Kind::Any),
            ("name", Kind::Any),
            ("connectorName", Kind::Any),
            ("track", Kind::Choice(&["inbound_track", "outbound_track", "both_tracks"])),
            ("statusCallback", Kind::Url),
            ("statusCallbackMethod", Kind::Method),
        ],
        text: Text::No,
    },
    Rule {
        name: "Parameter",
        within: &["Stream"],
        attributes: &[("name", Kind::Any), ("value", Kind::Any)],
        text: Text::No,
    },
    Rule {
        name: "Recording",
        within: &["Start"],
        attributes: &[
            ("channels", Kind::Choice(&["mono", "dual"])),
            ("track", Kind::Choice(&["inbound", "outbound", "both"])),
            ("trim", TRIM),
            ("recordingStatusCallback", Kind::Url),
            ("recordingStatusCallbackMethod", Kind::Method),
            ("recordingStatusCallbackEvent", RECORDING_EVENTS),
        ],
        text: Text::No,
    },
    Rule {
        name: "Record",
        within: &[],
        attributes: &[
            ("action", Kind::Url),
            ("method", Kind::Method),
            ("timeout", Kind::Count),
            ("finishOnKey", Kind::Any),
            ("maxLength", Kind::Count),
            ("playBeep", Kind::Bool),
            ("trim", TRIM),
            ("recordingStatusCallback", Kind::Url),
            ("recordingStatusCallbackMethod", Kind::Method),
            ("recordingStatusCallbackEvent", RECORDING_EVENTS),
            ("transcribe", Kind::Bool),
            ("transcribeCallback", Kind::Url),
        ],
        text: Text::No,
    },
    Rule {
        name: "Dial",
        within: &[],
        attributes: &[
            ("action", Kind::Url),
            ("method", Kind::Method),
            ("answerOnBridge", Kind::Bool),
            ("callerId", Kind::Any),
            ("hangupOnStar", Kind::Bool),
            ("record", Kind::Any),
            ("recordingStatusCallback", Kind::Url),
            ("recordingStatusCallbackMethod", Kind::Method),
            ("recordingStatusCallbackEvent", RECORDING_EVENTS),
            ("recordingTrack", Kind::Choice(&["both", "inbound", "outbound"])),
            ("referUrl", Kind::Url),
            ("referMethod", Kind::Method),
            ("ringTone", Kind::Any),
            ("sequential", Kind::Bool),
            ("timeLimit", Kind::Count),
            ("timeout", Kind::Count),
            ("trim", TRIM),
        ],
        text: Text::Any,
    },
    Rule {
        name: "Number",
        within: &["Dial"],
        attributes: &[
            ("url", Kind::Url),
            ("method", Kind::Method),
            ("sendDigits", Kind::Any),
            ("statusCallback", Kind::Url),
            ("statusCallbackMethod", Kind::Method),
            ("statusCallbackEvent", Kind::Choice(&["initiated", "ringing", "answered", "completed"])),
            ("machineDetection", Kind::Choice(&["Enable", "DetectMessageEnd"])),
            ("amdStatusCallback", Kind::Url),
        ],
        text: Text::Words,
    },
    Rule {
        name: "Conference",
        within: &["Dial"],
        attributes: &[
            ("muted", Kind::Bool),
            ("beep", Kind::Choice(&["true", "false", "onEnter", "onExit"])),
            ("startConferenceOnEnter", Kind::Bool),
            ("endConferenceOnExit", Kind::Bool),
            ("waitUrl", Kind::Any),
            ("waitMethod", Kind::Method),
            ("maxParticipants", Kind::Count),
            ("record", Kind::Choice(&["do-not-record", "record-from-start"])),
            ("trim", TRIM),
            ("coach", Kind::Any),
            ("statusCallback", Kind::Url),
            ("statusCallbackMethod", Kind::Method),
            ("statusCallbackEvent", Kind::Any),
            ("recordingStatusCallback", Kind::Url),
        ],
        text: Text::Words,
    },
    Rule {
        name: "Gather",
        within: &[],
        attributes: &[
            ("input", Kind::Choice(&["dtmf", "speech"])),
            ("action", Kind::Url),
            ("method", Kind::Method),
            ("timeout", Kind::Count),
            ("speechTimeout", Kind::Any),
            ("finishOnKey", Kind::Any),
            ("numDigits", Kind::Count),
            ("language", Kind::Any),
            ("hints", Kind::Any),
            ("actionOnEmptyResult", Kind::Bool),
            ("profanityFilter", Kind::Bool),
            ("speechModel", Kind::Any),
            ("bargeIn", Kind::Bool),
            ("partialResultCallback", Kind::Url),
        ],
        text: Text::No,
    },
];
