//! The moments that a call waits for.

use std::time::Instant;

/// What a moment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// Caller and engine must be connected.
    Watchdog,
    /// There is room for more sound.
    Pump,
    /// What was sent must have been heard, mark or no mark.
    Settle,
    /// The caller has been silent for long.
    Idle,
    /// The line has been silent within speech.
    MediaGap,
    /// The keys pressed so far are an answer.
    Keys,
    /// The caller has waited in silence for long enough.
    Filler,
    /// The engine must have shown a sign of life, or have answered.
    Life,
    /// What has failed is asked for again.
    Retry,
    /// Only the engine thinks that the caller speaks.
    Stuck,
    /// A tool takes too long.
    ToolLimit,
    /// The call must soon end.
    WrapUp,
    /// The longest call.
    MaxCall,
    /// The goodbye must have been heard.
    Drain,
    /// The daemon stops.
    Shutdown,
}

const COUNT: usize = Timer::Shutdown as usize + 1;

/// One moment for each purpose.
#[derive(Debug, Default)]
pub(super) struct Timers {
    at: [Option<Instant>; COUNT],
}

const ALL: [Timer; COUNT] = [
    Timer::Watchdog,
    Timer::Pump,
    Timer::Settle,
    Timer::Idle,
    Timer::MediaGap,
    Timer::Keys,
    Timer::Filler,
    Timer::Life,
    Timer::Retry,
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

    pub(super) fn is_set(&self, timer: Timer) -> bool {
        self.at[timer as usize].is_some()
    }

    /// The next moment.
    pub(super) fn next(&self) -> Option<Instant> {
        self.at.iter().flatten().min().copied()
    }

    /// Takes out one that has come, the earliest first.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<Timer> {
        let due = ALL.into_iter().filter(|timer| self.at[*timer as usize].is_some_and(|at| at <= now));
        let first = due.min_by_key(|timer| self.at[*timer as usize])?;
        self.cancel(first);
        Some(first)
    }
}
