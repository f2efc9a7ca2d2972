//! Whether an incoming call rings at the phones of the staff before the AI answers it.

use crate::config::{Config, RingFirst};
use crate::crm::answering;
use crate::crm::booking::is_open;
use crate::domain::{AnswerMode, BusinessId, Timestamp};
use crate::store::{ReadTx, Result};

/// The owner's current choice precedes the settings. The caller must also check [`can_ring`].
pub fn rings_first(tx: &ReadTx<'_>, config: &Config, is_vip: bool, now: Timestamp) -> Result<bool> {
    match answering::current(tx, now)?.map(|choice| choice.mode) {
        Some(AnswerMode::Agent) => Ok(false),
        Some(AnswerMode::Ring) => Ok(true),
        Some(AnswerMode::Settings) | None if is_vip => Ok(true),
        Some(AnswerMode::Settings) | None => match config.voice.ring_first {
            RingFirst::Never => Ok(false),
            RingFirst::Open => is_open(tx, BusinessId::FIRST, &config.business.time_zone, now),
            RingFirst::Always => Ok(true),
        },
    }
}

pub fn can_ring(config: &Config) -> bool {
    !config.ring_numbers().is_empty()
}
