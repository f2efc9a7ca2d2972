//! The task of one call: both sockets, the engine and the timer, so a frame never waits for another thread.
//! [`CallSession`] makes the decisions; this module carries them out.

mod audio_rate_limit;
mod call_log_writer;
mod deadline_timer;
mod message;
pub(super) mod recording_writer;
mod redirect;

pub(super) use message::CallMessage;

use super::ActiveSettings;
use super::calls::{CallContext, CallServices, Calls, MediaSocket, can_transfer};
use super::clips;
use crate::agent::instructions::{self, PhoneContext};
use crate::agent::tool::{ToolContext, ToolRegistry};
use crate::audio::{EncodedAudio, VoiceDetector};
use crate::call::{CallPolicy, CallSession, EngineKind, HistoryTurn, Input, Output};
use crate::clock;
use crate::domain::{CallSid, ContactName, StreamSid};
use crate::engine::{Engine, Realtime, RealtimeSetup, Voicemail, VoicemailSetup};
use crate::providers::twilio::media_stream::{self, Incoming, Outgoing, Start};
use crate::providers::websocket::{self, Received};
use audio_rate_limit::{Admission, AudioRateLimit};
use call_log_writer::CallLogWriter;
use deadline_timer::DeadlineTimer;
use futures_util::FutureExt;
use recording_writer::RecordingWriter;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

/// Runs one call from its webhook to its end.
pub(super) async fn run(
    calls: Calls,
    settings: Arc<ActiveSettings>,
    policy: CallPolicy,
    context: CallContext,
    sender: UnboundedSender<CallMessage>,
    receiver: UnboundedReceiver<CallMessage>,
) {
    let now = clock::instant();
    let sid = context.call.call_sid.clone();
    let CallServices { store, alerts, .. } = calls.services();
    let call_log_writer = CallLogWriter::new(sid.clone(), store.clone(), settings.config.clone(), alerts.clone());
    let tools = ToolRegistry::for_phone(can_transfer(&settings.config, &context.call));
    let mut task = CallTask {
        session: CallSession::new(policy, now),
        engine: None,
        stream: None,
        began: None,
        stream_sid: None,
        lost_stream: None,
        past_streams: 0,
        voice: VoiceDetector::default(),
        call_log_writer,
        recording_writer: None,
        timer: DeadlineTimer::new(),
        tools,
        calls,
        settings,
        context,
        sid,
        sender,
        receiver,
    };
    task.run().await;
    task.shut_down().await;
}

struct CallTask {
    calls: Calls,
    /// The settings that were active when the call began.
    settings: Arc<ActiveSettings>,
    context: CallContext,
    sid: CallSid,
    session: CallSession,
    engine: Option<Engine>,
    stream: Option<Stream>,
    /// When the stream started.
    began: Option<Instant>,
    /// The current stream, and the one before it.
    stream_sid: Option<StreamSid>,
    lost_stream: Option<StreamSid>,
    /// How many streams of this call have ended.
    past_streams: u32,
    voice: VoiceDetector,
    call_log_writer: CallLogWriter,
    recording_writer: Option<RecordingWriter>,
    timer: DeadlineTimer,
    /// The agent's tools in this call.
    tools: ToolRegistry,
    /// The task's own sender: tools and the redirect report through it.
    sender: UnboundedSender<CallMessage>,
    receiver: UnboundedReceiver<CallMessage>,
}

struct Stream {
    socket: MediaSocket,
    writer: Outgoing,
    audio_rate_limit: AudioRateLimit,
}

impl CallTask {
    async fn run(&mut self) {
        loop {
            self.drain_outputs();
            if self.session.is_over() {
                return;
            }
            self.timer.set(self.session.poll_timeout());
            tokio::select! {
                biased;
                received = receive(&mut self.stream) => self.handle_stream(received),
                event = next(&mut self.engine) => self.session.handle_input(Input::Engine(event), clock::instant()),
                message = self.receiver.recv() => self.handle_message(message),
                () = self.timer.expired() => self.session.handle_timeout(clock::instant()),
            }
        }
    }

