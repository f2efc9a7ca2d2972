//! `agentlocator simulate call`: a simulated caller.

use super::output::OutputOptions;
use super::summary;
use super::target::Target;
use crate::cli::settings::Settings;
use crate::simulator::caller::{
    CallPlan, CallReport, Chaos, Clip, DialPlan, EndedBy, Phase, Phone, Script, Step, StreamPlan, parse_time,
};
use crate::simulator::sound::wav_of_mulaw;
use crate::simulator::twilio::{TwilioOptions, TwilioRest, TwilioState};
use anyhow::Context;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use tokio::net::TcpListener;

/// Calls the server like Twilio: sends a signed webhook, follows its TwiML, opens the media stream, sends audio in real
/// time.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// The caller's steps while the stream is open, separated by semicolons: say TIME|FILE.wav, listen, listen TIME
    /// (the next step interrupts), wait TIME, press KEYS, hangup, stay (until the server ends the stream), drop (the
    /// socket, without a close), second-socket (for the same call), start-again (send the start message again),
    /// stop-without-close (send stop, and leave the socket open).
    #[arg(long, value_name = "STEPS", default_value = "say 1.5s; listen; say 1.2s; listen")]
    script: Script,
    /// The caller's number; with `whatsapp:` before it, the call is a WhatsApp call.
    #[arg(long, value_name = "NUMBER", default_value = "+972501234567")]
    from: String,
    /// The called number.
    #[arg(long, value_name = "NUMBER", default_value = "+97235551234")]
    to: String,
    /// What the caller says to a recorder: a time or a WAV file. Repeat for further recordings; after the last one the
    /// caller hangs up.
    #[arg(long = "message", value_name = "TIME|FILE.wav", default_value = "3s")]
    messages: Vec<ClipArgument>,
    /// The media stream: open, never (Twilio cannot connect), fails, or a time after which it opens.
    #[arg(long, value_name = "HOW", default_value = "open")]
    stream: StreamArgument,
    /// The outcome of a transfer: no-answer, busy, declined, mailbox, forwarded (back to the server),
    /// forwarded-unmarked (back to the server, without the carrier's mark of a forwarded call), or the length of the
    /// talk.
    #[arg(long, value_name = "HOW", default_value = "no-answer")]
    dial: DialArgument,
    /// Hang up after a time in a phase of the call (ringing, playing, connecting, streaming, recording, dialing,
    /// waiting), such as playing:1s.
    #[arg(long, value_name = "PHASE:TIME")]
    hang_up: Option<HangUpArgument>,
    /// Skip the duration of prompts and pauses outside of the stream.
    #[arg(long)]
    fast: bool,
    /// Run a fake Twilio REST API at this address during the call, so that the server can redirect the call and fetch
    /// recordings: set the server's TWILIO_API_BASE_URL to http://ADDRESS.
    #[arg(long, value_name = "ADDRESS")]
    rest: Option<SocketAddr>,
    /// Save the audio that the caller heard on the stream as a WAV file.
    #[arg(long, value_name = "FILE.wav")]
    save_heard: Option<PathBuf>,
    /// The number of concurrent calls, from consecutive numbers.
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=500))]
    calls: u16,
    #[command(flatten)]
    network: Network,
    #[command(flatten)]
    output: OutputOptions,
}

/// Disturbances of the network.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
struct Network {
    /// Delay frames by up to this time.
    #[arg(long, value_name = "TIME", value_parser = parse_time, default_value = "0", help_heading = "Network")]
    jitter: Duration,
    /// Deliver frames in bursts of this size.
    #[arg(long, value_name = "FRAMES", default_value_t = 1, help_heading = "Network")]
    burst: u64,
    /// Send frames of varying length.
    #[arg(long, help_heading = "Network")]
    ragged: bool,
    /// Send no frames while the caller is silent.
    #[arg(long, help_heading = "Network")]
    omit_silence: bool,
    /// Lose this percentage of marks.
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100), help_heading = "Network")]
    lost_marks: u8,
    /// Delay marks by up to this time.
    #[arg(long, value_name = "TIME", value_parser = parse_time, default_value = "0", help_heading = "Network")]
    late_marks: Duration,
    /// Send numbers in messages as JSON numbers instead of strings.
    #[arg(long, help_heading = "Network")]
    numbers: bool,
    /// Send every webhook and the start message twice.
    #[arg(long, help_heading = "Network")]
    twice: bool,
    /// The random seed: the same seed gives the same disturbances.
    #[arg(long, value_name = "NUMBER", default_value_t = 1, help_heading = "Network")]
    seed: u64,
}

