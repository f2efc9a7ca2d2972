//! The check of an answer before Twilio speaks it. In a call without a media stream the model has no tools, so nothing that
//! it says was done is true, except for what was done while the call had a media stream.

use crate::clock;
use crate::config::Config;
use crate::crm::business_profile::BusinessProfile;
use crate::crm::{self, call_review};
use crate::domain::CallSid;
use crate::promise::{CheckResult, ClaimCheck, Conduct, FalseClaim, Known, Words};
use crate::runtime::call::claims;
use crate::runtime::calls::CallServices;

pub(super) struct AnswerCheck {
    check: ClaimCheck,
    conduct: Conduct,
}

impl AnswerCheck {
    /// `message` is what the caller said last. Its recording is kept, and the owner is notified of it, so the agent may say
    /// that it passes the message on.
    pub(super) async fn of(
        services: &CallServices,
        config: &Config,
        profile: &BusinessProfile,
        sid: &CallSid,
        message: &str,
    ) -> Self {
        let (zone, confirms) = (config.business.time_zone.clone(), config.agent.confirm_appointments);
        let today = clock::now().to_zoned(&zone).date();
        let mut known = Known::new(today, Some(Vec::new()));
        claims::add_texts(&mut known, profile, config);
        let (call_sid, left) = (sid.clone(), message.to_owned());
        let read = crm::read(&services.store, move |tx| {
            let Some(call) = tx.stored_call(&call_sid)? else { return Ok(None) };
            call_review::conduct(tx, &call, Some(left), (&zone, confirms)).map(Some)
        });
        // Without evidence, a true statement may be replaced, but no false one is spoken.
        let conduct = read.await.ok().flatten();
        let conduct = conduct.unwrap_or_else(|| Conduct::new(today, Some(message.to_owned()), false));
        Self { check: claims::with_replacements(known, &config.agent.language), conduct }
    }

    pub(super) fn false_claim(&self, answer: &str) -> Option<FalseClaim> {
        let words = Words { before: "", text: answer, is_end: true };
        match self.check.known.check(words, || Some(self.conduct.clone())) {
            CheckResult::False(claim) => Some(claim),
            CheckResult::Clean | CheckResult::Undecided => None,
        }
    }

    /// Returns the sentence that is spoken in place of an answer with a false claim.
    pub(super) fn replacement(&self, claim: FalseClaim, answer: &str) -> String {
        self.check.sentence(claim, answer).to_owned()
    }
}
