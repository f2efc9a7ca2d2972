//! Simulates, in virtual time, a contact, two providers with all kinds of failures, and a daemon that is killed between
//! steps.

mod waits;

use super::*;
use crate::domain::{LastInbound, Notice};
use crate::inbox::policy::RoutingRules;
use Provider::{Baileys, Twilio};
use proptest::prelude::*;

fn start() -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000)
}

fn provider_error() -> ProviderError {
    ProviderError { code: "x".into(), notice: Notice::verbatim("it did not work").into() }
}

#[derive(Clone, Copy, Debug)]
enum Fate {
    Taken,
    /// The provider accepts the message, but its response is lost.
    TakenInSilence,
    /// The provider does not accept the message, and the response is lost.
    LostInSilence,
    Down,
    Busy,
    Barred,
    Unable,
    NoFile,
    Refused,
    OptedOut,
    /// The provider accepts the message, and rejects it later.
    RefusedLate(Refusal),
    /// The provider accepts the message and rejects it later; its response to the attempt is lost.
    RefusedLateInSilence(Refusal),
    /// The daemon is killed after it has recorded the attempt. The flag says whether the provider has received the
    /// message.
    Killed(bool),
}

#[derive(Clone, Copy, Debug)]
enum SearchFault {
    None,
    Unreachable,
}

/// The messages that the fake providers have received and delivered.
#[derive(Default)]
struct FakeProviders {
    /// The bridge has sent the message. It stores the key, and sends the message only once.
    by_baileys: bool,
    /// The bridge has rejected the key, and rejects it in later attempts too.
    refused_by_baileys: bool,
    by_twilio: Vec<Timestamp>,
    /// Messages that Twilio accepted and later rejected: they are in the list, but were not delivered.
    refused_by_twilio: Vec<(Timestamp, Refusal)>,
    /// The later rejection of the last accepted attempt.
    late: Option<LateRefusal>,
}

impl FakeProviders {
    fn deliveries(&self) -> usize {
        usize::from(self.by_baileys) + self.by_twilio.len()
    }

    fn take(&mut self, provider: Provider, now: Timestamp) {
        match provider {
            Baileys => self.by_baileys = true,
            Twilio => self.by_twilio.push(now),
        }
    }

    fn refuse_late(&mut self, provider: Provider, refusal: Refusal, now: Timestamp) {
        match provider {
            Baileys => self.refused_by_baileys = true,
            Twilio => self.refused_by_twilio.push((now, refusal)),
        }
        self.late = Some(LateRefusal { refusal, provider_error: provider_error() });
    }

    /// Simulates an attempt; none if the daemon was killed before its end.
    fn attempt(&mut self, provider: Provider, fate: Fate, now: Timestamp) -> Option<Outcome> {
        let sent = || Some(Outcome::Sent { provider_msg_id: Some("id".into()) });
        let not_sent = |why| Some(Outcome::NotSent(why, provider_error()));
        let known = provider == Baileys && self.by_baileys;
        if provider == Baileys && self.refused_by_baileys {
            return not_sent(NotSent::Refused(Refusal::Message));
        }
        match fate {
            // A bridge that has sent the message reports this in any state.
            Fate::RefusedLate(_) | Fate::RefusedLateInSilence(_) | Fate::Refused | Fate::OptedOut if known => sent(),
            Fate::RefusedLate(refusal) => {
                self.refuse_late(provider, refusal, now);
                sent()
            }
            Fate::RefusedLateInSilence(refusal) => {
                self.refuse_late(provider, refusal, now);
                Some(Outcome::Unconfirmed(provider_error()))
            }
            Fate::Taken => {
                self.take(provider, now);
                sent()
            }
            Fate::TakenInSilence => {
                self.take(provider, now);
                Some(Outcome::Unconfirmed(provider_error()))
            }
            Fate::LostInSilence => Some(Outcome::Unconfirmed(provider_error())),
            Fate::Killed(taken) => {
                if taken {
                    self.take(provider, now);
                }
                None
            }
            Fate::Down => not_sent(NotSent::Down),
            Fate::Busy => not_sent(NotSent::Busy(Duration::from_secs(3))),
            Fate::Barred => not_sent(NotSent::Barred),
            Fate::Unable => not_sent(NotSent::Unable),
            Fate::NoFile => not_sent(NotSent::NoFile),
            Fate::Refused => {
                self.refused_by_baileys |= provider == Baileys;
                not_sent(NotSent::Refused(Refusal::Message))
            }
            Fate::OptedOut => {
                self.refused_by_baileys |= provider == Baileys;
                not_sent(NotSent::Refused(Refusal::Contact))
            }
        }
    }

