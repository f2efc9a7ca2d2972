//! Messages that wait for a file, or for the credentials of a provider.

use super::*;

#[test]
fn a_file_is_waited_for_some_minutes() {
    let run = go(None, Baileys, &[Fate::NoFile, Fate::NoFile, Fate::Taken], &[SearchFault::None]);
    assert_eq!((run.tried, run.took), (vec![Baileys; 3], Duration::from_secs(1 + 2)));
    let run = go(Some(Baileys), Baileys, &[Fate::NoFile], &[SearchFault::None]);
    assert_eq!(run.result, StepResult::Failed(Reason::Refused(provider_error())));
    assert!((FILE_TIMEOUT..2 * FILE_TIMEOUT).contains(&run.took), "{:?}", run.took);
}

#[test]
fn a_message_waits_for_the_credentials_of_its_only_provider() {
    let fates = [Fate::Barred, Fate::Barred, Fate::Barred, Fate::Taken];
    for provider in [Baileys, Twilio] {
        let run = go(Some(provider), provider, &fates, &[SearchFault::None]);
        assert!(matches!(run.result, StepResult::Sent { .. }), "{:?}", run.result);
        assert_eq!((run.tried, run.took), (vec![provider; 4], Duration::from_secs(1 + 2 + 4)));
    }
    let run = go(Some(Twilio), Twilio, &[Fate::Barred], &[SearchFault::None]);
    assert_eq!(run.result, StepResult::Failed(Reason::Expired));
}

/// A message whose file cannot be fetched once, after an outage of its only provider.
#[test]
fn the_wait_for_a_file_does_not_count_from_an_outage() {
    let outage = [Fate::Down; 20];
    for (after, is_sent) in [(vec![Fate::NoFile, Fate::Taken], true), (vec![Fate::NoFile; 30], false)] {
        let run = go(Some(Baileys), Baileys, &[&outage[..], &after].concat(), &[SearchFault::None]);
        assert_eq!(matches!(run.result, StepResult::Sent { .. }), is_sent, "{:?}", run.result);
    }
}

#[test]
fn a_postponed_message_gets_the_whole_timeout_again_but_not_for_ever() {
    let hours = |hours| start().plus(Duration::from_hours(hours));
    let mut delivery = new_delivery(Route { provider: Baileys, template: false });
    assert_eq!((delivery.postpone(hours(10)), delivery.expires_at), (hours(10), hours(34)));
    assert_eq!((delivery.postpone(hours(60)), delivery.expires_at), (hours(60), hours(72)));
    assert_eq!((delivery.postpone(hours(90)), delivery.expires_at), (hours(72), hours(72)), "it fails then");
}
