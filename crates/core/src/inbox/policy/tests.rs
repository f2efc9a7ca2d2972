use super::*;
use Provider::{Baileys, Twilio};
use proptest::prelude::*;
use std::time::Duration;

const BOTH: &[Provider] = &[Baileys, Twilio];
const FREE_BAILEYS: Result<Route, NoRoute> = Ok(Route { provider: Baileys, template: false });
const FREE_TWILIO: Result<Route, NoRoute> = Ok(Route { provider: Twilio, template: false });
const TEMPLATE: Result<Route, NoRoute> = Ok(Route { provider: Twilio, template: true });

fn now() -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000)
}

fn hours_ago(hours: u64) -> Timestamp {
    now().minus(Duration::from_hours(hours))
}

/// Returns when and by which provider the contact last wrote. The arguments are the hours since then: `(Baileys,
/// Twilio)`.
fn wrote(baileys: Option<u64>, twilio: Option<u64>) -> LastInbound {
    let last = match (baileys, twilio) {
        (Some(b), Some(t)) => Some(if b < t { (Baileys, b) } else { (Twilio, t) }),
        (Some(b), None) => Some((Baileys, b)),
        (None, Some(t)) => Some((Twilio, t)),
        (None, None) => None,
    };
    LastInbound {
        provider: last.map(|(provider, _)| provider),
        at: last.map(|(_, hours)| hours_ago(hours)),
        twilio_at: twilio.map(hours_ago),
    }
}

struct Row {
    case: &'static str,
    only: Option<Provider>,
    named: Option<Provider>,
    in_use: &'static [Provider],
    template: bool,
    last: (Option<u64>, Option<u64>),
    down: &'static [Provider],
    route: Result<Route, NoRoute>,
}

const PLAIN: Row = Row {
    case: "",
    only: None,
    named: None,
    in_use: BOTH,
    template: false,
    last: (None, None),
    down: &[],
    route: FREE_BAILEYS,
};

#[test]
#[rustfmt::skip]
fn each_case_of_the_table_has_its_route() {
    // The letters are those of the table in `policy.rs`.
    let rows = [
        Row { case: "a: named", named: Some(Baileys), last: (None, Some(1)), ..PLAIN },
        Row { case: "a: named, window open", named: Some(Twilio), last: (Some(0), Some(1)), route: FREE_TWILIO, ..PLAIN },
        Row { case: "a: named, window closed, template", named: Some(Twilio), template: true, last: (Some(0), Some(25)), route: TEMPLATE, ..PLAIN },
        Row { case: "a: named, window closed", named: Some(Twilio), last: (Some(0), Some(24)), route: Err(NoRoute::TemplateRequired), ..PLAIN },
        Row { case: "a: named, not in use", named: Some(Twilio), in_use: &[Baileys], route: Err(NoRoute::Disabled(Twilio)), ..PLAIN },
        Row { case: "a: named, down: no other", named: Some(Baileys), template: true, last: (None, Some(1)), down: &[Baileys], ..PLAIN },
        Row { case: "a: settings name one", only: Some(Twilio), last: (Some(0), Some(1)), route: FREE_TWILIO, ..PLAIN },
        Row { case: "a: settings name one, down: no other", only: Some(Baileys), template: true, down: &[Baileys], ..PLAIN },
        Row { case: "a: the sender overrules the settings", only: Some(Twilio), named: Some(Baileys), last: (None, Some(1)), ..PLAIN },
        Row { case: "b: last by Baileys", last: (Some(1), Some(2)), template: true, ..PLAIN },
        Row { case: "b: last by Twilio", last: (Some(2), Some(1)), route: FREE_TWILIO, ..PLAIN },
        Row { case: "b: last by Twilio, whatever the priority", last: (None, Some(23)), in_use: &[Baileys, Twilio], route: FREE_TWILIO, ..PLAIN },
        Row { case: "b: last by Baileys, whatever the priority", last: (Some(23), None), in_use: &[Twilio, Baileys], ..PLAIN },
        Row { case: "b: its provider is not in use, the other's window is open", last: (Some(1), Some(2)), in_use: &[Twilio], route: FREE_TWILIO, ..PLAIN },
        Row { case: "b: its provider is not in use, the other's window is closed", last: (Some(1), Some(30)), in_use: &[Twilio], route: Err(NoRoute::TemplateRequired), ..PLAIN },
        Row { case: "c: never wrote", template: true, route: TEMPLATE, ..PLAIN },
        Row { case: "c: longer ago", template: true, last: (Some(24), Some(48)), route: TEMPLATE, ..PLAIN },
        Row { case: "c: not without Twilio", template: true, in_use: &[Baileys], ..PLAIN },
        Row { case: "d: priority", ..PLAIN },
        Row { case: "d: longer ago", last: (None, Some(24)), ..PLAIN },
        Row { case: "d: first in use that may", in_use: &[Twilio, Baileys], ..PLAIN },
        Row { case: "d: only Twilio, no template", in_use: &[Twilio], route: Err(NoRoute::TemplateRequired), ..PLAIN },
        Row { case: "d: nothing in use", in_use: &[], route: Err(NoRoute::NoProvider), ..PLAIN },
        Row { case: "e: b's is down, the other's window is open", last: (Some(1), Some(2)), down: &[Baileys], route: FREE_TWILIO, ..PLAIN },
        Row { case: "e: b's is down, the other needs the template", last: (Some(1), None), template: true, down: &[Baileys], route: TEMPLATE, ..PLAIN },
        Row { case: "e: b's is down, the other may not", last: (Some(1), None), down: &[Baileys], ..PLAIN },
        Row { case: "e: Twilio is down", last: (None, Some(1)), down: &[Twilio], ..PLAIN },
        Row { case: "e: c's is down", template: true, down: &[Twilio], ..PLAIN },
        Row { case: "e: d's is down, the other may not", down: &[Baileys], ..PLAIN },
        Row { case: "e: both are down", last: (None, Some(1)), down: BOTH, route: FREE_TWILIO, ..PLAIN },
    ];
    for row in rows {
        let rules = RoutingRules { only: row.only, priority: row.in_use.to_vec(), template: row.template };
        let (baileys, twilio) = row.last;
        let case = RouteInput {
            rules: &rules, named: row.named, last_in: wrote(baileys, twilio), capable: BOTH, refused: &[], opted_out: false, down: row.down, now: now(),
        };
        assert_eq!(choose(&case), row.route, "{}", row.case);
    }
}

