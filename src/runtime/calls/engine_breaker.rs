//! Circuit breaker for AI engines: after an engine has failed in recent calls, new calls start with another engine, so
//! that callers do not wait for the failure.

use crate::alerting::AiCall;
use crate::call::EngineKind;
use crate::config::Config;
use crate::domain::AiFailureCause;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// The cause of the failures determines how many consecutive failures are needed, and how long the engine stays last.
#[derive(Clone, Debug, Default)]
pub struct EngineBreaker {
    // A plain mutex is enough, because it is held only for a lookup, never across an await.
    failed: Arc<Mutex<BTreeMap<&'static str, Failures>>>,
}

#[derive(Clone, Debug)]
struct Failures {
    consecutive: u32,
    last: Instant,
    cause: AiFailureCause,
    config: Weak<Config>,
}

impl EngineBreaker {
    pub(in crate::runtime) fn record(&self, call: &AiCall, config: &Arc<Config>, now: Instant) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        for engine in &call.answered {
            failed.remove(engine);
        }
        for (engine, failure) in &call.failed {
            let (cause, config) = (failure.cause, Arc::downgrade(config));
            let known = failed.get(engine).map_or(0, |failures| failures.consecutive);
            let failures = Failures { consecutive: known.saturating_add(1), last: now, cause, config };
            let was_open = failed.get(engine).is_some_and(Failures::is_enough);
            if failures.is_enough() && !was_open {
                let (calls, seconds, problem) = (failures.consecutive, pause(cause).as_secs(), cause.words());
                tracing::warn!(
                    event = "ENGINE_TRIED_LAST",
                    engine,
                    cause = cause.as_str(),
                    calls,
                    seconds,
                    "Engine {engine} failed ({calls} calls in a row): {problem}. For up to {seconds} s, calls begin with another engine if there is one"
                );
            }
            failed.insert(engine, failures);
        }
    }

    /// Returns true if the last call of each engine failed within `period`, or so recently that the engine is tried last.
    pub(in crate::runtime) fn has_failed_everywhere(
        &self,
        engines: &[EngineKind],
        config: &Arc<Config>,
        (period, now): (Duration, Instant),
    ) -> bool {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let fails = |engine: &EngineKind| {
            failed.get(engine.as_str()).is_some_and(|failures| {
                let is_recent = !failures.is_obsolete(config) && now.saturating_duration_since(failures.last) < period;
                is_recent || failures.applies(config, now)
            })
        };
        !engines.is_empty() && engines.iter().all(fails)
    }

    /// `config` contains the settings of the call.
    pub(super) fn sort(&self, engines: &mut [EngineKind], config: &Arc<Config>, now: Instant) {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        engines.sort_by_key(|engine| failed.get(engine.as_str()).is_some_and(|failures| failures.applies(config, now)));
    }
}

impl Failures {
    fn is_enough(&self) -> bool {
        self.consecutive >= needed(self.cause)
    }

    /// New settings end the pause early if only the owner can fix the cause.
    fn is_obsolete(&self, config: &Arc<Config>) -> bool {
        self.cause.needs_owner() && !std::ptr::eq(self.config.as_ptr(), Arc::as_ptr(config))
    }

    fn applies(&self, config: &Arc<Config>, now: Instant) -> bool {
        self.is_enough() && !self.is_obsolete(config) && now.saturating_duration_since(self.last) < pause(self.cause)
    }
}

/// Returns how many consecutive calls must fail. An outage may affect only one connection, and a rejection only one
/// request; all other causes affect the whole account.
fn needed(cause: AiFailureCause) -> u32 {
    if matches!(cause, AiFailureCause::Outage | AiFailureCause::Rejected) { 2 } else { 1 }
}

