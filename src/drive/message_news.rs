//! Looks again for messages whose status came before we knew their ids.

use super::jobs::JobError;
use super::outbox::Outbox;
use crate::clock;
use crate::crm::inbox;
use crate::domain::BusinessId;
use crate::store::{Job, Store};
use std::time::Duration;

/// Does one job.
pub async fn hear_again(store: Store, outbox: Outbox, job: Job) -> Result<(), JobError> {
    let payload = job.payload;
    let heard = store.write(move |tx| inbox::hear_again(tx, BusinessId::FIRST, &payload, clock::now())).await;
    match heard {
        Ok(false) if clock::now().since(job.created_at) < UNTIL_KNOWN => {
            Err(JobError::Later("the message is not known yet".to_owned()))
        }
        // What nobody knows by now is of a message that somebody else sent from the account.
        Ok(_) => {
            // The status may be a refusal, after which another route is tried.
            outbox.wake();
            Ok(())
        }
        Err(error) => Err(JobError::Later(error.to_string())),
    }
}

/// After this time an attempt in doubt has been looked up.
const UNTIL_KNOWN: Duration = Duration::from_mins(10);
