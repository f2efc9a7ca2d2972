//! The task of one call. It owns the media sockets, the engine and the timer, so that an audio frame never waits for
//! another task. [`CallSession`] makes the decisions; this module carries them out.

mod ai_outcome;
mod audio_rate_limit;
mod call_log;
mod call_log_writer;
mod caller_audio;
pub(super) mod claims;
mod deadline_timer;
mod employee;
mod engine_setup;
mod listeners;
mod logged_session;
mod page_ring;
pub(super) mod recording_writer;
mod redirect;
mod rehearsal;
mod stream;
mod stream_end;
mod takeover;
mod tool_run;
mod transfer;
mod trial;
mod trial_log;

use super::ActiveSettings;
use super::caller_texts::can_text;
use super::calls::{
    CallContext, CallMessage, CallStart, Calls, KnownAtStart, MediaSocket, TransferAnswer, Transport, can_transfer,
    complete_with_retries,
};
use crate::agent::tool::{PhoneTools, ToolRegistry};
use crate::audio::VoiceDetector;
use crate::call::{CallPolicy, CallSession, CallerWords, Input, Operator, Output, PageRing};
use crate::clock;
use crate::domain::{CallSid, EndReason, StreamSid};
use crate::engine::Engine;
use crate::providers::twilio::media_stream::{self, Incoming, Start};
use crate::providers::websocket::Received;
use crate::telemetry::log;
use call_log::CallLog;
use deadline_timer::DeadlineTimer;
use employee::{Employee, EmployeeEnd};
use listeners::Listeners;
use logged_session::LoggedSession;
use recording_writer::RecordingWriter;
use rehearsal::Rehearsed;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stream::Stream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite;
use trial_log::TrialEnd;

pub fn run(start: CallStart) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(run_task(start))
}