/// How long an engine stays in the last position after its last failure.
fn pause(cause: AiFailureCause) -> Duration {
    if cause.needs_owner() { Duration::from_mins(10) } else { Duration::from_mins(1) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::AiFailure;
    use EngineKind::{Pipeline, Realtime};

    fn call(answered: &[&'static str], failed: &[&'static str]) -> AiCall {
        failing(answered, failed, "HTTP 503")
    }

    fn failing(answered: &[&'static str], failed: &[&'static str], reason: &str) -> AiCall {
        let failed = failed.iter().map(|engine| (*engine, AiFailure::from_reason(reason))).collect();
        AiCall { answered: answered.to_vec(), failed, ..AiCall::default() }
    }

    #[test]
    fn an_engine_that_fails_is_tried_last_for_a_minute() {
        let (breaker, began, config) = (EngineBreaker::default(), crate::clock::instant(), Arc::default());
        let at = |seconds| began + Duration::from_secs(seconds);
        let order = |seconds| {
            let mut engines = [Realtime, Pipeline];
            breaker.sort(&mut engines, &config, at(seconds));
            engines
        };
        breaker.record(&call(&["pipeline"], &["realtime"]), &config, at(0));
        assert_eq!(order(0), [Realtime, Pipeline], "one failure may be chance");
        breaker.record(&call(&["pipeline"], &["realtime"]), &config, at(10));
        assert_eq!((order(10), order(69)), ([Pipeline, Realtime], [Pipeline, Realtime]));
        assert_eq!(order(70), [Realtime, Pipeline], "it is tried again");
        breaker.record(&call(&["pipeline"], &["realtime"]), &config, at(75));
        assert_eq!((order(75), order(134)), ([Pipeline, Realtime], [Pipeline, Realtime]), "and fails again");
        breaker.record(&call(&["realtime"], &[]), &config, at(140));
        breaker.record(&call(&["pipeline"], &["realtime"]), &config, at(150));
        assert_eq!(order(150), [Realtime, Pipeline], "it answered in between");
    }

    #[test]
    fn an_engine_that_needs_the_owner_is_tried_last_until_the_settings_change() {
        let (began, config, changed) = (crate::clock::instant(), Arc::default(), Arc::default());
        let order = |reason, config: &Arc<Config>, after: i64| {
            let breaker = EngineBreaker::default();
            breaker.record(&failing(&["pipeline"], &["realtime"], reason), config, began);
            let mut engines = [Realtime, Pipeline];
            breaker.sort(
                &mut engines,
                if after < 0 { &changed } else { config },
                began + Duration::from_secs(after.unsigned_abs()),
            );
            engines
        };
        for (reason, after, is_last) in [
            ("HTTP 401", 1_i64, true),
            ("HTTP 401", 599, true),
            ("HTTP 401", 600, false),
            ("HTTP 401", -1, false),
            ("HTTP 429 insufficient_quota", 599, true),
            ("HTTP 429 insufficient_quota", -1, false),
            ("HTTP 429", 59, true),
            ("HTTP 429", -59, true),
            ("HTTP 429", 60, false),
            ("HTTP 503", 1, false),
        ] {
            let first = if is_last { Pipeline } else { Realtime };
            assert_eq!(order(reason, &config, after)[0], first, "{reason} after {after} s");
        }
    }

    #[test]
    fn outbound_calls_wait_while_each_engine_has_just_failed() {
        let (breaker, began, config) = (EngineBreaker::default(), crate::clock::instant(), Arc::default());
        let engines = [Realtime, Pipeline];
        let waits = |seconds| {
            let now = began + Duration::from_secs(seconds);
            breaker.has_failed_everywhere(&engines, &config, (Duration::from_mins(5), now))
        };
        breaker.record(&call(&["pipeline"], &["realtime"]), &config, began);
        assert!(!waits(0), "the pipeline works");
        breaker.record(&call(&[], &["realtime", "pipeline"]), &config, began);
        assert_eq!((waits(0), waits(299), waits(300)), (true, true, false));
        breaker.record(&call(&["realtime"], &[]), &config, began);
        assert!(!waits(0));
        assert!(!breaker.has_failed_everywhere(&[], &config, (Duration::from_mins(5), began)));
    }

    #[test]
    fn the_order_of_engines_stays_if_all_fail() {
        let (breaker, now, config) = (EngineBreaker::default(), crate::clock::instant(), Arc::default());
        for _ in 0..3 {
            breaker.record(&call(&[], &["realtime", "pipeline"]), &config, now);
        }
        let mut engines = [Realtime, Pipeline];
        breaker.sort(&mut engines, &config, now);
        assert_eq!(engines, [Realtime, Pipeline]);
    }
}
