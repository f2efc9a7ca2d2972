//! Facts about the business.

use super::text::{name, refuse, remark};
use super::{Error, RequestError};
use crate::domain::{ActorId, BusinessId, Fact, FactId, FactSource, Timestamp};
use crate::store::{ReadTx, WriteTx};

/// A partial change of a fact: `None` leaves a field unchanged.
#[derive(Clone, Debug, Default)]
pub struct FactUpdate {
    pub topic: Option<String>,
    pub text: Option<String>,
    pub source: Option<FactSource>,
}

pub fn find(tx: &ReadTx<'_>, id: FactId) -> Result<Fact, Error> {
    Ok(tx.fact(id)?.ok_or(RequestError::NotFound("fact"))?)
}

pub fn add(
    tx: &WriteTx<'_>,
    business: BusinessId,
    actor: ActorId,
    (topic, fact): (&str, &str),
    source: FactSource,
    now: Timestamp,
) -> Result<FactId, Error> {
    let (topic, fact) = (name("topic", topic)?, not_empty(fact)?);
    if source == FactSource::Answer {
        return Err(refuse("source", "may be `answer` only for the answer to a question").into());
    }
    Ok(tx.insert_fact(business, (&topic, &fact), source, &actor.to_string(), now)?)
}

pub fn change(tx: &WriteTx<'_>, id: FactId, change: &FactUpdate, now: Timestamp) -> Result<(), Error> {
    let fact = find(tx, id)?;
    let topic = name("topic", change.topic.as_deref().unwrap_or(&fact.topic))?;
    let text = not_empty(change.text.as_deref().unwrap_or(&fact.text))?;
    if change.source == Some(FactSource::Answer) && fact.source != FactSource::Answer {
        return Err(refuse("source", "may be `answer` only for the answer to a question").into());
    }
    let source = change.source.unwrap_or(fact.source);
    if (&topic, &text, source) == (&fact.topic, &fact.text, fact.source) {
        return Ok(());
    }
    Ok(tx.update_fact(id, (&topic, &text), source, now)?)
}

pub fn delete(tx: &WriteTx<'_>, id: FactId) -> Result<(), Error> {
    find(tx, id)?;
    Ok(tx.delete_fact(id)?)
}

fn not_empty(fact: &str) -> Result<String, RequestError> {
    let fact = remark("text", fact)?;
    if fact.is_empty() {
        return Err(refuse("text", "must not be empty"));
    }
    Ok(fact)
}