    /// Carries out all pending outputs of the session, then flushes the sockets once.
    fn drain_outputs(&mut self) {
        while let Some(output) = self.session.poll_output() {
            self.apply(output);
        }
        if let Some(engine) = &mut self.engine {
            engine.try_flush();
        }
        if let Some(stream) = &mut self.stream {
            // A write error is ignored: the reader of the socket reports it.
            let _ = stream.socket.socket.try_flush();
        }
        if let (Some(recording_writer), Some(began)) = (&mut self.recording_writer, self.began) {
            recording_writer.flush(clock::instant() - began);
            if !self.calls.services().disk.takes_media() {
                tracing::warn!(event = "RECORDING_OFF", call.sid = %self.sid, "The disk is nearly full: the recording of call {} stops here", self.sid);
                if let Some(recording_writer) = self.recording_writer.take() {
                    recording_writer.finish(clock::instant() - began, self.calls.services().compression.clone());
                }
            }
        }
    }

    fn apply(&mut self, output: Output) {
        match output {
            Output::Engine(command) => {
                if let Some(engine) = &mut self.engine {
                    engine.command(&command);
                }
            }
            Output::Play { audio, at_ms } => {
                self.send(|writer| writer.media(audio.base64()));
                if let Some(recording_writer) = &mut self.recording_writer {
                    recording_writer.agent(at_ms, &audio);
                }
            }
            Output::Mark(name) => self.send(|writer| writer.mark(&name)),
            Output::Clear { heard_until_ms } => {
                self.send(Outgoing::clear);
                if let Some(recording_writer) = &mut self.recording_writer {
                    recording_writer.truncate_agent(heard_until_ms);
                }
            }
            Output::AwaitStream => self.await_stream(),
            Output::StartTransfer { reason } => self.start_transfer(&reason.unwrap_or_default()),
            Output::OpenEngine { kind, delay, history } => self.open_engine(kind, delay, history),
            Output::Turn(turn) => self.call_log_writer.turn(turn),
            Output::Event(event) => self.call_log_writer.event(&event),
            Output::RunTool { id, name, arguments } => self.run_tool(id, name, arguments),
            Output::RedirectToFallback => {
                tokio::spawn(redirect::to_recorder(self.calls.clone(), self.sid.clone(), self.sender.clone()));
            }
            // The last output. The socket is closed when the task exits, because the follow-up action must be recorded
            // before.
            Output::CloseStream => {}
            Output::Ended { reason, action } => {
                self.calls.set_stream_end_action(&self.sid, action);
                self.call_log_writer.ended(reason, action);
            }
        }
    }

    fn handle_stream(&mut self, received: Received) {
        let now = clock::instant();
        let text = match received {
            Received::Text(text) => text,
            Received::Binary(_) | Received::Activity => return,
            Received::Closed(_) | Received::Lost(_) => {
                self.stream = None;
                return self.session.handle_input(Input::StreamLost, now);
            }
        };
        let input = match media_stream::parse(&text) {
            Ok(Incoming::Media { timestamp_ms, payload }) => {
                let Some(audio) = EncodedAudio::parse(websocket::slice(&text, payload)) else {
                    return tracing::debug!(event = "STREAM_MALFORMED", call.sid = %self.sid, "Media message without audio ignored");
                };
                if !self.is_in_time(timestamp_ms, &audio, now) {
                    return;
                }
                if let Some(recording_writer) = &mut self.recording_writer {
                    recording_writer.caller(timestamp_ms, &audio);
                }
                let is_voice = self.voice.detect(&audio, self.session.trusts_engine(now));
                Input::CallerAudio { timestamp_ms, audio, is_voice }
            }
            Ok(Incoming::Mark(name)) => Input::Mark(name.into_owned()),
            Ok(Incoming::Dtmf(key)) => Input::CallerKey(key),
            Ok(Incoming::Stop) => Input::StreamStopped,
            Ok(Incoming::Connected | Incoming::Start(_) | Incoming::Unknown) => return,
            Err(error) => {
                return tracing::debug!(event = "STREAM_MALFORMED", call.sid = %self.sid, %error, "Malformed media stream message ignored");
            }
        };
        self.session.handle_input(input, now);
    }

