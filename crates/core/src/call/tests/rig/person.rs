//! Persons of the business in a call: the employee who takes it over, and where the call rings for one.

use super::{EMPLOYEE, Rig, ms};
use crate::audio::EncodedAudio;
use crate::call::{Input, Operator};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RingsAt {
    /// The web pages of the staff ring.
    Page,
    /// The human agent's phone rings; the caller has no stream.
    Phone,
}

impl Rig {
    pub(super) fn is_ringing(&self) -> bool {
        self.rings_at == Some(RingsAt::Page)
    }

    pub(super) fn is_transferring(&self) -> bool {
        self.rings_at == Some(RingsAt::Phone)
    }

    /// Returns true while the agent does not take part.
    pub(super) fn waits_for_person(&self) -> bool {
        self.rings_at.is_some()
    }

    pub(super) fn page_rings(&mut self) {
        self.rings_at = Some(RingsAt::Page);
        (self.engine.speaks, self.engine.noticed) = (None, None);
        self.observed.silenced.extend(self.engine.active);
        // The caller must hear something until an employee answers.
        self.waits.forget();
        (self.waits.since, self.waits.is_over) = (Some(self.now), false);
        self.observed.may_skip_frames = true;
    }

    /// Sends `count` frames of the employee's audio, one every 20 ms.
    pub(in crate::call::tests) fn employee(&mut self, count: u64) {
        for _ in 0..count {
            self.employee_frame();
            self.pass(ms(20));
        }
    }

    pub(in crate::call::tests) fn employee_frame(&mut self) {
        self.observed.employee_at = Some(self.now);
        let mut samples = [0x10; 160];
        samples[0] = EMPLOYEE;
        self.input(Input::EmployeeAudio(EncodedAudio::encode(&samples)));
    }

    pub(in crate::call::tests) fn take_over(&mut self) {
        self.observed.employee_at = Some(self.now);
        self.input(Input::Operator(Operator::TakeOver { name: "Dana".into() }));
    }
}
