//! Leads and their stages.

use super::{Error, RequestError, contact, text};
use crate::domain::{
    ActorId, BusinessId, ContactId, Lead, LeadContent, LeadId, LeadOutcome, LeadStage, StageId, Timestamp,
};
use crate::store::{ReadTx, WriteTx};

pub fn find(tx: &ReadTx<'_>, id: LeadId) -> Result<Lead, Error> {
    Ok(tx.lead(id)?.ok_or(RequestError::NotFound("lead"))?)
}

pub fn find_stage(tx: &ReadTx<'_>, id: StageId) -> Result<LeadStage, Error> {
    Ok(tx.lead_stage(id)?.ok_or(RequestError::NotFound("stage"))?)
}

#[derive(Clone, Debug)]
pub struct NewLead {
    pub contact: ContactId,
    /// The possible sale.
    pub title: String,
    /// The stage; `None` means the first stage.
    pub stage: Option<StageId>,
    /// The expected amount in hundredths of the currency.
    pub value_minor: Option<i64>,
    pub source: String,
}

pub fn create(tx: &WriteTx<'_>, actor: ActorId, new: NewLead, now: Timestamp) -> Result<LeadId, Error> {
    let contact = contact::find(tx, new.contact)?;
    let stage_id = match new.stage {
        Some(stage) => stage,
        None => tx.lead_stages(contact.business_id)?.first().ok_or(RequestError::NotFound("stage"))?.id,
    };
    let content = LeadContent { title: new.title, stage_id, value_minor: new.value_minor, source: new.source };
    let (content, stage) = check(tx, content)?;
    let closed_at = (stage.outcome != LeadOutcome::Open).then_some(now);
    Ok(tx.insert_lead(contact.business_id, contact.id, &content, closed_at, actor, now)?)
}

/// Changes a lead. Moving the lead into a stage for won or lost leads closes it; into any other stage, reopens it.
pub fn update(
    tx: &WriteTx<'_>,
    id: LeadId,
    change: impl FnOnce(&mut LeadContent),
    now: Timestamp,
) -> Result<(), Error> {
    let before = find(tx, id)?;
    let mut content = before.content.clone();
    change(&mut content);
    let (content, stage) = check(tx, content)?;
    if content == before.content {
        return Ok(());
    }
    let closed_at = (stage.outcome != LeadOutcome::Open).then(|| before.closed_at.unwrap_or(now));
    Ok(tx.update_lead(id, &content, closed_at, now)?)
}

pub fn delete(tx: &WriteTx<'_>, id: LeadId) -> Result<(), Error> {
    Ok(tx.delete_lead(id)?)
}

/// Adds a stage; without a position, at the end.
pub fn create_stage(
    tx: &WriteTx<'_>,
    name: &str,
    outcome: LeadOutcome,
    position: Option<i64>,
) -> Result<StageId, Error> {
    let name = text::name("name", name)?;
    let stages = tx.lead_stages(BusinessId::FIRST)?;
    if stages.len() >= MAX_STAGES {
        return Err(RequestError::Conflict(format!("there are {MAX_STAGES} stages already").into()).into());
    }
    check_position(position)?;
    let last = stages.last().map_or(0, |stage| stage.position);
    Ok(tx.insert_lead_stage(BusinessId::FIRST, &name, outcome, position.unwrap_or(last.saturating_add(1)))?)
}

/// A partial change of a stage: `None` leaves a field unchanged.
#[derive(Clone, Debug, Default)]
pub struct StageUpdate {
    /// The name; `Some(None)` restores the default name, which only a built-in stage has.
    pub name: Option<Option<String>>,
    pub outcome: Option<LeadOutcome>,
    pub position: Option<i64>,
}

pub fn update_stage(tx: &WriteTx<'_>, id: StageId, change: StageUpdate, now: Timestamp) -> Result<(), Error> {
    let before = find_stage(tx, id)?;
    check_position(change.position)?;
    let name = match change.name {
        None => before.name.clone(),
        Some(None) if before.key.is_none() => return Err(text::refuse("name", "is needed for this stage").into()),
        Some(None) => None,
        Some(Some(name)) => Some(text::name("name", &name)?),
    };
    let outcome = change.outcome.unwrap_or(before.outcome);
    let position = change.position.unwrap_or(before.position);
    if (&name, outcome, position) == (&before.name, before.outcome, before.position) {
        return Ok(());
    }
    Ok(tx.update_lead_stage(id, name.as_deref(), outcome, position, now)?)
}

pub fn delete_stage(tx: &WriteTx<'_>, id: StageId) -> Result<(), Error> {
    let stage = find_stage(tx, id)?;
    if stage.lead_count > 0 {
        return Err(RequestError::Conflict("there are leads in this stage; move them first".into()).into());
    }
    if tx.lead_stages(BusinessId::FIRST)?.len() == 1 {
        return Err(RequestError::Conflict("this is the only stage".into()).into());
    }
    Ok(tx.delete_lead_stage(id)?)
}

fn check(tx: &WriteTx<'_>, mut content: LeadContent) -> Result<(LeadContent, LeadStage), Error> {
    content.title = text::name("title", &content.title)?;
    content.source = text::name_or_empty("source", &content.source)?;
    if content.value_minor.is_some_and(|value| !(0..=MAX_INTEGER).contains(&value)) {
        return Err(text::refuse("value_minor", format!("must be 0 to {MAX_INTEGER}")).into());
    }
    let stage = find_stage(tx, content.stage_id)?;
    Ok((content, stage))
}

fn check_position(position: Option<i64>) -> Result<(), Error> {
    if position.is_some_and(|position| !(-MAX_INTEGER..=MAX_INTEGER).contains(&position)) {
        return Err(text::refuse("position", format!("must be -{MAX_INTEGER} to {MAX_INTEGER}")).into());
    }
    Ok(())
}

const MAX_STAGES: usize = 50;
/// The greatest integer that JavaScript represents exactly.
const MAX_INTEGER: i64 = 9_007_199_254_740_991;