pub(super) async fn run(arguments: Arguments, settings: &Settings) -> anyhow::Result<()> {
    let log = arguments.output.log();
    let twilio_state = TwilioState::new(arguments.target.account(settings)?);
    let route = arguments.target.route(settings)?;
    let url = arguments.target.webhook(settings, "/webhook/incoming_call")?;
    let _rest = match arguments.rest {
        Some(address) => {
            let listener = TcpListener::bind(address).await.with_context(|| format!("--rest {address}"))?;
            let options = TwilioOptions::default();
            Some(TwilioRest::start(listener, twilio_state.clone(), route.clone(), options, log.clone())?)
        }
        None => None,
    };
    let phone = Phone::new(twilio_state, route, log.clone());
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..arguments.calls {
        let (phone, plan) = (phone.clone(), arguments.plan(url.as_str(), number));
        calls.spawn(async move { phone.place_call(plan).await });
    }
    let mut reports = calls.join_all().await;
    reports.sort_by(|one, other| one.call_sid.cmp(&other.call_sid));
    if let (Some(file), Some(stream)) = (&arguments.save_heard, reports.first().and_then(|call| call.streams.first())) {
        std::fs::write(file, wav_of_mulaw(&stream.heard))
            .with_context(|| format!("--save-heard {}", file.display()))?;
    }
    let failed = reports.iter().filter(|report| report.ended == EndedBy::Error).count();
    let failure = (failed > 0).then(|| format!("{failed} of {} calls ended with an error", reports.len()));
    let text: String = reports.iter().map(summary::call).collect();
    arguments.output.finish::<Vec<CallReport>>(&log, &reports, &text, failure.as_deref())
}

impl Arguments {
    fn plan(&self, url: &str, number: u16) -> CallPlan {
        let network = &self.network;
        CallPlan {
            from: following(&self.from, number),
            to: self.to.clone(),
            script: self.script.clone(),
            messages: self.messages.iter().map(|message| message.0.clone()).collect(),
            stream: self.stream.0,
            dial: self.dial.0,
            hang_up: self.hang_up.as_ref().map(|argument| argument.0),
            fast: self.fast,
            chaos: Chaos {
                jitter: network.jitter,
                burst_frames: network.burst,
                stall: None,
                ragged: network.ragged,
                omit_silence: network.omit_silence,
                lost_marks_percent: network.lost_marks,
                late_marks: network.late_marks,
                numbers_as_numbers: network.numbers,
                start_twice: network.twice,
                webhooks_twice: network.twice,
                seed: network.seed + u64::from(number),
            },
            ..CallPlan::new(url)
        }
    }
}

/// Returns the phone number that is `number` greater than `first`, or `first` itself if it is not numeric.
fn following(first: &str, number: u16) -> String {
    let (medium, caller) = first.split_at(first.find('+').unwrap_or(0));
    match caller.trim_start_matches('+').parse::<u64>() {
        Ok(digits) if number > 0 => format!("{medium}+{}", digits + u64::from(number)),
        _ => first.to_owned(),
    }
}

#[derive(Clone, Debug)]
struct ClipArgument(Clip);

impl FromStr for ClipArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let script: Script =
            format!("say {text}").parse().map_err(|error: crate::simulator::caller::ScriptError| error.to_string())?;
        match script.0.into_iter().next() {
            Some(Step::Say(clip)) => Ok(Self(clip)),
            _ => Err("expected a time, such as 3s, or a WAV file".into()),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct StreamArgument(StreamPlan);

impl FromStr for StreamArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Self(match text {
            "open" => StreamPlan::Open,
            "never" => StreamPlan::Never,
            "fails" => StreamPlan::Fails,
            time => StreamPlan::OpenAfter(parse_time(time)?),
        }))
    }
}

#[derive(Clone, Copy, Debug)]
struct DialArgument(DialPlan);

impl FromStr for DialArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Self(match text {
            "no-answer" => DialPlan::NoAnswer,
            "busy" => DialPlan::Busy,
            "declined" => DialPlan::Declined,
            "mailbox" => DialPlan::Mailbox,
            "forwarded" => DialPlan::Forwarded,
            "forwarded-unmarked" => DialPlan::ForwardedUnmarked,
            time => DialPlan::Answered(parse_time(time)?),
        }))
    }
}

#[derive(Clone, Copy, Debug)]
struct HangUpArgument((Phase, Duration));

impl FromStr for HangUpArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (phase, time) = text.split_once(':').ok_or("expected a phase and a time, such as playing:1s")?;
        let phase = match phase {
            "ringing" => Phase::Ringing,
            "playing" => Phase::Playing,
            "connecting" => Phase::Connecting,
            "streaming" => Phase::Streaming,
            "recording" => Phase::Recording,
            "dialing" => Phase::Dialing,
            "waiting" => Phase::Waiting,
            _ => return Err("phases are ringing, playing, connecting, streaming, recording, dialing, waiting".into()),
        };
        Ok(Self((phase, parse_time(time)?)))
    }
}

const EXAMPLES: &str = "\
Examples:
  agentlocator simulate call                                     two questions and answers, on this machine
  agentlocator simulate call --script 'say 1s; listen 600ms; say 1s; listen'   interrupt the answer
  agentlocator simulate call --stream never --rest 127.0.0.1:9001    the watchdog sends the caller to the recorder
  agentlocator simulate call --url https://box.example --auth-token-file token.txt   another server
  agentlocator simulate call --jitter 120ms --ragged --twice     a bad network

It fails if the call ends with an error, or if the server violates Twilio's rules.
";
