//! A replayed call as lines for people: what happened, and what the session decided. Unless everything is requested,
//! frames of audio are summarised, and parts of texts and timers are omitted.

mod pipeline;

use super::reproduce::{Cause, Decision, Replay, seconds};
use crate::call::{
    CallEvent, EngineCommand, EngineEvent, HandBackCause, Input, Operator, Output, ResponseRequest, ToolCall,
    TurnRecord,
};
use crate::pipeline::PipelineOutput;
use pipeline::{action_text, service_text};
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// Frames of the caller's voice with shorter pauses between them are one run.
const SAME_RUN: Duration = Duration::from_millis(300);

#[derive(Debug, Serialize)]
pub(super) struct Line {
    /// The time since the call's session was created.
    at_ms: u64,
    /// The source of the line: `caller`, `engine`, `twilio`, `tool`, `staff`, `daemon`, `timer`, `log`, `service` for a
    /// service of the pipeline engine, `pipe` for what this engine decided, or `call` for what the session decided.
    source: &'static str,
    text: String,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_decision = matches!(self.source, "call" | "pipe");
        let (at, sign) = (seconds(Duration::from_millis(self.at_ms)), if is_decision { '→' } else { ' ' });
        write!(f, "{at}  {:<7} {sign} {}", self.source, self.text)
    }
}

pub(super) fn lines(replay: &Replay, all: bool) -> Vec<Line> {
    let mut timeline = Timeline { all, ..Timeline::default() };
    for step in &replay.steps {
        timeline.at = step.at;
        timeline.cause(&step.cause);
        for decision in &step.decisions {
            match decision {
                Decision::Session(output) => timeline.output(output),
                Decision::Pipeline(output) => timeline.pipeline_output(output),
            }
        }
    }
    for run in [Run::Voice, Run::Received, Run::Played, Run::Marks, Run::Employee] {
        timeline.end(run);
    }
    // A run is added when it ends, but belongs at the time at which it began.
    timeline.lines.sort_by_key(|line| line.at_ms);
    timeline.lines
}

#[derive(Default)]
struct Timeline {
    all: bool,
    at: Duration,
    lines: Vec<Line>,
    runs: [Option<OpenRun>; 5],
}

/// A kind of frames or marks that is summarised in one line.
#[derive(Clone, Copy)]
enum Run {
    Voice,
    /// The engine's audio of one utterance.
    Received,
    /// The audio that is sent to the caller.
    Played,
    /// Marks that Twilio returned.
    Marks,
    /// The audio of the employee who has taken the call over.
    Employee,
}

struct OpenRun {
    began: Duration,
    last: Duration,
    frames: u32,
    ms: u64,
    /// The id of the utterance; empty if the run belongs to no utterance.
    item: String,
}

impl Timeline {
    fn add(&mut self, source: &'static str, text: impl Into<String>) {
        let at_ms = u64::try_from(self.at.as_millis()).unwrap_or(u64::MAX);
        self.lines.push(Line { at_ms, source, text: text.into() });
    }

    /// Adds a frame to a run, which another utterance or a pause ends.
    fn frame(&mut self, run: Run, ms: u64, item: &str) {
        let pause = match run {
            Run::Voice => SAME_RUN,
            // These frames arrive with irregular pauses, and still belong to one run.
            Run::Received | Run::Played | Run::Marks | Run::Employee => Duration::from_secs(2),
        };
        let at = self.at;
        if self.runs[run as usize]
            .as_ref()
            .is_some_and(|open| open.item != item || at.saturating_sub(open.last) > pause)
        {
            self.end(run);
        }
        let new = || OpenRun { began: at, last: at, frames: 0, ms: 0, item: item.to_owned() };
        let open = self.runs[run as usize].get_or_insert_with(new);
        (open.last, open.frames, open.ms) = (at, open.frames + 1, open.ms + ms);
    }

    fn end(&mut self, run: Run) {
        let Some(OpenRun { began, frames, ms, item, .. }) = self.runs[run as usize].take() else { return };
        let length = format!("{}.{:02} s in {frames} frames", ms / 1000, ms % 1000 / 10);
        let (source, text) = match run {
            Run::Voice => ("caller", format!("voice, {length}")),
            Run::Received => ("engine", format!("audio of {item}, {length}")),
            Run::Played => ("call", format!("plays {length}")),
            Run::Marks => ("twilio", format!("{frames} marks played")),
            Run::Employee => ("staff", format!("audio, {length}")),
        };
        let at = std::mem::replace(&mut self.at, began);
        self.add(source, text);
        self.at = at;
    }