    /// Simulates a search. Twilio's list shows a message late, but within a minute.
    fn search(&self, fault: SearchFault, delay: Duration, since: Timestamp, now: Timestamp) -> Search {
        let listed = self.by_twilio.iter().copied().chain(self.refused_by_twilio.iter().map(|(at, _)| *at));
        let there = listed.into_iter().any(|at| at >= since && now.since(at) >= delay);
        match fault {
            SearchFault::Unreachable => Search::Unreachable(provider_error()),
            SearchFault::None if there => Search::Found("SM1".into()),
            SearchFault::None => Search::NotFound,
        }
    }
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        1 => Just(Fate::Taken),
        1 => Just(Fate::TakenInSilence),
        1 => Just(Fate::LostInSilence),
        3 => Just(Fate::Down),
        1 => Just(Fate::Busy),
        1 => Just(Fate::Barred),
        1 => Just(Fate::Unable),
        1 => Just(Fate::NoFile),
        1 => Just(Fate::Refused),
        1 => Just(Fate::OptedOut),
        2 => refusal().prop_map(Fate::RefusedLate),
        1 => refusal().prop_map(Fate::RefusedLateInSilence),
        1 => any::<bool>().prop_map(Fate::Killed),
    ]
}

fn refusal() -> impl Strategy<Value = Refusal> {
    prop_oneof![Just(Refusal::FreeText), Just(Refusal::Message), Just(Refusal::Contact)]
}

fn search_fault() -> impl Strategy<Value = SearchFault> {
    prop_oneof![3 => Just(SearchFault::None), 1 => Just(SearchFault::Unreachable)]
}

struct Run {
    providers: FakeProviders,
    result: StepResult,
    /// Whether any attempt was unconfirmed.
    had_unconfirmed: bool,
    tried: Vec<Provider>,
    /// The routes of the attempts that were accepted or refused, in order.
    routes: Vec<Route>,
    took: Duration,
}

#[expect(clippy::too_many_arguments, reason = "everything that chance decides")]
fn run(
    rules: &RoutingRules,
    named: Option<Provider>,
    last_in: LastInbound,
    fates: &[Fate],
    search_faults: &[SearchFault],
    delay: Duration,
    chances: &[f64],
    down: &[Vec<Provider>],
) -> Option<Run> {
    let case = RouteInput {
        rules,
        named,
        last_in,
        capable: &[Baileys, Twilio],
        refused: &[],
        opted_out: false,
        down: &[],
        now: start(),
    };
    let route = policy::choose(&case).ok()?;
    let mut delivery = Delivery { named, ..new_delivery(route) };
    let (mut providers, mut tried, mut had_unconfirmed, mut now) = (FakeProviders::default(), vec![], false, start());
    let mut routes = Vec::new();
    let mut seen_down = Vec::new();
    for round in 0..100_000 {
        let refused = delivery.refused.clone();
        // A provider that was recently unavailable counts as unavailable for some time.
        seen_down.retain(|&(_, at): &(Provider, Timestamp)| now.since(at) < Duration::from_secs(15));
        let mut down = down[round % down.len()].clone();
        down.extend(seen_down.iter().map(|&(provider, _)| provider));
        let case = RouteInput { refused: &refused, down: &down, now, ..case };
        let chance = chances[round % chances.len()];
        let result = match delivery.next(&case) {
            Step::Send(route) => {
                delivery.begin(route, now);
                tried.push(route.provider);
                if let Some(outcome) = providers.attempt(route.provider, fates[(tried.len() - 1) % fates.len()], now) {
                    had_unconfirmed |= matches!(outcome, Outcome::Unconfirmed(_));
                    if matches!(outcome, Outcome::Sent { .. } | Outcome::NotSent(NotSent::Refused(_), _)) {
                        routes.push(route);
                    }
                    if matches!(outcome, Outcome::NotSent(NotSent::Down, _)) {
                        seen_down.push((route.provider, now));
                    }
                    delivery.after_attempt(outcome, &case, chance)
                } else {
                    had_unconfirmed = true;
                    delivery.unconfirmed = true;
                    StepResult::Retry { at: now.plus(Duration::from_secs(2)) }
                }
            }
            Step::Search => {
                let since = delivery.attempt_at.unwrap();
                delivery.after_search(
                    providers.search(search_faults[round % search_faults.len()], delay, since, now),
                    now,
                    chance,
                )
            }
            Step::GiveUp(reason) => StepResult::Failed(reason),
        };
        match result {
            StepResult::Retry { at } => {
                assert!(at >= now, "time continues");
                now = at;
            }
            // The provider that accepted the message rejects it a minute later.
            StepResult::Sent { .. } if providers.deliveries() == 0 && providers.late.is_some() => {
                delivery.refuse(providers.late.clone().unwrap());
                now = now.plus(Duration::from_mins(1));
            }
            result => return Some(Run { providers, result, had_unconfirmed, tried, routes, took: now.since(start()) }),
        }
    }
    panic!("it never ended");
}

