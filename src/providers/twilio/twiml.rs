//! TwiML (Twilio docs, "TwiML for Programmable Voice"): the verbs that the webhooks use.

use quick_xml::escape::escape as escape_markup;
use std::borrow::Cow;
use std::fmt::Write;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Plays the audio file at this URL.
    Play(String),
    /// Speaks a text with one of Twilio's voices. May fail if the voice does not support the language.
    Say {
        text: String,
        /// The name of the voice, such as `Google.he-IL-Wavenet-A`.
        voice: String,
        /// The language of the voice as BCP 47, such as `he-IL`.
        language: String,
    },
    /// Pauses for this number of seconds.
    Pause(u32),
    /// Records the caller. Twilio then requests `action` with the recording.
    Record {
        /// The URL that Twilio requests next.
        action: String,
        /// The URL that Twilio notifies when the file is ready.
        status_callback: String,
        /// The maximum length of the recording, in seconds.
        max_length_s: u32,
        /// The silence that ends the recording, in seconds.
        timeout_s: u32,
    },
    /// Opens a media stream, and waits until the stream ends.
    Connect {
        /// The URL that Twilio requests after the stream has ended.
        action: String,
        /// The WebSocket URL (`wss://…`). It must not contain a query (Twilio error 31920).
        stream_url: String,
        /// The URL that receives the status of the stream.
        status_callback: String,
        /// Parameters that Twilio returns in `start.customParameters`.
        parameters: Vec<(String, String)>,
    },
    /// Dials a human agent and connects the caller.
    Dial {
        /// The numbers to dial at the same time, E.164, at most ten. The first phone that is answered ends the ringing of the
        /// others.
        numbers: Vec<String>,
        /// The URL of the TwiML that the human agent hears before the call is connected.
        url: String,
        /// The caller id that the human agent sees, or `None` for the caller's own number.
        caller_id: Option<String>,
        /// The URL that Twilio requests after the dialled call has ended or was not answered.
        action: String,
        /// The maximum ringing time, in seconds.
        timeout_s: u32,
    },
    /// Speaks a prompt, and requests `action` with the key that the caller presses. If no key is pressed, the next verb
    /// runs.
    Gather {
        /// The URL that Twilio requests with the key.
        action: String,
        /// The time to wait for a key, in seconds.
        timeout_s: u32,
        /// The prompt to speak during the wait.
        prompt: Box<Verb>,
    },
    /// Rejects an incoming call. The caller hears a busy tone.
    Reject,
    /// Continues with the TwiML document at this URL, which Twilio requests by POST.
    Redirect(String),
    /// Ends the call.
    Hangup,
}

pub fn document(verbs: &[Verb]) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response>\n");
    for verb in verbs {
        // Writing to a string cannot fail.
        let _ = write_verb(&mut xml, verb);
    }
    xml.push_str("</Response>\n");
    xml
}

fn write_verb(xml: &mut String, verb: &Verb) -> std::fmt::Result {
    match verb {
        Verb::Play(url) => writeln!(xml, "  <Play>{}</Play>", escape(url)),
        Verb::Say { text, voice, language } => {
            writeln!(xml, "  <Say voice=\"{}\" language=\"{}\">{}</Say>", escape(voice), escape(language), escape(text))
        }
        Verb::Pause(seconds) => writeln!(xml, "  <Pause length=\"{seconds}\"/>"),
        Verb::Record { action, status_callback, max_length_s, timeout_s } => writeln!(
            xml,
            "  <Record action=\"{}\" method=\"POST\" maxLength=\"{max_length_s}\" timeout=\"{timeout_s}\" playBeep=\"true\" \
             recordingStatusCallback=\"{}\" recordingStatusCallbackMethod=\"POST\"/>",
            escape(action),
            escape(status_callback)
        ),
        Verb::Connect { action, stream_url, status_callback, parameters } => {
            writeln!(xml, "  <Connect action=\"{}\">", escape(action))?;
            writeln!(
                xml,
                "    <Stream url=\"{}\" statusCallback=\"{}\">",
                escape(stream_url),
                escape(status_callback)
            )?;
            for (name, value) in parameters {
                writeln!(xml, "      <Parameter name=\"{}\" value=\"{}\"/>", escape(name), escape(value))?;
            }
            xml.push_str("    </Stream>\n  </Connect>\n");
            Ok(())
        }
        Verb::Dial { numbers, url, caller_id, action, timeout_s } => {
            // `answerOnBridge`: the caller hears ringing until the human agent accepts the call.
            write!(
                xml,
                "  <Dial action=\"{}\" method=\"POST\" timeout=\"{timeout_s}\" answerOnBridge=\"true\"",
                escape(action)
            )?;
            if let Some(caller_id) = caller_id {
                write!(xml, " callerId=\"{}\"", escape(caller_id))?;
            }
            xml.push_str(">\n");
            for number in numbers {
                writeln!(xml, "    <Number url=\"{}\" method=\"POST\">{}</Number>", escape(url), escape(number))?;
            }
            writeln!(xml, "  </Dial>")
        }
        Verb::Gather { action, timeout_s, prompt } => {
            writeln!(
                xml,
                "  <Gather input=\"dtmf\" numDigits=\"1\" timeout=\"{timeout_s}\" action=\"{}\" method=\"POST\">",
                escape(action)
            )?;
            write_verb(xml, prompt)?;
            writeln!(xml, "  </Gather>")
        }
        Verb::Reject => writeln!(xml, "  <Reject reason=\"busy\"/>"),
        Verb::Redirect(url) => writeln!(xml, "  <Redirect method=\"POST\">{}</Redirect>", escape(url)),
        Verb::Hangup => writeln!(xml, "  <Hangup/>"),
    }
}

