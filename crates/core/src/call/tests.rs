//! Tests of the session in virtual time, through its public interface only.

mod back_off;
mod barge_in;
mod claims;
mod early_replies;
mod employee;
mod fillers;
mod interruptions;
mod keys;
mod losses;
mod page_ring;
mod properties;
mod rig;
mod robots;
mod scenarios;
mod silence;
mod slow_pipeline;
mod takeover;
mod trace;
mod transfers;
mod unanswered;
mod waiting;
mod word_times;

pub(super) use rig::start;