/// A message for which no attempt was made.
fn new_delivery(route: Route) -> Delivery {
    Delivery {
        named: None,
        route,
        unconfirmed: false,
        attempts: 0,
        unconfirmed_attempts: 0,
        attempt_at: None,
        refused: vec![],
        last_refusal: None,
        created_at: start(),
        expires_at: start().plus(DELIVERY_TIMEOUT),
        no_file_since: None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn a_delivery_ends_with_a_true_status_and_no_contact_gets_a_message_twice(
        named in proptest::option::of(prop_oneof![Just(Baileys), Just(Twilio)]),
        template: bool,
        recent in proptest::option::of(prop_oneof![Just(Baileys), Just(Twilio)]),
        fates in proptest::collection::vec(fate(), 1..12),
        search_faults in proptest::collection::vec(search_fault(), 1..6),
        delay in 0..60_u64,
        chances in proptest::collection::vec(0.0..1.0_f64, 1..5),
        down in proptest::collection::vec(prop_oneof![Just(vec![]), Just(vec![Baileys]), Just(vec![Twilio])], 1..4),
    ) {
        let rules = RoutingRules { only: None, priority: vec![Baileys, Twilio], template };
        let last_in = LastInbound { provider: recent, at: recent.map(|_| start()), twilio_at: recent.filter(|p| *p == Twilio).map(|_| start()) };
        let delay = Duration::from_secs(delay);
        let Some(run) = run(&rules, named, last_in, &fates, &search_faults, delay, &chances, &down) else { return Ok(()) };

        prop_assert!(run.providers.deliveries() <= 1, "the person got it {} times: {:?}", run.providers.deliveries(), run.tried);
        match &run.result {
            StepResult::Sent { .. } => prop_assert_eq!(run.providers.deliveries(), 1),
            StepResult::Failed(Reason::Unconfirmed) => prop_assert!(run.had_unconfirmed),
            StepResult::Failed(Reason::Refused(_)) if run.had_unconfirmed => {}
            StepResult::Failed(_) => prop_assert_eq!(run.providers.deliveries(), 0),
            StepResult::Retry { .. } => unreachable!(),
        }
        prop_assert!(named.is_none_or(|named| run.tried.iter().all(|tried| *tried == named)), "no fail-over from a named one");
        let mut once = run.routes.clone();
        once.dedup();
        prop_assert!(run.had_unconfirmed || once == run.routes, "a route that was refused is not tried again: {:?}", run.routes);
        prop_assert!(run.took <= DELIVERY_TIMEOUT + Duration::from_mins(4));
    }
}

fn auto() -> RoutingRules {
    RoutingRules { only: None, priority: vec![Baileys, Twilio], template: true }
}

fn recently(provider: Provider) -> LastInbound {
    LastInbound { provider: Some(provider), at: Some(start()), twilio_at: Some(start()) }
}

fn go(named: Option<Provider>, last: Provider, fates: &[Fate], search_faults: &[SearchFault]) -> Run {
    run(&auto(), named, recently(last), fates, search_faults, Duration::from_secs(30), &[0.5], &[vec![]]).unwrap()
}

#[test]
fn a_provider_that_is_down_or_refuses_is_passed_over_at_once() {
    for fate in [Fate::Down, Fate::Refused, Fate::Barred, Fate::Unable] {
        let run = go(None, Baileys, &[fate, Fate::Taken], &[SearchFault::None]);
        assert_eq!((run.tried, run.took), (vec![Baileys, Twilio], Duration::ZERO), "{fate:?}");
        let run = go(None, Twilio, &[fate, Fate::Taken], &[SearchFault::None]);
        assert_eq!((run.tried, run.took), (vec![Twilio, Baileys], Duration::ZERO), "{fate:?}");
    }
}

#[test]
fn a_contact_who_opted_out_receives_nothing() {
    let run = go(None, Twilio, &[Fate::OptedOut, Fate::Taken], &[SearchFault::None]);
    assert_eq!((run.tried, run.providers.deliveries()), (vec![Twilio], 0));
}

#[test]
fn an_unconfirmed_attempt_is_not_repeated_after_the_contact_has_opted_out() {
    let rules = auto();
    let opted_out = RouteInput {
        rules: &rules,
        named: None,
        last_in: recently(Baileys),
        capable: &[Baileys, Twilio],
        refused: &[],
        opted_out: true,
        down: &[],
        now: start(),
    };
    let unconfirmed = |provider| Delivery {
        unconfirmed: true,
        attempts: 1,
        attempt_at: Some(start()),
        ..new_delivery(Route { provider, template: false })
    };
    assert_eq!(unconfirmed(Baileys).next(&opted_out), Step::GiveUp(Reason::Unconfirmed));
    // A search sends nothing.
    assert_eq!(unconfirmed(Twilio).next(&opted_out), Step::Search);
}

#[test]
fn a_late_refusal_is_followed_as_one_at_once() {
    let late = |refusal| Fate::RefusedLate(refusal);
    for (fates, routes) in [
        // First the template, then the bridge, each once.
        (&[late(Refusal::FreeText), Fate::Taken][..], &["twilio", "template"][..]),
        (&[late(Refusal::FreeText), late(Refusal::Message), Fate::Taken], &["twilio", "template", "baileys"]),
        (&[late(Refusal::FreeText), late(Refusal::FreeText), Fate::Taken], &["twilio", "template", "baileys"]),
        (&[late(Refusal::Message), Fate::Taken], &["twilio", "baileys"]),
        (&[late(Refusal::Message), late(Refusal::Message)], &["twilio", "baileys"]),
        (&[late(Refusal::Contact), Fate::Taken], &["twilio"]),
    ] {
        let run = go(None, Twilio, fates, &[SearchFault::None]);
        let tried: Vec<_> =
            run.routes.iter().map(|route| if route.template { "template" } else { route.provider.as_str() }).collect();
        assert_eq!(tried, routes, "{fates:?}");
        let delivered = matches!(fates.last(), Some(Fate::Taken)) && routes != ["twilio"];
        assert_eq!(
            (run.providers.deliveries() == 1, matches!(run.result, StepResult::Sent { .. })),
            (delivered, delivered)
        );
        if !delivered {
            assert_eq!(run.result, StepResult::Failed(Reason::Refused(provider_error())), "{fates:?}");
        }
    }
}

#[test]
fn a_refusal_after_an_unconfirmed_attempt_leads_to_no_other_provider() {
    let run = go(
        None,
        Twilio,
        &[Fate::LostInSilence, Fate::RefusedLate(Refusal::FreeText), Fate::Taken],
        &[SearchFault::None],
    );
    assert_eq!((run.tried, run.providers.deliveries()), (vec![Twilio, Twilio], 0));
    assert_eq!(run.result, StepResult::Failed(Reason::Refused(provider_error())));
}

#[test]
fn after_an_unconfirmed_attempt_the_bridge_is_asked_again_and_no_other_provider() {
    for fates in [
        &[Fate::TakenInSilence, Fate::Taken][..],
        &[Fate::LostInSilence, Fate::Taken],
        &[Fate::TakenInSilence, Fate::Down, Fate::Barred, Fate::Busy, Fate::Taken],
        &[Fate::Killed(true), Fate::Taken],
    ] {
        let run = go(None, Baileys, fates, &[SearchFault::None]);
        assert!(run.tried.iter().all(|tried| *tried == Baileys), "{fates:?}");
        assert!(matches!(run.result, StepResult::Sent { .. }));
    }
}

#[test]
fn after_an_unconfirmed_attempt_twilio_s_list_is_searched() {
    let run = go(None, Twilio, &[Fate::TakenInSilence], &[SearchFault::None]);
    assert_eq!(run.result, StepResult::Sent { provider_msg_id: Some("SM1".into()) });
    assert_eq!(run.tried, [Twilio]);
    assert!(run.took >= Duration::from_secs(30) && run.took <= LIST_COMPLETE_AFTER);
}

#[test]
fn a_message_missing_in_twilio_s_list_for_a_minute_is_sent_again() {
    let run = go(None, Twilio, &[Fate::LostInSilence, Fate::Taken], &[SearchFault::None]);
    assert_eq!((run.tried, run.took), (vec![Twilio, Twilio], LIST_COMPLETE_AFTER));
    assert!(matches!(run.result, StepResult::Sent { .. }));

    let run = go(None, Twilio, &[Fate::LostInSilence], &[SearchFault::None]);
    assert_eq!(run.result, StepResult::Failed(Reason::Unconfirmed));
    assert_eq!(run.tried, [Twilio, Twilio], "once, and by no other provider");
    assert_eq!(run.took, LIST_COMPLETE_AFTER * 2);
}

#[test]
fn while_twilio_s_list_cannot_be_read_the_message_waits() {
    let run = go(None, Twilio, &[Fate::TakenInSilence], &[SearchFault::Unreachable]);
    assert_eq!(run.result, StepResult::Failed(Reason::Unconfirmed));
    assert_eq!(run.tried, [Twilio]);
    assert!(run.took >= DELIVERY_TIMEOUT);
}

#[test]
fn a_named_provider_that_is_down_is_waited_for() {
    let run = go(Some(Baileys), Baileys, &[Fate::Down, Fate::Down, Fate::Taken], &[SearchFault::None]);
    assert_eq!((run.tried, run.took), (vec![Baileys; 3], Duration::from_secs(3)));
}