    /// Returns true if the audio is not ahead of real time. A stream that continues to send faster than real time is
    /// closed.
    fn is_in_time(&mut self, timestamp_ms: u64, audio: &EncodedAudio, now: Instant) -> bool {
        let (Some(stream), Some(began)) = (&mut self.stream, self.began) else { return false };
        match stream.audio_rate_limit.admit(timestamp_ms, audio.ms(), now - began) {
            Admission::Accept => return true,
            Admission::Drop if stream.audio_rate_limit.is_first_drop(audio.ms()) => {
                tracing::warn!(event = "STREAM_TOO_FAST", call.sid = %self.sid, "Audio of call {} dropped: it is ahead of real time", self.sid);
            }
            Admission::Drop => {}
            Admission::Close => {
                tracing::warn!(event = "STREAM_FLOOD", call.sid = %self.sid, "Media stream of call {} closed: it sends faster than real time", self.sid);
                if let Some(stream) = self.stream.take() {
                    // The close frame is sent without waiting for the peer, because its further data must not be read.
                    let _ = stream.socket.reject_flood().now_or_never();
                }
                self.session.handle_input(Input::StreamLost, now);
            }
        }
        false
    }

    fn handle_message(&mut self, message: Option<CallMessage>) {
        let now = clock::instant();
        let input = match message {
            Some(CallMessage::Stream(socket, start)) => {
                self.stream_began(*socket, &start, now);
                Input::StreamStarted
            }
            // Late reports about a stream that was replaced are ignored.
            Some(CallMessage::StreamFailed(stream)) if self.is_lost(&stream) => return,
            Some(CallMessage::StreamEnded(connect)) if connect <= self.past_streams => return,
            // The channel never ends, since the task holds a sender itself.
            Some(CallMessage::StreamEnded(_) | CallMessage::StreamFailed(_)) | None => Input::StreamLost,
            Some(CallMessage::HungUp) => Input::StreamStopped,
            Some(CallMessage::ToolFinished { id, output }) => Input::ToolFinished { id, output },
            Some(CallMessage::TransferAccepted) => Input::TransferAccepted,
            Some(CallMessage::TransferFailed(why)) => Input::TransferFailed(why),
            Some(CallMessage::RedirectFailed) => Input::RedirectFailed,
            Some(CallMessage::RedirectDone) => Input::RedirectDone,
            Some(CallMessage::Shutdown { deadline }) => Input::Shutdown { deadline },
        };
        self.session.handle_input(input, now);
    }

    /// Returns true if `stream` was lost and the call continues without it.
    fn is_lost(&self, stream: &str) -> bool {
        let gone = if self.stream.is_none() { &self.stream_sid } else { &self.lost_stream };
        gone.as_ref().is_some_and(|gone| gone.as_str() == stream)
    }

    fn await_stream(&mut self) {
        if self.began.is_some() {
            tracing::warn!(event = "STREAM_LOST", call.sid = %self.sid, "Media stream of call {} lost; Twilio is instructed to open another one", self.sid);
        }
        // The registry must know the follow-up action before the socket closes.
        self.calls.await_stream(&self.sid);
        self.end_stream();
    }

    fn start_transfer(&mut self, reason: &str) {
        self.calls.start_transfer(&self.sid, reason);
        self.end_stream();
    }

    /// Runs a tool as its own task, so the call continues meanwhile; the output returns as a message.
    fn run_tool(&self, id: String, name: String, arguments: String) {
        tracing::info!(event = "TOOL_CALL", call.sid = %self.sid, tool = name, "The agent calls tool {name} in call {}", self.sid);
        let context = ToolContext { store: self.calls.services().store.clone(), call: self.sid.clone() };
        let (tools, sender) = (self.tools.clone(), self.sender.clone());
        tokio::spawn(async move {
            let output = tools.run(&context, &name, &arguments).await;
            let _ = sender.send(CallMessage::ToolFinished { id, output });
        });
    }

    /// Ends a stream while the call continues: its recording is complete, and the next stream gets its own.
    fn end_stream(&mut self) {
        if let Some(began) = self.began.take() {
            self.past_streams += 1;
            if let Some(recording_writer) = self.recording_writer.take() {
                recording_writer.finish(clock::instant() - began, self.calls.services().compression.clone());
            }
        }
        if let Some(stream) = self.stream.take() {
            tokio::spawn(stream.socket.close());
        }
    }

