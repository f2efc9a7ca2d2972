//! Finds the evidence for each claim in the actions of the call.

use super::agent_action::AgentAction;
use super::claim::{Claim, is_about_confirmation, is_kind, object};
use super::named::Named;
use super::said_time::SaidTime;
use super::terms::{Basis, Moment, Promise, Start};
use jiff::civil::Date;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// The promised action was done.
    Kept,
    /// The promised action was done, but later than the agent said.
    Early,
    /// The promised action was not done, or it was done for another time.
    Broken { is_time_wrong: bool },
}

impl Finding {
    fn is_kept(self) -> bool {
        matches!(self, Self::Kept | Self::Early)
    }
}

pub(super) struct Evidence<'a> {
    pub(super) actions: &'a [AgentAction],
    pub(super) has_confirmation: bool,
    /// True if a transfer to a person began in the call.
    pub(super) has_transfer: bool,
    /// The last turn of the caller or the agent.
    pub(super) last: Moment,
    pub(super) today: Option<Date>,
}

impl Evidence<'_> {
    pub(super) fn evaluate(&self, claims: &[Claim<'_>]) -> Vec<Finding> {
        let mut found = vec![Finding::Broken { is_time_wrong: false }; claims.len()];
        for (index, claim) in claims.iter().enumerate() {
            match claim.promise {
                _ if claim.basis == Basis::Details => {
                    found[index] = self.by_action(claim, AgentAction::has_stored_details);
                }
                _ if claim.basis == Basis::Any => found[index] = self.by_action(claim, AgentAction::has_changed),
                _ if claim.basis == Basis::OwnTool => {
                    found[index] = self.by_action(claim, AgentAction::is_of_own_tool);
                }
                Promise::Offered => found[index] = self.offer(claim),
                Promise::Booked | Promise::Moved | Promise::Cancelled => found[index] = self.change(claims, index),
                // A caller who hangs up before the phone rings ends the transfer.
                Promise::Transferred if self.has_transfer || claim.at >= self.last => found[index] = Finding::Kept,
                Promise::OptedOut => {
                    found[index] =
                        self.by_action(claim, |action| action.is_done && action.promises.contains(&Promise::OptedOut));
                }
                Promise::Waiting | Promise::PassedOn | Promise::Sent | Promise::Transferred => {}
            }
        }
        for promise in [Promise::Waiting, Promise::PassedOn, Promise::Sent] {
            self.evaluate_texts(promise, claims, &mut found);
        }
        found
    }

    /// Returns true if a later sentence corrects a broken claim: after an apology, or, for a wrong time of an
    /// appointment, by naming the correct time.
    pub(super) fn is_corrected(&self, claims: &[Claim<'_>], found: &[Finding], at: usize) -> bool {
        let broken = &claims[at];
        let is_other_kept = |index: usize| claims[index].promise == broken.promise && found[index].is_kept();
        let is_misstated = found[at] == Finding::Broken { is_time_wrong: true } && !(0..at).any(is_other_kept);
        (at + 1..claims.len()).filter(|index| is_other_kept(*index)).any(|index| {
            let later = &claims[index];
            later.is_correction
                || is_misstated && self.state(broken.at).iter().any(|(start, _)| later.named.fits(*start, self.today))
        })
    }

    /// Evaluates an offer. It is kept if it names no time of day, or only times that a tool had returned, even with a
    /// rejection.
    fn offer(&self, claim: &Claim<'_>) -> Finding {
        let read: Vec<Start> = self.before(claim.at).flat_map(|action| action.read.iter().copied()).collect();
        let is_read = claim.named.times.is_empty() || claim.named.is_covered_by(&read, self.today);
        if is_read { Finding::Kept } else { Finding::Broken { is_time_wrong: false } }
    }

    /// Returns true if a tool had returned this time on a day that the claim names.
    pub(super) fn has_read(&self, claim: &Claim<'_>, time: SaidTime) -> bool {
        let named = Named { days: claim.named.days.clone(), times: vec![time] };
        self.before(claim.at).any(|action| action.read.iter().any(|start| named.fits(*start, self.today)))
    }

    /// Returns true if an appointment is known to exist at this time on a day that the claim names.
    pub(super) fn has_appointment(&self, claim: &Claim<'_>, time: SaidTime) -> bool {
        let named = Named { days: claim.named.days.clone(), times: vec![time] };
        self.state(claim.at).iter().any(|(start, _)| named.fits(*start, self.today))
    }

    /// Evaluates a claim that any action of a kind keeps.
    fn by_action(&self, claim: &Claim<'_>, is_it: impl Fn(&AgentAction) -> bool) -> Finding {
        match () {
            () if self.before(claim.at).any(&is_it) => Finding::Kept,
            () if self.after(claim.at).any(&is_it) => Finding::Early,
            () => Finding::Broken { is_time_wrong: false },
        }
    }

    fn change(&self, claims: &[Claim<'_>], index: usize) -> Finding {
        let claim = &claims[index];
        let fits = |start: &Start| claim.named.fits(*start, self.today);
        let is_it = |action: &&AgentAction| action.is_done && action.promises.contains(&claim.promise);
        let is_new_alone =
            claim.promise == Promise::Booked || self.has_just_failed(claims, index) || self.has_no_new(claims, index);
        let starts_of = |action: &AgentAction| -> Vec<Start> {
            match claim.promise {
                // "I have moved your appointment of Monday" refers to the last move, not to the earlier time of the
                // appointment.
                Promise::Booked | Promise::Moved if is_new_alone => action.added.clone(),
                _ => [action.added.clone(), action.removed.clone()].concat(),
            }
        };
        // "I have booked it" needs a booking in this call, "your appointment is on Monday" only the appointment.
        let is_own = |is_existing: bool| !is_existing || claim.is_state || !claim.named.is_empty();
        // An action without a start time is evidence for each claim of its kind.
        let holds = |action: &AgentAction| {
            let starts = starts_of(action);
            is_own(action.is_existing) && (starts.is_empty() || starts.iter().any(fits))
        };
        let has_failed = claim.named.is_empty() && self.has_just_failed(claims, index);
        let is_kept = match claim.promise {
            Promise::Booked => {
                let is_wild = |action: &AgentAction| action.added.is_empty() && !action.is_existing;
                let state = self.state(claim.at);
                let starts: Vec<Start> =
                    state.iter().filter(|(_, is_existing)| is_own(*is_existing)).map(|(start, _)| *start).collect();
                self.before(claim.at).filter(is_it).any(is_wild) || claim.named.is_covered_by(&starts, self.today)
            }
            _ => self.before(claim.at).filter(is_it).any(holds),
        };
        if is_kept && !has_failed {
            return Finding::Kept;
        }
        if self.after(claim.at).filter(is_it).any(holds) {
            return if claim.is_past { Finding::Early } else { Finding::Kept };
        }
        // "I am booking it now" is kept by the attempt. If it failed, the next sentences say so, or are broken.
        let is_attempt = |action: &AgentAction| action.promises.contains(&claim.promise) && !action.is_existing;
        if !claim.is_past && self.after(claim.at).any(is_attempt) {
            return Finding::Kept;
        }
        let has_other =
            self.actions.iter().filter(is_it).any(|action| action.at > claim.at || claim.promise != Promise::Booked);
        let is_time_wrong = !claim.named.is_empty()
            && (has_other || claim.promise == Promise::Booked && !self.state(claim.at).is_empty());
        Finding::Broken { is_time_wrong }
    }

    /// Returns the appointments that exist at a moment, as far as they are known, and whether the agent left them
    /// unchanged.
    fn state(&self, at: Moment) -> Vec<(Start, bool)> {
        let mut starts: Vec<(Start, bool)> = Vec::new();
        for action in self.before(at) {
            starts.retain(|(start, _)| !action.removed.contains(start));
            let is_new = |start: &&Start| !starts.iter().any(|(known, _)| known == *start);
            let new: Vec<_> = action.added.iter().filter(is_new).map(|start| (*start, action.is_existing)).collect();
            starts.extend(new);
        }
        starts
    }

    fn before(&self, at: Moment) -> impl Iterator<Item = &AgentAction> {
        self.actions.iter().take_while(move |action| action.at < at)
    }

    fn after(&self, at: Moment) -> impl Iterator<Item = &AgentAction> {
        self.actions.iter().skip_while(move |action| action.at < at)
    }

    /// Returns true if the tool for a claim was used after the last claim of the same kind, and its last use failed. A
    /// failed repetition of a message that was sent before does not count.
    fn has_just_failed(&self, claims: &[Claim<'_>], index: usize) -> bool {
        let claim = &claims[index];
        let last = claims[..index].iter().rev().find(|other| other.promise == claim.promise);
        let since = last.map_or((i64::MIN, 0), |other| other.at);
        let tried =
            self.before(claim.at).filter(|action| action.at > since && action.promises.contains(&claim.promise));
        let is_done_before = |text: &[String]| {
            !text.is_empty() && self.before(claim.at).any(|action| action.is_done && action.words == text)
        };
        tried.last().is_some_and(|action| !action.is_done && !is_done_before(&action.words))
    }

    /// Returns true if the tool for a claim was not used after the last claim of the same kind.
    fn has_no_new(&self, claims: &[Claim<'_>], index: usize) -> bool {
        let claim = &claims[index];
        let last = claims[..index].iter().rev().find(|other| other.promise == claim.promise);
        last.is_some_and(|last| {
            !self.before(claim.at).any(|action| action.at > last.at && action.promises.contains(&claim.promise))
        })
    }

    /// Evaluates claims about messages. Each claim needs a row that contains its words, or a row that no other claim
    /// uses. A claim that repeats another claim in other words needs no second row.
    fn evaluate_texts(&self, promise: Promise, claims: &[Claim<'_>], found: &mut [Finding]) {
        let is_mine = |claim: &Claim<'_>| claim.promise == promise && claim.basis == Basis::Kind;
        let mine: Vec<usize> = (0..claims.len()).filter(|index| is_mine(&claims[*index])).collect();
        let mut rows: Vec<Row> = self
            .actions
            .iter()
            .filter(|action| action.is_done && action.promises.contains(&promise))
            .map(Row::new)
            .collect();
        let by = |row: &Row, claim: &Claim<'_>| {
            if row.at < claim.at || !claim.is_past { Finding::Kept } else { Finding::Early }
        };
        for &index in &mine {
            let claim = &claims[index];
            if promise == Promise::Sent && self.has_confirmation && is_about_confirmation(claim.sentence) {
                found[index] = Finding::Kept;
            } else if let Some(row) = rows.iter_mut().find(|row| row.has_words_of(claim)) {
                row.is_taken = true;
                found[index] = by(row, claim);
            }
        }
        for (place, &index) in mine.iter().enumerate() {
            let claim = &claims[index];
            if found[index].is_kept() {
                rows.iter_mut().filter(|row| row.has_words_of(claim)).for_each(|row| row.is_used = true);
                continue;
            }
            let is_known = !claim.objects.is_empty()
                && mine
                    .iter()
                    .any(|other| found[*other].is_kept() && !claims[*other].objects.is_disjoint(&claim.objects));
            if is_known {
                found[index] = Finding::Kept;
                continue;
            }
            let has_failed = self.has_just_failed(claims, index);
            // A message with the address is no evidence for a promised message with the prices.
            let is_other = |row: &Row| row.has_kind && claim.objects.iter().any(|object| is_kind(object));
            let is_free = |row: &Row| match () {
                () if is_other(row) => false,
                () if claim.is_further && place > 0 => !row.is_used && !row.is_taken,
                // A row without words, such as an entry of the waiting list, can be described in many ways.
                () if claim.objects.is_empty() || row.objects.is_empty() => true,
                () => !row.is_taken,
            };
            let earlier = rows.iter().rposition(|row| row.at < claim.at && !has_failed && is_free(row));
            let row = earlier.or_else(|| rows.iter().position(|row| row.at > claim.at && is_free(row)));
            if let Some(row) = row.map(|row| &mut rows[row]) {
                row.is_used = true;
                row.is_taken |= !claim.objects.is_empty();
                found[index] = by(row, claim);
            }
        }
    }
}

/// A message that was sent or written down, or an entry of the waiting list.
struct Row {
    at: Moment,
    objects: Vec<String>,
    /// True if the words of the row name a usual subject, such as an address.
    has_kind: bool,
    /// True if the row is evidence for a claim that names its object.
    is_taken: bool,
    /// True if the row is evidence for any claim.
    is_used: bool,
}

impl Row {
    fn new(action: &AgentAction) -> Self {
        let objects: Vec<String> = action.words.iter().filter_map(|word| object(word)).collect();
        let has_kind = objects.iter().any(|object| is_kind(object));
        Self { at: action.at, objects, has_kind, is_taken: false, is_used: false }
    }

    fn has_words_of(&self, claim: &Claim<'_>) -> bool {
        self.objects.iter().any(|word| claim.objects.contains(word))
    }
}
