//! Reviews a call after it has ended, see [`crate::crm::call_review`].

use super::calls::CallServices;
use super::jobs::JobError;
use crate::clock;
use crate::crm;
use crate::crm::call_review::{self, ReviewJob};
use crate::messages::{self, Phrase};
use crate::promise::{BrokenPromise, Promise};
use crate::store::Job;

pub async fn review(services: CallServices, job: Job) -> Result<(), JobError> {
    let ReviewJob { call_sid } =
        serde_json::from_str(&job.payload).map_err(|error| JobError::Permanent(error.to_string()))?;
    let config = services.config();
    let (language, zone, confirms) =
        (config.language(), config.business.time_zone.clone(), config.agent.confirm_appointments);
    let (sid, now) = (call_sid.clone(), clock::now());
    let title = move |broken: &BrokenPromise| messages::text(language, &phrase(broken));
    let found =
        crm::transact(&services.store, move |tx| call_review::review(tx, &sid, title, (&zone, confirms), now)).await;
    let found = found.map_err(|error| JobError::Retry(error.to_string()))?;
    for promise in found.early {
        tracing::info!(
            event = "PROMISE_EARLY",
            call.sid = %call_sid,
            promise = promise.as_str(),
            "In call {call_sid} the agent said {} before this was confirmed; it was confirmed later in the call",
            promise.words()
        );
    }
    for promise in found.broken {
        let fault = if promise.is_time_wrong {
            "but named another day or time than that of the appointment"
        } else {
            "but nothing stored confirms it"
        };
        tracing::warn!(
            event = "PROMISE_BROKEN",
            call.sid = %call_sid,
            promise = promise.promise.as_str(),
            wrong_time = promise.is_time_wrong,
            "In call {call_sid} the agent said {}, {fault}; a task for the staff was created",
            promise.promise.words()
        );
    }
    Ok(())
}

fn phrase(broken: &BrokenPromise) -> Phrase {
    let said = broken.said.chars().take(MAX_SAID).collect();
    match broken.promise {
        Promise::Booked | Promise::Moved | Promise::Cancelled if broken.is_time_wrong => {
            Phrase::PromiseOtherTime { said }
        }
        Promise::Booked => Phrase::PromiseBooked { said },
        Promise::Moved => Phrase::PromiseMoved { said },
        Promise::Cancelled => Phrase::PromiseCancelled { said },
        Promise::Waiting => Phrase::PromiseWaiting { said },
        Promise::PassedOn => Phrase::PromisePassedOn { said },
        Promise::Sent => Phrase::PromiseSent { said },
        Promise::Offered => Phrase::PromiseOffered { said },
        Promise::Transferred => Phrase::PromiseTransferred { said },
        Promise::OptedOut => Phrase::PromiseOptedOut { said },
    }
}

/// In characters.
const MAX_SAID: usize = 100;
