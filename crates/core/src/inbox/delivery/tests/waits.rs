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
