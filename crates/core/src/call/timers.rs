//! The deadlines of a call.

use std::time::Instant;

/// The purpose of a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// The stream and the engine must be connected.
    Watchdog,
    /// More audio may be sent.
    FlushPlayback,
    /// The sent audio must have been heard, even if marks are missing.
    MarkTimeout,
    /// The caller has been silent for the idle time.
    Idle,
    /// No audio arrived during speech.
    MediaGap,
    /// The keys pressed so far form an input.
    Keys,
    /// The caller has waited in silence for too long.
    Filler,
    /// The engine must have sent a message or a reply.
    ResponseTimeout,
    /// A failed request is repeated.
    Retry,
    /// It must be decided whether the caller interrupts the agent.
    Interruption,
    /// Only the engine still detects speech.
    Stuck,
    /// A tool has reached its limit.
    ToolLimit,
    /// The call must end soon.
    WrapUp,
    /// The maximum duration of the call.
    MaxCall,
    /// The goodbye must have been heard.
    Drain,
    /// The daemon is shutting down.
    Shutdown,
}

const COUNT: usize = Timer::Shutdown as usize + 1;

/// One deadline for each purpose.
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
    Timer::Stuck,
    Timer::ToolLimit,
    Timer::WrapUp,
    Timer::MaxCall,
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

    /// When this deadline is.
    pub(super) fn at(&self, timer: Timer) -> Option<Instant> {
        self.at[timer as usize]
    }

    pub(super) fn is_set(&self, timer: Timer) -> bool {
        self.at[timer as usize].is_some()
    }

    /// The next deadline.
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
