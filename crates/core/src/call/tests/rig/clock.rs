//! Advances the virtual clock of the rig.

use super::Rig;
use crate::call::Input;
use std::time::Duration;

impl Rig {
    /// Advances the clock, and processes the phone's marks and the session's timers in order.
    pub(in crate::call::tests) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        let mut steps = 0;
        while !self.session.is_over() {
            steps += 1;
            assert!(steps < 100_000, "the session goes round in circles");
            let next = [self.session.poll_timeout(), self.phone.next_echo()].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= end) else { break };
            let has_passed = next > self.now;
            self.now = next.max(self.now);
            self.phone.play(self.now);
            while let Some(mark) = self.phone.echoes.pop_front() {
                self.input(Input::Mark(mark));
            }
            self.check_waits(has_passed);
            self.session.handle_timeout(self.now);
            self.drain();
        }
        let has_passed = end > self.now;
        self.now = end;
        self.phone.play(self.now);
        self.check_waits(has_passed);
    }

    /// Checks what the caller hears. While no time passes, the check is skipped, because timers of the session may
    /// still be due.
    fn check_waits(&mut self, has_passed: bool) {
        if has_passed {
            self.check_silence();
            self.check_pause();
        }
    }

    /// Advances the clock while the phone's marks are lost.
    pub(in crate::call::tests) fn pass_without_marks(&mut self, time: Duration) {
        let end = self.now + time;
        let mut steps = 0;
        while let Some(next) = self.session.poll_timeout().filter(|next| *next <= end) {
            steps += 1;
            assert!(steps < 100_000, "the session goes round in circles");
            let has_passed = next > self.now;
            self.now = next.max(self.now);
            self.play_without_marks();
            self.check_waits(has_passed);
            self.session.handle_timeout(self.now);
            self.drain();
        }
        let has_passed = end > self.now;
        self.now = end;
        self.play_without_marks();
        self.check_waits(has_passed);
    }

    fn play_without_marks(&mut self) {
        self.phone.play(self.now);
        self.has_lost_marks |= !self.phone.echoes.is_empty();
        self.phone.echoes.clear();
    }
}
