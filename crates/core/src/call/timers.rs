//! The deadlines of a call.

use std::time::Instant;

/// The purpose of a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// The call has not connected, or a redirect, a transfer or a replacement stream has not succeeded in time.
    Watchdog,
    /// More audio may be sent to Twilio.
    FlushPlayback,
    /// The sent audio must have been heard by now, although marks are missing.
    MarkTimeout,
    /// The caller has been silent for the idle time.
    Idle,
    /// No audio has arrived during the caller's speech.
    MediaGap,
    /// The caller has pressed no further key: the keys so far form one input.
    Keys,
    /// The caller has waited in silence for too long, and hears a built-in sentence.
    Filler,
    /// The engine has not become ready, or has not sent a message or a reply in time.
    ResponseTimeout,
    /// A failed request may be retried.
    Retry,
    /// The session must decide whether the caller interrupts the agent, or whether a sound of the caller was a reply.
    Interruption,
    /// A reply that is held may be played to the caller.
    HeldReply,
    /// The engine has reported speech for too long, or still reports speech after the local voice detector found its
    /// end.
    Stuck,
    /// A tool has reached its time limit.
    ToolLimit,
    /// The engine's session ends soon, so the engine is renewed at the next pause.
    Renewal,
    /// The call's maximum duration is nearly reached, so the model is prompted to wrap up.
    WrapUp,
    /// The call, or its takeover by an employee, has reached its maximum duration.
    MaxCall,
    /// No audio of the employee who has taken the call over has arrived in time.
    Employee,
    /// No employee has answered in the web page in time, or the caller has heard the ringing tone to its end.
    PageRing,
    /// The last audio of the call must have been heard by now.
    Drain,
    /// The daemon's shutdown must not wait longer for the call.
    Shutdown,
}

const COUNT: usize = Timer::Shutdown as usize + 1;

/// The deadlines: at most one for each purpose.
#[derive(Debug, Default)]
pub(super) struct Timers {
    at: [Option<Instant>; COUNT],
}

const ALL: [Timer; COUNT] = [
    Timer::Watchdog,
    Timer::FlushPlayback,
    Timer::MarkTimeout,
    Timer::Idle,
    Timer::MediaGap,
    Timer::Keys,
    Timer::Filler,
    Timer::ResponseTimeout,
    Timer::Retry,
    Timer::Interruption,
    Timer::HeldReply,
    Timer::Stuck,
    Timer::ToolLimit,
    Timer::Renewal,
    Timer::WrapUp,
    Timer::MaxCall,
    Timer::Employee,
    Timer::PageRing,
    Timer::Drain,
    Timer::Shutdown,
];

impl Timers {
    pub(super) fn set(&mut self, timer: Timer, at: Instant) {
        self.at[timer as usize] = Some(at);
    }

    pub(super) fn set_or_cancel(&mut self, timer: Timer, at: Option<Instant>) {
        self.at[timer as usize] = at;
    }

    pub(super) fn cancel(&mut self, timer: Timer) {
        self.at[timer as usize] = None;
    }

    pub(super) fn cancel_all(&mut self) {
        self.at = [None; COUNT];
    }

    pub(super) fn at(&self, timer: Timer) -> Option<Instant> {
        self.at[timer as usize]
    }

    pub(super) fn is_set(&self, timer: Timer) -> bool {
        self.at[timer as usize].is_some()
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.at.iter().flatten().min().copied()
    }

    /// Removes and returns a deadline that has passed, the earliest first.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<Timer> {
        let due = ALL.into_iter().filter(|timer| self.at[*timer as usize].is_some_and(|at| at <= now));
        let first = due.min_by_key(|timer| self.at[*timer as usize])?;
        self.cancel(first);
        Some(first)
    }
}
