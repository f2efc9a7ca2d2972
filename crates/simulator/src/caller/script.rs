//! The script of a simulated caller, step by step.

use crate::sound::{Voice, read_wav};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// Audio of the caller.
#[derive(Clone)]
pub enum Clip {
    /// Speech of a synthetic voice, with its length in milliseconds.
    Voice(u64),
    /// Recorded audio, in mu-law.
    Sound(Arc<[u8]>),
}

impl Clip {
    /// Returns the audio in mu-law. Different seeds give different audio of a synthetic voice.
    pub fn sound(&self, seed: u64) -> Arc<[u8]> {
        match self {
            Self::Voice(ms) => Voice::caller(seed).speak(*ms).into(),
            Self::Sound(sound) => sound.clone(),
        }
    }
}

impl fmt::Debug for Clip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Voice(ms) => write!(f, "Voice({ms} ms)"),
            Self::Sound(sound) => write!(f, "Sound({} bytes)", sound.len()),
        }
    }
}

/// An action of the caller while the stream is open. A step starts when the previous step has finished.
#[derive(Clone, Debug)]
pub enum Step {
    /// Drops the media socket without a WebSocket close, as a broken network does.
    Drop,
    /// Sends `stop` and closes the media socket.
    HangUp,
    /// Waits for an answer, at most 30 s, and listens until it ends.
    Listen,
    /// Waits for an answer, at most 30 s, and listens to it for this long; the next step interrupts it.
    ListenFor(Duration),
    /// Presses these keys: sends a `dtmf` message for each.
    Press(String),
    /// Speaks until the end of this audio.
    Say(Clip),
    /// Opens a second socket for the same call.
    SecondSocket,
    /// Sends the `start` message again.
    StartAgain,
    /// Waits until the daemon ends the stream.
    Stay,
    /// Sends `stop` and leaves the socket open.
    StopWithoutClose,
    /// Is silent for this long.
    Wait(Duration),
}

/// All actions of the caller while the stream is open. After the last one the caller hangs up.
///
/// Written as steps between semicolons: `say 1.5s; listen; say 1s; listen 600ms; say 800ms; press 1; wait 2s; stay`.
#[derive(Clone, Debug)]
pub struct Script(pub Vec<Step>);

impl Default for Script {
    fn default() -> Self {
        Self(vec![Step::Say(Clip::Voice(1_500)), Step::Listen, Step::Say(Clip::Voice(1_200)), Step::Listen])
    }
}

/// Why a script cannot be parsed.
#[derive(Debug, thiserror::Error)]
#[error("step {number}, \"{step}\": {reason}")]
pub struct ScriptError {
    number: usize,
    step: String,
    reason: String,
}

impl FromStr for Script {
    type Err = ScriptError;

    fn from_str(text: &str) -> Result<Self, ScriptError> {
        let steps = text.split(';').map(str::trim).filter(|step| !step.is_empty()).enumerate();
        let read = |(number, step): (usize, &str)| {
            parse_step(step).map_err(|reason| ScriptError { number: number + 1, step: step.to_owned(), reason })
        };
        Ok(Self(steps.map(read).collect::<Result<_, _>>()?))
    }
}

fn parse_step(step: &str) -> Result<Step, String> {
    let (verb, rest) = step.split_once(char::is_whitespace).map_or((step, ""), |(verb, rest)| (verb, rest.trim()));
    let parsed = match (verb, rest) {
        ("say", clip) => Step::Say(parse_clip(clip)?),
        ("listen", "") => Step::Listen,
        ("listen", time) => Step::ListenFor(parse_time(time)?),
        ("wait", time) => Step::Wait(parse_time(time)?),
        ("press", keys) if !keys.is_empty() && keys.chars().all(|key| "0123456789*#ABCD".contains(key)) => {
            Step::Press(keys.to_owned())
        }
        ("press", _) => return Err("keys are 0 to 9, *, # and A to D".into()),
        ("hangup", "") => Step::HangUp,
        ("stay", "") => Step::Stay,
        ("drop", "") => Step::Drop,
        ("second-socket", "") => Step::SecondSocket,
        ("start-again", "") => Step::StartAgain,
        ("stop-without-close", "") => Step::StopWithoutClose,
        _ => return Err(STEPS.into()),
    };
    Ok(parsed)
}

/// Parses a duration, or reads the WAV file with this path.
fn parse_clip(text: &str) -> Result<Clip, String> {
    if let Ok(time) = parse_time(text) {
        return Ok(Clip::Voice(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)));
    }
    let file = std::fs::read(text).map_err(|error| format!("neither a time as 1.5s nor a file: {error}"))?;
    Ok(Clip::Sound(read_wav(&file).map_err(|error| error.to_string())?.into()))
}

/// Parses a duration: `1500`, `1500ms` or `1.5s`, at most an hour.
///
/// # Errors
/// A description of the error, as a sentence for the user.
pub fn parse_time(text: &str) -> Result<Duration, String> {
    let (number, unit_ms) = match text.strip_suffix("ms") {
        Some(number) => (number, 1.0),
        None => text.strip_suffix('s').map_or((text, 1.0), |number| (number, 1_000.0)),
    };
    let ms = number.trim().parse::<f64>().map_err(|_| format!("\"{text}\" is no time; write it as 800ms or 1.5s"))?;
    let time = Duration::try_from_secs_f64(ms * unit_ms / 1_000.0).map_err(|error| error.to_string())?;
    if time > Duration::from_hours(1) { Err("longer than an hour".into()) } else { Ok(time) }
}

const STEPS: &str = "steps are: say TIME|FILE.wav, listen [TIME], wait TIME, press KEYS, hangup, stay, drop, second-socket, \
                     start-again, stop-without-close";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_can_be_parsed() {
        let script: Script = "say 1.5s; listen; listen 600ms; wait 2s; press 12#; hangup; stay; drop; second-socket; \
                              start-again; stop-without-close;"
            .parse()
            .unwrap();
        assert_eq!(
            format!("{:?}", script.0),
            "[Say(Voice(1500 ms)), Listen, ListenFor(600ms), Wait(2s), Press(\"12#\"), HangUp, Stay, Drop, SecondSocket, \
             StartAgain, StopWithoutClose]"
        );
    }

    #[test]
    fn mistakes_name_their_step() {
        for (text, words) in [
            ("say 1s; shout 2s", "step 2, \"shout 2s\": steps are"),
            ("press 9x", "keys are"),
            ("wait soon", "800ms or 1.5s"),
            ("wait -1s", "step 1"),
            ("wait 2h", "step 1"),
            ("say no-such-file.wav", "nor a file"),
        ] {
            let error = text.parse::<Script>().unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