#[test]
fn an_incapable_or_refusing_provider_is_passed_over() {
    let rules = RoutingRules { only: None, priority: BOTH.to_vec(), template: true };
    let case = RouteInput {
        rules: &rules,
        named: None,
        last_in: wrote(None, Some(1)),
        capable: BOTH,
        refused: &[],
        opted_out: false,
        down: &[],
        now: now(),
    };
    assert_eq!(choose(&RouteInput { capable: &[Baileys], ..case }), FREE_BAILEYS);
    assert_eq!(choose(&RouteInput { refused: &[RefusedRoute::Twilio], ..case }), FREE_BAILEYS);
    assert_eq!(choose(&RouteInput { refused: &[RefusedRoute::TwilioFreeText], ..case }), TEMPLATE);
    let no_template = RoutingRules { template: false, ..rules.clone() };
    let refused = &[RefusedRoute::TwilioFreeText];
    assert_eq!(choose(&RouteInput { rules: &no_template, refused, ..case }), FREE_BAILEYS);
    let refused = &[RefusedRoute::Twilio, RefusedRoute::Baileys];
    assert_eq!(choose(&RouteInput { refused, ..case }), Err(NoRoute::Refused));
    assert_eq!(choose(&RouteInput { capable: &[], ..case }), Err(NoRoute::Unable));
    for named in [None, Some(Baileys), Some(Twilio)] {
        assert_eq!(choose(&RouteInput { named, opted_out: true, ..case }), Err(NoRoute::OptedOut));
    }
    assert_eq!(choose(&RouteInput { named: Some(Twilio), refused, ..case }), Err(NoRoute::Refused));
}

fn any_provider() -> impl Strategy<Value = Provider> {
    prop_oneof![Just(Baileys), Just(Twilio)]
}

fn any_set() -> impl Strategy<Value = Vec<Provider>> {
    prop_oneof![
        Just(vec![]),
        Just(vec![Baileys]),
        Just(vec![Twilio]),
        Just(vec![Baileys, Twilio]),
        Just(vec![Twilio, Baileys])
    ]
}

proptest! {
    #[test]
    fn no_way_breaks_a_rule(
        only in proptest::option::of(any_provider()),
        named in proptest::option::of(any_provider()),
        (priority, capable, down) in (any_set(), any_set(), any_set()),
        refused in proptest::sample::subsequence(RefusedRoute::ALL.to_vec(), 0..=RefusedRoute::ALL.len()),
        template: bool,
        baileys in proptest::option::of(0..50_u64),
        twilio in proptest::option::of(0..50_u64),
    ) {
        let rules = RoutingRules { only, priority: priority.clone(), template };
        let last_in = wrote(baileys, twilio);
        let case = RouteInput { rules: &rules, named, last_in, capable: &capable, refused: &refused, opted_out: false, down: &down, now: now() };
        match choose(&case) {
            Ok(route) => {
                prop_assert!(priority.contains(&route.provider) && capable.contains(&route.provider));
                prop_assert!(!refused.iter().any(|closed| closed.is_all_of(route.provider)));
                prop_assert!(named.or(only).is_none_or(|forced| forced == route.provider));
                let open = twilio.is_some_and(|hours| hours < 24) && !refused.contains(&RefusedRoute::TwilioFreeText);
                prop_assert_eq!(route.template, route.provider == Twilio && !open);
                prop_assert!(!route.template || template);
                // An unavailable provider is chosen only if no other provider has a route.
                if down.contains(&route.provider) && named.or(only).is_none() {
                    for other in BOTH.iter().filter(|other| !down.contains(other)) {
                        prop_assert!(route_via(*other, &case).is_err());
                    }
                }
            }
            Err(_) => {
                for provider in BOTH.iter().filter(|p| named.or(only).is_none_or(|forced| forced == **p)) {
                    prop_assert!(route_via(*provider, &case).is_err());
                }
            }
        }
    }
}