    fn cause(&mut self, cause: &Cause) {
        match cause {
            Cause::Start => self.add("twilio", "the call begins; the greeting plays"),
            Cause::Timeout if self.all => self.add("timer", "timers processed"),
            Cause::Timeout => {}
            Cause::Gap(records) => self.add("log", format!("{records} records are missing: the disk was too slow")),
            Cause::Full => self.add("log", "the log reached its maximum size"),
            Cause::Input(input) => self.input(input),
            Cause::PipelineStart(_) => self.add("pipe", "a pipeline is opened"),
            Cause::PipelineInput(input) => {
                if let Some(text) = service_text(input, self.all) {
                    self.add("service", text);
                }
            }
        }
    }

    /// The events for the session are its inputs, and therefore lines of their own.
    fn pipeline_output(&mut self, output: &PipelineOutput) {
        let PipelineOutput::Action(action) = output else { return };
        self.add("pipe", action_text(action));
    }

    fn input(&mut self, input: &Input) {
        match input {
            Input::CallerAudio { timestamp_ms, audio, is_voice } => {
                let (ms, kind) = (audio.ms(), if *is_voice { "voice" } else { "audio" });
                if self.all {
                    self.add("caller", format!("{kind}, {ms} ms at {timestamp_ms} ms"));
                } else if *is_voice {
                    self.frame(Run::Voice, ms, "");
                }
            }
            Input::StreamStarted => self.add("twilio", "stream started"),
            Input::CallerKey(key) => self.add("caller", format!("key {key}")),
            Input::Mark(name) if self.all => self.add("twilio", format!("mark {name} played")),
            Input::Mark(_) => self.frame(Run::Marks, 0, ""),
            Input::StreamStopped => self.add("twilio", "stream stopped"),
            Input::StreamLost => self.add("twilio", "stream lost"),
            Input::Engine(event) => self.engine(event),
            Input::ToolFinished { id, output } => self.add("tool", format!("result of {id}: {output}")),
            Input::Operator(command) => {
                let text = match command {
                    Operator::Hint(text) => format!("hint for the agent: {text}"),
                    Operator::HangUp => "hang up after this sentence".to_owned(),
                    Operator::Transfer => "transfer the call to the phone of staff".to_owned(),
                    Operator::TakeOver { name } => format!("{name} answers the call with the browser"),
                    Operator::HandBack => "hand the call back to the agent".to_owned(),
                    Operator::End => "end the call".to_owned(),
                };
                self.add("staff", text);
            }
            Input::EmployeeAudio(audio) if self.all => self.add("staff", format!("audio, {} ms", audio.ms())),
            Input::EmployeeAudio(audio) => self.frame(Run::Employee, audio.ms(), ""),
            Input::EmployeeLost => self.add("staff", "the employee's connection is lost, or no longer permitted"),
            Input::RedirectFailed => self.add("twilio", "the redirect to the recorder failed"),
            Input::RedirectDone => self.add("twilio", "the redirect to the recorder was accepted"),
            Input::PageAnswering => self.add("staff", "an employee begins to answer in the web page"),
            Input::PageUnanswered => self.add("staff", "no employee answers in the web page"),
            Input::TransferAccepted => self.add("twilio", "the human agent accepted the call"),
            Input::TransferFailed(why) => self.add("twilio", format!("the transfer failed: {why}")),
            Input::Shutdown { within } => self.add("daemon", format!("stops within {} s", within.as_secs())),
        }
    }

