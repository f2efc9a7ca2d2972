//! TwiML (Twilio docs, "TwiML for Programmable Voice"): the verbs that the webhooks use.

use quick_xml::escape::escape as escape_markup;
use std::borrow::Cow;
use std::fmt::Write;

/// One instruction for a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Play an audio file.
    Play(String),
    /// Speak a text with one of Twilio's voices. A language without a voice may fail.
    Say {
        text: String,
        /// `Google.he-IL-Wavenet-A`.
        voice: String,
        /// The voice's language, BCP 47: `he-IL`.
        language: String,
    },
    /// Pause, in seconds.
    Pause(u32),
    /// Record the caller; Twilio requests `action` with the recording.
    Record {
        /// The URL to request next.
        action: String,
        /// The URL that is notified when the file is ready.
        status_callback: String,
        /// The maximum length of the recording, in seconds.
        max_length_s: u32,
        /// The silence that ends the recording, in seconds.
        timeout_s: u32,
    },
    /// Open a media stream; the next verb runs when this server closes the stream.
    Connect {
        /// The URL to request when the stream is over.
        action: String,
        /// `wss://…`, without a query (Twilio error 31920).
        stream_url: String,
        /// The URL that receives the stream's status.
        status_callback: String,
        /// Returned in `start.customParameters`.
        parameters: Vec<(String, String)>,
    },
    /// Dial a human agent and connect the caller.
    Dial {
        /// E.164.
        number: String,
        /// The URL of the TwiML that the human agent hears before the two are connected.
        url: String,
        /// The caller id that the human agent sees; the caller's own number if none is given.
        caller_id: Option<String>,
        /// The URL to request when the dialled call is over, or was not answered.
        action: String,
        /// How long it rings, in seconds.
        timeout_s: u32,
    },
    /// Speak, and request `action` with the key that is pressed; the next verb runs if none is.
    Gather {
        /// The URL to request next.
        action: String,
        /// How long to wait for a key, in seconds.
        timeout_s: u32,
        /// The prompt to speak meanwhile.
        prompt: Box<Verb>,
    },
    /// Reject an incoming call; the caller hears a busy tone.
    Reject,
    /// Continue with another document, requested by POST.
    Redirect(String),
    /// End the call.
    Hangup,
}

/// The complete document.
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
        Verb::Dial { number, url, caller_id, action, timeout_s } => {
            // The caller hears ringing until the human agent has accepted.
            write!(
                xml,
                "  <Dial action=\"{}\" method=\"POST\" timeout=\"{timeout_s}\" answerOnBridge=\"true\"",
                escape(action)
            )?;
            if let Some(caller_id) = caller_id {
                write!(xml, " callerId=\"{}\"", escape(caller_id))?;
            }
            writeln!(xml, ">\n    <Number url=\"{}\" method=\"POST\">{}</Number>", escape(url), escape(number))?;
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

/// Escapes text or an attribute's value: markup is escaped, and characters that XML forbids even in escaped form (XML
/// 1.0, section 2.2) are replaced by a space. A model may write any of them.
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
    fn an_incoming_call() {
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
    fn every_verb() {
        let (url, say) = (
            |name: &str| format!("https://shop.example/webhook/{name}"),
            Verb::Say { text: "שלום".into(), voice: "Google.he-IL-Wavenet-A".into(), language: "he-IL".into() },
        );
        let dial = |caller_id: Option<&str>| Verb::Dial {
            number: "+97235550000".into(),
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
    fn what_people_say_cannot_break_out() {
        let xml = document(&[
            Verb::Say { text: "a<Dial>1</Dial>&\"'".into(), voice: "v".into(), language: "he-IL".into() },
            Verb::Hangup,
        ]);
        assert!(xml.contains("a&lt;Dial&gt;1&lt;/Dial&gt;&amp;&quot;&apos;"), "{xml}");
    }
}
