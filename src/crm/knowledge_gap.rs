//! Questions that the agent could not answer. The owner's answer to a question becomes a fact.

use super::text::beginning;
use super::{Error, RequestError, fact};
use crate::domain::{ActorId, BusinessId, Call, FactId, FactSource, GapId, GapState, KnowledgeGap, Timestamp};
use crate::search::fold;
use crate::store::{AskedQuestion, ReadTx, WriteTx};

pub fn find(tx: &ReadTx<'_>, id: GapId) -> Result<KnowledgeGap, Error> {
    Ok(tx.knowledge_gap(id)?.ok_or(RequestError::NotFound("question"))?)
}

/// Records a question from a call. A question counts once per call, unless another call asks it in between. A dismissed
/// question stays dismissed. A question whose answer was deleted is open again. Drops a question that is too short, and
/// a new question if too many are open.
pub fn report(tx: &WriteTx<'_>, question: &str, call: &Call, now: Timestamp) -> Result<(), Error> {
    let Some(question) = beginning(question, MAX_CHARS).filter(|text| text.chars().count() >= MIN_CHARS) else {
        return Ok(());
    };
    let folded = folded(&question);
    if folded.is_empty() {
        return Ok(());
    }
    let business = BusinessId::FIRST;
    let contact = tx.kept_contact(call.contact_id)?;
    let asked = AskedQuestion { business, question: &question, folded: &folded, contact, call: call.id };
    let Some(known) = tx.knowledge_gap_by_text(business, &folded)? else {
        if tx.open_knowledge_gaps(business)? < MAX_OPEN {
            tx.insert_knowledge_gap(&asked, now)?;
        }
        return Ok(());
    };
    if known.call_id != Some(call.id) {
        tx.count_knowledge_gap(known.id, &asked, now)?;
    }
    if known.state == GapState::Answered && known.fact_id.is_none() {
        tx.set_knowledge_gap(known.id, GapState::Open, None, now)?;
    }
    Ok(())
}

/// Returns true if the text is a question that was asked in a call. The text then comes from a caller, even if the
/// owner has answered the question.
pub fn was_asked(tx: &ReadTx<'_>, text: &str) -> Result<bool, Error> {
    Ok(tx.knowledge_gap_by_text(BusinessId::FIRST, &folded(text))?.is_some())
}

fn folded(question: &str) -> String {
    fold(question).text.trim_matches(|c: char| c == '?' || c.is_whitespace()).to_owned()
}

pub fn answer(
    tx: &WriteTx<'_>,
    actor: ActorId,
    id: GapId,
    (topic, answer): (Option<&str>, &str),
    now: Timestamp,
) -> Result<FactId, Error> {
    let gap = find(tx, id)?;
    if gap.state == GapState::Answered && gap.fact_id.is_some() {
        return Err(RequestError::Conflict("this question is answered already; change the fact instead".into()).into());
    }
    let topic = topic.filter(|topic| !topic.trim().is_empty()).unwrap_or(&gap.question);
    let fact = fact::add(tx, BusinessId::FIRST, actor, (topic, answer), FactSource::User, now)?;
    tx.set_fact_gap(fact, id)?;
    tx.set_knowledge_gap(id, GapState::Answered, Some(&actor.to_string()), now)?;
    Ok(fact)
}

pub fn dismiss(tx: &WriteTx<'_>, actor: ActorId, id: GapId, now: Timestamp) -> Result<(), Error> {
    match find(tx, id)?.state {
        GapState::Open => Ok(tx.set_knowledge_gap(id, GapState::Dismissed, Some(&actor.to_string()), now)?),
        GapState::Dismissed => Ok(()),
        GapState::Answered => Err(RequestError::Conflict("this question is answered already".into()).into()),
    }
}

/// Opens a question that was dismissed, or whose answer was deleted.
pub fn reopen(tx: &WriteTx<'_>, id: GapId, now: Timestamp) -> Result<(), Error> {
    let gap = find(tx, id)?;
    match gap.state {
        GapState::Open => Ok(()),
        GapState::Answered if gap.fact_id.is_some() => {
            Err(RequestError::Conflict("this question is answered already".into()).into())
        }
        // The fact that answered the question was deleted.
        GapState::Answered | GapState::Dismissed => Ok(tx.set_knowledge_gap(id, GapState::Open, None, now)?),
    }
}

/// The maximum length of a question in characters: that of a fact's topic.
const MAX_CHARS: usize = 200;
const MIN_CHARS: usize = 3;
/// The maximum number of open questions, so that callers cannot fill the list without limit.
const MAX_OPEN: i64 = 500;