    fn engine(&mut self, event: &EngineEvent) {
        let at_ms = |at_ms: &Option<u64>| at_ms.map(|ms| format!(" at {ms} ms of its audio")).unwrap_or_default();
        let text = match event {
            EngineEvent::Ready => "ready".to_owned(),
            EngineEvent::Activity if self.all => "activity".to_owned(),
            EngineEvent::SpeechStarted { item, at_ms: at } => format!("caller speaks ({item}){}", at_ms(at)),
            EngineEvent::SpeechStopped { item, at_ms: at } => format!("caller stops speaking ({item}){}", at_ms(at)),
            EngineEvent::CallerText { item, text, is_final: true } => format!("caller said ({item}): {text}"),
            EngineEvent::CallerText { item, text, .. } if self.all => format!("part of caller's text ({item}): {text}"),
            EngineEvent::CallerWordTimes { item, times } if self.all => {
                format!("times of {} words ({item})", times.len())
            }
            EngineEvent::NoWords { until_ms } => format!("sound without words, until {until_ms} ms of its audio"),
            EngineEvent::TranscriptionFailed { item } => format!("no transcript ({item})"),
            EngineEvent::ResponseStarted { response } => format!("response {response} starts"),
            EngineEvent::FirstToken => "first token of the model".to_owned(),
            EngineEvent::SpeechRequested => "first clause sent to the synthesiser".to_owned(),
            EngineEvent::AudioDelta { item, audio, .. } if self.all => format!("audio ({item}), {} ms", audio.ms()),
            EngineEvent::AudioDelta { item, audio, .. } => return self.frame(Run::Received, audio.ms(), item),
            EngineEvent::AudioDone { item } => format!("audio complete ({item})"),
            EngineEvent::AgentText { item, text, is_final: true, .. } => format!("agent says ({item}): {text}"),
            EngineEvent::AgentText { item, text, .. } if self.all => format!("part of agent's text ({item}): {text}"),
            EngineEvent::Activity
            | EngineEvent::CallerText { .. }
            | EngineEvent::CallerWordTimes { .. }
            | EngineEvent::AgentText { .. } => return,
            EngineEvent::ToolCall { id, call, .. } => match call {
                ToolCall::EndCall => format!("tool call {id}: end_call"),
                ToolCall::Transfer { reason } => format!("tool call {id}: transfer_to_person ({reason})"),
                ToolCall::CollectKeys { digits: Some(digits) } => {
                    format!("tool call {id}: collect_keys ({digits} digits)")
                }
                ToolCall::CollectKeys { digits: None } => format!("tool call {id}: collect_keys"),
                ToolCall::Run { name, arguments, .. } => format!("tool call {id}: {name} {arguments}"),
            },
            EngineEvent::ResponseDone { response, outcome, .. } => format!("response {response} ends: {outcome:?}"),
            EngineEvent::ClaimStopped { promise } => format!("holds back a false claim: {}", promise.words()),
            EngineEvent::MessageStarted => "caller begins a message".to_owned(),
            EngineEvent::Finished { message_taken } => format!("finished; message taken: {message_taken}"),
            EngineEvent::Warning { code } => format!("warning: {code}"),
            EngineEvent::Failed { retry, reason } => format!("failed (can be reopened: {retry}): {reason}"),
        };
        self.add("engine", text);
    }

    fn output(&mut self, output: &Output) {
        let text = match output {
            Output::Play { audio, at_ms } if self.all => format!("plays {} ms, heard at {at_ms} ms", audio.ms()),
            Output::Play { audio, .. } => return self.frame(Run::Played, audio.ms(), ""),
            Output::Mark(name) if self.all => format!("mark {name} sent"),
            Output::Clear { heard_until_ms } => {
                self.end(Run::Played);
                self.end(Run::Marks);
                format!("clears what is not yet played; heard until {heard_until_ms} ms")
            }
            Output::CloseStream => "closes the stream".to_owned(),
            Output::AwaitStream => "waits for another stream".to_owned(),
            Output::StartTransfer { reason } => {
                format!("transfers the caller: {}", reason.as_deref().unwrap_or("requested by staff"))
            }
            Output::OpenEngine { kind, delay, history } => {
                let (kind, delay, turns) = (kind.as_str(), delay.as_millis(), history.len());
                format!("opens engine {kind} after {delay} ms, with {turns} earlier turns")
            }
            Output::CloseEngine => "closes the engine".to_owned(),
            Output::ProlongPageRing { time } => format!("rings in the web pages for {} s more", time.as_secs()),
            Output::RingPage { time, .. } => format!("rings in the open web pages for {} s", time.as_secs()),
            Output::EndPageRing => "stops ringing in the web pages".to_owned(),
            Output::PlayToEmployee(audio) if self.all => format!("passes {} ms on to the employee", audio.ms()),
            Output::Engine(command) => match self.command(command) {
                Some(text) => text,
                None => return,
            },
            Output::RunTool { id, name, .. } => format!("runs tool {name} ({id})"),
            Output::RedirectToFallback => "redirects the call to Twilio's recorder".to_owned(),
            Output::Turn(turn) if self.all || turn.ended_ms.is_some() => describe_turn(turn),
            Output::Mark(_) | Output::Turn(_) | Output::PlayToEmployee(_) => return,
            Output::Event(event) => match describe_event(event) {
                Some(text) => text,
                None if self.all => format!("{event:?}"),
                None => return,
            },
            Output::Ended { reason, action } => format!("the call ends: {reason}, then {action:?}"),
        };
        self.add("call", text);
    }