async fn run_task(start: CallStart) {
    let CallStart { calls, settings, policy, context, sender, receiver } = start;
    let now = clock::instant();
    let sid = context.call.call_sid.clone();
    let log = CallLog::new(&calls, &settings, &context);
    // A call without AI goes to voicemail, which does not use this data, so the caller does not wait for the database.
    let has_ai = policy.engines.iter().any(|engine| engine.is_ai());
    let known = if has_ai {
        calls.services().known_at_start(&settings.config.business.time_zone, &context.call).await
    } else {
        KnownAtStart::NOTHING
    };
    let check = has_ai.then(|| claims::check(&known, &context, &settings.config, calls.services().now()));
    let is_trial = context.transport == Transport::Browser;
    let rehearsed = calls.services().rehearsal.clone().map(Rehearsed::new);
    let has_phone = can_transfer(&settings.config, &context.call);
    // Neither a browser nor a rehearsal disturbs the staff.
    let rings_pages = !is_trial && rehearsed.is_none() && settings.config.voice.ring_page_s > 0;
    let time = Duration::from_secs(settings.config.voice.ring_page_s.into());
    let page_ring = rings_pages.then_some(PageRing { time, has_phone });
    let policy = CallPolicy { claims: check, page_ring, ..policy };
    let offers_transfer = has_phone || (page_ring.is_some() && calls.has_open_page());
    let tools = ToolRegistry::for_phone(PhoneTools {
        transfer: offers_transfer,
        booking: known.profile.can_book(),
        facts: known.profile.has_more_facts,
        whatsapp: can_text(&settings.config, &settings.rules, (!is_trial).then_some(&context.call)),
    })
    .with_own(&known.profile.tools);
    let tools = if is_trial { tools.for_trial() } else { tools };
    let is_logged = !is_trial && rehearsed.is_none() && settings.config.input_log_days() > 0;
    let input_log = if is_logged { calls.services().input_logs.begin(&sid, &policy, now) } else { None };
    let mut task = CallTask {
        session: LoggedSession::new(CallSession::new(policy, now), input_log),
        engine: None,
        stream: None,
        began: None,
        stream_sid: None,
        lost_stream: None,
        past_streams: 0,
        voice: VoiceDetector::default(),
        log,
        rehearsed,
        recording_writer: None,
        listeners: None,
        employee: None,
        timer: DeadlineTimer::new(),
        tools,
        offers_transfer,
        words: watch::Sender::default(),
        known,
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
    settings: Arc<ActiveSettings>,
    context: CallContext,
    sid: CallSid,
    session: LoggedSession,
    engine: Option<Engine>,
    stream: Option<Stream>,
    /// When the current stream started; in a trial call, when the greeting had been played.
    began: Option<Instant>,
    /// The id of the newest stream, even after this stream was lost; `lost_stream` is the id of the stream before it.
    stream_sid: Option<StreamSid>,
    lost_stream: Option<StreamSid>,
    /// How many streams of this call have ended.
    past_streams: u32,
    voice: VoiceDetector,
    log: CallLog,
    rehearsed: Option<Rehearsed>,
    recording_writer: Option<RecordingWriter>,
    listeners: Option<Listeners>,
    employee: Option<Employee>,
    timer: DeadlineTimer,
    tools: ToolRegistry,
    /// Whether the agent may connect the caller with a person.
    offers_transfer: bool,
    /// The transcript so far, for tools that are running.
    words: watch::Sender<CallerWords>,
    known: KnownAtStart,
    /// The task's own sender, through which tools and the redirect report to the task.
    sender: UnboundedSender<CallMessage>,
    receiver: UnboundedReceiver<CallMessage>,
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
                received = employee::receive(&mut self.employee) => self.handle_employee(received),
                event = next(&mut self.engine) => {
                    self.log_engine();
                    self.session.handle_input(Input::Engine(event), clock::instant());
                }
                message = self.receiver.recv() => self.handle_message(message),
                () = self.timer.expired() => self.session.handle_timeout(clock::instant()),
            }
        }
    }

    /// Carries out all pending outputs of the session, then flushes the sockets.
    fn drain_outputs(&mut self) {
        while let Some(output) = self.session.poll_output() {
            self.apply(output);
        }
        if let Some(engine) = &mut self.engine {
            engine.try_flush();
        }
        self.log_engine();
        self.send_reports();
        if let Some(rehearsed) = &mut self.rehearsed {
            rehearsed.report(self.session.unlogged(), clock::instant());
        }
        self.report_to_employee(clock::instant());
        if let Some(stream) = &mut self.stream {
            stream.flush();
        }
        self.listeners.take_if(|listeners| !listeners.flush(clock::instant()));
        if let (Some(recording_writer), Some(began)) = (&mut self.recording_writer, self.began) {
            recording_writer.flush(clock::instant() - began);
            if !self.calls.services().disk.takes_media() {
                tracing::warn!(event = "RECORDING_OFF", call.sid = %self.sid, "The disk is nearly full: the recording of call {} stops here", self.sid);
                if let Some(recording_writer) = self.recording_writer.take() {
                    recording_writer.finish(clock::instant() - began, self.recording_jobs());
                }
            }
        }
    }

    fn apply(&mut self, output: Output) {
        match output {
            Output::Engine(command) => self.command_engine(&command),
            Output::Play { audio, at_ms } => {
                self.send(|stream| stream.play(&audio));
                if let Some(recording_writer) = &mut self.recording_writer {
                    recording_writer.agent(at_ms, &audio);
                }
                if let Some(listeners) = &mut self.listeners {
                    listeners.agent(at_ms, &audio);
                }
            }
            Output::PlayToEmployee(audio) => self.play_to_employee(&audio),
            Output::CloseEngine => self.close_engine(),
            Output::Mark(name) => self.send(|stream| stream.mark(&name)),
            Output::Clear { heard_until_ms } => {
                self.send(Stream::clear);
                if let Some(recording_writer) = &mut self.recording_writer {
                    recording_writer.truncate_agent(heard_until_ms);
                }
                if let Some(listeners) = &mut self.listeners {
                    listeners.truncate_agent(heard_until_ms);
                }
            }
            Output::AwaitStream => self.await_stream(),
            Output::ProlongPageRing { time } => self.prolong_page_ring(time),
            Output::RingPage { reason, time } => self.start_page_ring(&reason.unwrap_or_default(), time),
            Output::EndPageRing => self.end_page_ring(),
            Output::StartTransfer { reason } => self.start_transfer(&reason.unwrap_or_default()),
            Output::OpenEngine { kind, delay, history } => self.open_engine(kind, delay, history),
            Output::Turn(turn) => {
                if let Some(rehearsed) = &mut self.rehearsed {
                    rehearsed.turn(&turn);
                }
                self.log.turn(turn);
            }
            Output::Event(event) => {
                if let Some(rehearsed) = &mut self.rehearsed {
                    rehearsed.event(&event);
                }
                self.pass_words_on(&event);
                self.note_time_limit(&event);
                self.log.event(&event);
            }
            Output::RunTool { id, name, arguments } => self.run_tool(id, name, arguments),
            // The stream of a browser or a rehearsal cannot be redirected to Twilio's recorder.
            Output::RedirectToFallback if !self.is_by_phone() => drop(self.sender.send(CallMessage::RedirectDone)),
            Output::RedirectToFallback => {
                log::spawn(redirect::to_recorder(self.calls.clone(), self.sid.clone(), self.sender.clone()));
            }
            // Only `Ended` follows. The socket is closed when the task exits, because the follow-up action, which
            // `Ended` contains, must be recorded first.
            Output::CloseStream => {}
            Output::Ended { reason, action } => {
                if let Some(rehearsed) = &mut self.rehearsed {
                    rehearsed.ended(reason);
                }
                if reason == EndReason::EmployeeHungUp {
                    let has_stream = self.stream.is_some();
                    log::spawn(complete_with_retries(self.calls.clone(), self.sid.clone(), has_stream));
                }
                if let Some(employee) = &mut self.employee {
                    employee.set_end(EmployeeEnd::Call(reason));
                }
                self.calls.set_stream_end_action(&self.sid, action);
                self.log.ended(reason, action);
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
                return self.session.handle_input(self.stream_lost(), now);
            }
        };
        if self.stream.as_ref().is_some_and(|stream| stream.awaits_greeting) {
            return self.handle_stream_during_greeting(&text, now);
        }
        let input = match media_stream::parse(&text) {
            Ok(Incoming::Media { timestamp_ms, payload }) => match self.caller_audio(timestamp_ms, &payload, now) {
                Some(input) => input,
                None => return,
            },
            Ok(Incoming::Mark(name)) => Input::Mark(name.into_owned()),
            Ok(Incoming::Dtmf(key)) => Input::CallerKey(key),
            Ok(Incoming::Stop) => Input::StreamStopped,
            Ok(Incoming::Connected | Incoming::Start(_) | Incoming::Unknown) => return,
            Err(error) => {
                return tracing::debug!(event = "STREAM_MALFORMED", call.sid = %self.sid, %error, "Malformed media stream message of call {} ignored", self.sid);
            }
        };
        self.session.handle_input(input, now);
    }

    fn handle_message(&mut self, message: Option<CallMessage>) {
        let now = clock::instant();
        let input = match message {
            Some(CallMessage::Stream(socket, start)) => {
                self.stream_began(*socket, &start, now);
                if self.is_trial() {
                    return self.play_greeting();
                }
                Input::StreamStarted
            }
            // Late reports about a stream that has been replaced are ignored.
            Some(CallMessage::StreamFailed(stream)) if self.is_lost(&stream) => return,
            Some(CallMessage::StreamEnded(connect)) if connect <= self.past_streams => return,
            // `None` is not expected, because the task itself holds a sender, which keeps the channel open.
            Some(CallMessage::StreamEnded(_) | CallMessage::StreamFailed(_)) | None => Input::StreamLost,
            Some(CallMessage::HungUp) => Input::StreamStopped,
            Some(CallMessage::ToolFinished { id, output }) => Input::ToolFinished { id, output },
            Some(CallMessage::PageUnanswered) => Input::PageUnanswered,
            Some(CallMessage::TransferAccepted) => Input::TransferAccepted,
            Some(CallMessage::TransferFailed(why)) => Input::TransferFailed(why),
            Some(CallMessage::RedirectFailed) => Input::RedirectFailed,
            Some(CallMessage::RedirectDone) => Input::RedirectDone,
            Some(CallMessage::Shutdown { deadline }) if self.is_trial() => return self.end_trial_soon(deadline, now),
            Some(CallMessage::Shutdown { deadline }) => {
                Input::Shutdown { within: deadline.saturating_duration_since(now) }
            }
            Some(CallMessage::EndedByEmployee) => {
                if let Some(employee) = &mut self.employee {
                    employee.set_end(EmployeeEnd::Call(EndReason::EmployeeHungUp));
                }
                Input::Operator(Operator::End)
            }
            Some(CallMessage::Transfer(reply)) => {
                let answer = self.may_transfer();
                // The send fails if the employee's request has ended.
                _ = reply.send(answer);
                if answer != TransferAnswer::Rings {
                    return;
                }
                Input::Operator(Operator::Transfer)
            }
            Some(CallMessage::Hint(text, reply)) => {
                _ = reply.send(self.session.takes_hints());
                Input::Operator(Operator::Hint(text))
            }
            Some(CallMessage::MayAnswer(reply)) => return self.begin_answer(reply, now),
            Some(CallMessage::Answer(employee)) => return self.connect_employee(*employee, now),
            Some(CallMessage::EmployeeRevoked(sid)) => return self.revoke_employee(&sid, now),
            Some(CallMessage::Listen(reply)) => {
                let listeners = self.listeners.get_or_insert_with(|| Listeners::new(self.began, now));
                return drop(reply.send(listeners.subscribe()));
            }
            Some(CallMessage::Revoked) => {
                self.log.set_end(TrialEnd::LoggedOut);
                Input::StreamStopped
            }
        };
        self.session.handle_input(input, now);
    }

    fn is_lost(&self, stream: &str) -> bool {
        let gone = if self.stream.is_none() { &self.stream_sid } else { &self.lost_stream };
        gone.as_ref().is_some_and(|gone| gone.as_str() == stream)
    }

    fn stream_began(&mut self, socket: MediaSocket, start: &Start, now: Instant) {
        self.stream = Some(Stream::new(socket, start));
        self.began = Some(now);
        self.lost_stream = self.stream_sid.replace(start.stream_sid.clone());
        self.log.stream_began(&start.stream_sid);
        if let Some(listeners) = &mut self.listeners {
            listeners.stream_began(now, now);
        }
        let recording = self.settings.config.voice.recording && self.is_by_phone();
        if recording && !self.calls.services().disk.takes_media() {
            tracing::warn!(event = "RECORDING_OFF", call.sid = %self.sid, "The disk is nearly full: the rest of the current media stream of call {} is not recorded", self.sid);
        } else if recording {
            self.recording_writer =
                Some(RecordingWriter::start(&self.sid, &start.stream_sid, self.calls.services().store.clone()));
        }
    }

    fn send(&mut self, message: impl FnOnce(&mut Stream) -> Result<(), tungstenite::Error>) {
        if let Some(stream) = &mut self.stream
            && let Err(error) = message(stream)
        {
            tracing::warn!(event = "STREAM_STUCK", call.sid = %self.sid, %error, "Media stream of call {} closed, because its socket does not accept data", self.sid);
            self.stream = None;
            self.session.handle_input(self.stream_lost(), clock::instant());
        }
    }

    /// The engine's socket costs money while it is open, and Twilio requests the next TwiML only when the stream's
    /// socket is closed.
    async fn shut_down(&mut self) {
        self.close_engine();
        if let (Some(recording_writer), Some(began)) = (self.recording_writer.take(), self.began) {
            recording_writer.finish(clock::instant() - began, self.recording_jobs());
        }
        if let Some(stream) = self.stream.take() {
            stream.close().await;
        }
        // Handles sockets and outputs of tools that arrived too late.
        self.receiver.close();
        while let Ok(message) = self.receiver.try_recv() {
            match message {
                CallMessage::Stream(socket, _) => socket.close().await,
                CallMessage::Answer(employee) => employee.reject("call_over").await,
                CallMessage::ToolFinished { id, output } => self.store_late_output(&id, output),
                _ => {}
            }
        }
    }
}

async fn receive(stream: &mut Option<Stream>) -> Received {
    match stream {
        Some(stream) => stream.receive().await,
        None => std::future::pending().await,
    }
}

async fn next(engine: &mut Option<Engine>) -> crate::call::EngineEvent {
    match engine {
        Some(engine) => engine.next().await,
        None => std::future::pending().await,
    }
}