    fn stream_began(&mut self, socket: MediaSocket, start: &Start, now: Instant) {
        self.stream = Some(Stream {
            socket,
            writer: Outgoing::new(&start.stream_sid),
            audio_rate_limit: AudioRateLimit::default(),
        });
        self.began = Some(now);
        self.lost_stream = self.stream_sid.replace(start.stream_sid.clone());
        self.call_log_writer.stream_began(&start.stream_sid);
        let recording = self.settings.config.voice.recording;
        if recording && !self.calls.services().disk.takes_media() {
            tracing::warn!(event = "RECORDING_OFF", call.sid = %self.sid, "The disk is nearly full: call {} is not recorded", self.sid);
        } else if recording {
            self.recording_writer =
                Some(RecordingWriter::start(&self.sid, &start.stream_sid, self.calls.services().store.clone()));
        }
    }

    fn open_engine(&mut self, kind: EngineKind, delay: Duration, history: Vec<HistoryTurn>) {
        let engine = match kind {
            EngineKind::Realtime => Engine::Realtime(Box::new(Realtime::open(self.realtime_setup(history), delay))),
            EngineKind::Voicemail => Engine::Voicemail(Box::new(Voicemail::new(self.voicemail_setup()))),
        };
        if let Some(before) = self.engine.replace(engine) {
            tokio::spawn(before.close());
        }
    }

    fn realtime_setup(&self, history: Vec<HistoryTurn>) -> RealtimeSetup {
        let config = self.settings.config.clone();
        // A profile name is chosen by the caller, so it must not be part of the instructions (prompt injection).
        let (caller_name, profile_name) = match &self.context.name {
            ContactName::Unknown => (None, None),
            ContactName::ByOwner(name) => (Some(name.as_str()), None),
            ContactName::ByProfile(name) => (None, Some(name.clone())),
        };
        let can_transfer = can_transfer(&config, &self.context.call);
        let context = PhoneContext { caller_name, now: clock::now(), can_transfer, is_resumed: !history.is_empty() };
        RealtimeSetup {
            instructions: instructions::for_phone(&config.business, &config.agent, &context).into(),
            tools: self.tools.clone(),
            language: config.agent.language.clone(),
            profile_name,
            history,
            rejected: self.calls.services().rejected.clone(),
            config,
        }
    }

    fn voicemail_setup(&self) -> VoicemailSetup {
        let (services, voice) = (self.calls.services(), &self.settings.config.voice);
        VoicemailSetup {
            prompt: services.clips.leave_message.clone(),
            prompt_text: clips::leave_message_text(),
            thanks: services.clips.thanks.clone(),
            thanks_text: clips::thanks_text(),
            longest: Duration::from_secs(voice.message_max_s.into()),
            silence: Duration::from_secs(voice.message_silence_s.into()),
        }
    }

    fn send(&mut self, message: impl FnOnce(&Outgoing) -> String) {
        if let Some(stream) = &mut self.stream
            && let Err(error) = stream.socket.socket.queue(message(&stream.writer))
        {
            tracing::warn!(event = "STREAM_STUCK", call.sid = %self.sid, %error, "Media stream of call {} lost: the socket does not accept data", self.sid);
            self.stream = None;
            self.session.handle_input(Input::StreamLost, clock::instant());
        }
    }

    /// Closes both sockets. The engine's socket costs money while it is open; Twilio requests the next TwiML when its
    /// socket is closed.
    async fn shut_down(&mut self) {
        if let Some(engine) = self.engine.take() {
            tokio::spawn(engine.close());
        }
        if let (Some(recording_writer), Some(began)) = (self.recording_writer.take(), self.began) {
            recording_writer.finish(clock::instant() - began, self.calls.services().compression.clone());
        }
        if let Some(stream) = self.stream.take() {
            stream.socket.close().await;
        }
        // Closes the sockets of streams that arrived too late.
        while let Ok(message) = self.receiver.try_recv() {
            if let CallMessage::Stream(socket, _) = message {
                socket.close().await;
            }
        }
    }
}

async fn receive(stream: &mut Option<Stream>) -> Received {
    match stream {
        Some(stream) => stream.socket.socket.receive().await,
        None => std::future::pending().await,
    }
}

async fn next(engine: &mut Option<Engine>) -> crate::call::EngineEvent {
    match engine {
        Some(engine) => engine.next().await,
        None => std::future::pending().await,
    }
}