    fn command(&self, command: &EngineCommand) -> Option<String> {
        Some(match command {
            EngineCommand::AppendAudio(audio) if self.all => format!("passes {} ms on to the engine", audio.ms()),
            EngineCommand::AppendAudio(_) => return None,
            EngineCommand::Commit => "ends the caller's turn".to_owned(),
            EngineCommand::Keys(keys) => format!("passes the keys {keys} on"),
            EngineCommand::Respond(ResponseRequest::Reply) => "requests a reply".to_owned(),
            EngineCommand::Respond(ResponseRequest::Instructed(text)) => format!("requests a response: {text}"),
            EngineCommand::Cancel { response } => format!("cancels response {response}"),
            EngineCommand::Truncate { item, heard_ms } => {
                format!("tells the engine: {heard_ms} ms of {item} were heard")
            }
            EngineCommand::Delete { item } => format!("tells the engine: nothing of {item} was heard"),
            EngineCommand::Hint(_) => "passes the hint on".to_owned(),
            EngineCommand::Note(text) => format!("tells the agent: {text}"),
            EngineCommand::ToolOutput { id, .. } => format!("passes the result of {id} on"),
        })
    }
}

fn describe_turn(turn: &TurnRecord) -> String {
    let TurnRecord { seq, speaker, text, heard_text, interrupted, .. } = turn;
    if *interrupted {
        return format!("turn {seq}, {speaker}, interrupted: {text} | heard: {heard_text}");
    }
    format!("turn {seq}, {speaker}: {text}")
}

/// `None` if the timeline omits the event unless everything is requested.
fn describe_event(event: &CallEvent) -> Option<String> {
    Some(match event {
        CallEvent::Live { engine } => format!("live with engine {}", engine.as_str()),
        CallEvent::FirstAudio { latency_ms: Some(ms) } => {
            format!("first audio of the answer, {ms} ms after the caller")
        }
        CallEvent::BargeIn { heard_ms } => format!("interruption: {heard_ms} ms of the answer were heard"),
        CallEvent::BargeInUndone { cause, paused_ms } => {
            format!("no interruption ({}): the agent continues after {paused_ms} ms", cause.as_str())
        }
        CallEvent::HeldReplyDiscarded => "the caller continues, so the early reply is discarded".to_owned(),
        CallEvent::ClaimStopped { promise, was_heard } => {
            let heard = if *was_heard { "partly heard" } else { "not heard" };
            format!("a false claim is stopped, {heard}: {}", promise.words())
        }
        CallEvent::IdlePrompt { number } => format!("asks whether the caller is there ({number})"),
        CallEvent::EngineLost { engine, reason } => format!("engine {} lost: {reason}", engine.as_str()),
        CallEvent::EngineRenewed { engine } => format!("new session of engine {}", engine.as_str()),
        CallEvent::EngineFailover { to } => format!("switches to engine {}", to.as_str()),
        CallEvent::TakenOver => "the caller is connected with the employee".to_owned(),
        CallEvent::HandedBack { cause } => match cause {
            HandBackCause::Employee => "the agent continues, because the call was handed back",
            HandBackCause::Lost => "the agent continues, because the employee was disconnected",
            HandBackCause::TimeLimit => "the agent continues, because the employee had the maximum time",
        }
        .to_owned(),
        CallEvent::RobotDetected(evidence) => format!("the caller is a machine ({})", evidence.as_str()),
        CallEvent::WatchdogFired => "the stream and the engine were not connected in time".to_owned(),
        CallEvent::CallerSpeech { .. }
        | CallEvent::FirstAudio { .. }
        | CallEvent::Key(_)
        | CallEvent::MessageStarted { .. }
        | CallEvent::EngineWarning { .. }
        | CallEvent::Used(_)
        | CallEvent::TransferBegan
        | CallEvent::TransferAccepted
        | CallEvent::TransferFailed(_) => return None,
    })
}