/// Escapes markup, and replaces characters that XML forbids even in escaped form (XML 1.0, section 2.2) by a space. A
/// model's answer can contain any character.
fn escape(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_xml) {
        return escape_markup(text);
    }
    let clean: String = text.chars().map(|c| if is_xml(c) { c } else { ' ' }).collect();
    Cow::Owned(escape_markup(clean.as_str()).into_owned())
}

fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_to_an_incoming_call_is_written_as_xml() {
        let at = |path: &str| format!("https://shop.example{path}");
        insta::assert_snapshot!(document(&[
            Verb::Play(at("/static/tts/greeting_he.mp3")),
            Verb::Connect {
                action: at("/webhook/stream_ended"),
                stream_url: "wss://shop.example/ws/twilio-media".into(),
                status_callback: at("/webhook/stream_status"),
                parameters: vec![("token".into(), "abc".into())],
            },
            Verb::Redirect(at("/webhook/stream_ended")),
        ]), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <Response>
          <Play>https://shop.example/static/tts/greeting_he.mp3</Play>
          <Connect action="https://shop.example/webhook/stream_ended">
            <Stream url="wss://shop.example/ws/twilio-media" statusCallback="https://shop.example/webhook/stream_status">
              <Parameter name="token" value="abc"/>
            </Stream>
          </Connect>
          <Redirect method="POST">https://shop.example/webhook/stream_ended</Redirect>
        </Response>
        "#);
    }

    #[test]
    fn every_verb_is_written_as_xml() {
        let (url, say) = (
            |name: &str| format!("https://shop.example/webhook/{name}"),
            Verb::Say { text: "שלום".into(), voice: "Google.he-IL-Wavenet-A".into(), language: "he-IL".into() },
        );
        let dial = |caller_id: Option<&str>| Verb::Dial {
            numbers: vec!["+97235550000".into()],
            url: url("transfer?call=CA1&x=1"),
            caller_id: caller_id.map(str::to_owned),
            action: url("stream_ended"),
            timeout_s: 25,
        };
        let xml = document(&[
            Verb::Play("https://shop.example/static/tts/greeting_he.mp3".into()),
            say.clone(),
            Verb::Pause(2),
            Verb::Record {
                action: url("handle_recording"),
                status_callback: url("recording_status"),
                max_length_s: 120,
                timeout_s: 5,
            },
            Verb::Connect {
                action: url("stream_ended"),
                stream_url: "wss://shop.example/ws/twilio-media".into(),
                status_callback: url("stream_status"),
                parameters: vec![("token".into(), "a<b".into())],
            },
            dial(None),
            dial(Some("+97235551234")),
            Verb::Gather { action: url("transfer"), timeout_s: 5, prompt: Box::new(say) },
            Verb::Reject,
            Verb::Redirect(url("stream_ended")),
            Verb::Hangup,
        ]);
        insta::assert_snapshot!(xml);
    }

    #[test]
    fn no_character_breaks_the_document() {
        let every: String = (0..=0x10_ffff).filter_map(char::from_u32).collect();
        let xml = document(&[Verb::Say { text: every, voice: "v".into(), language: "he\u{1}IL".into() }, Verb::Hangup]);
        assert!(xml.chars().all(is_xml));
        assert!(xml.contains("he IL"));
        let said = document(&[Verb::Say {
            text: "a\u{0}b\u{1f}c\u{ffff}d\te".into(),
            voice: "v".into(),
            language: "he-IL".into(),
        }]);
        assert!(said.contains(">a b c d\te</Say>"), "{said}");
    }

    #[test]
    fn text_of_callers_cannot_leave_its_element() {
        let xml = document(&[
            Verb::Say { text: "a<Dial>1</Dial>&\"'".into(), voice: "v".into(), language: "he-IL".into() },
            Verb::Hangup,
        ]);
        assert!(xml.contains("a&lt;Dial&gt;1&lt;/Dial&gt;&amp;&quot;&apos;"), "{xml}");
    }
}
