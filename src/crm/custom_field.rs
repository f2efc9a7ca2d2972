//! Fields that the business defines for its contacts, and their values.

use super::{Error, RequestError, contact, text};
use crate::domain::{BusinessId, ContactId, CustomField, FieldId, FieldKind, Timestamp};
use crate::store::{ReadTx, WriteTx};

/// Returns a field that is not archived.
pub fn find(tx: &ReadTx<'_>, id: FieldId) -> Result<CustomField, Error> {
    Ok(tx.custom_field(id)?.ok_or(RequestError::NotFound("field"))?)
}

pub fn create(
    tx: &WriteTx<'_>,
    name: &str,
    kind: FieldKind,
    choices: &[String],
    now: Timestamp,
) -> Result<FieldId, Error> {
    let name = text::name("name", name)?;
    let choices = check_choices(kind, choices)?;
    check_unused(tx, &name, None)?;
    check_count(tx)?;
    Ok(tx.insert_custom_field(BusinessId::FIRST, &name, kind, &choices, now)?)
}

/// Changes the name and the choices of a field; `None` leaves them unchanged. Stored values that are no longer among
/// the choices are kept.
pub fn update(tx: &WriteTx<'_>, id: FieldId, name: Option<&str>, choices: Option<&[String]>) -> Result<(), Error> {
    let field = find(tx, id)?;
    let name = name.map(|name| text::name("name", name)).transpose()?.unwrap_or_else(|| field.name.clone());
    let choices = match choices {
        Some(choices) => check_choices(field.kind, choices)?,
        None => field.choices.clone(),
    };
    if (&name, &choices) == (&field.name, &field.choices) {
        return Ok(());
    }
    check_unused(tx, &name, Some(id))?;
    Ok(tx.update_custom_field(id, &name, &choices)?)
}

/// Archives a field: it is no longer shown, and its values are kept.
pub fn archive(tx: &WriteTx<'_>, id: FieldId, now: Timestamp) -> Result<(), Error> {
    Ok(tx.archive_custom_field(id, now)?)
}

/// Restores an archived field with its values. A field that is not archived is unchanged.
pub fn restore(tx: &WriteTx<'_>, id: FieldId) -> Result<(), Error> {
    if let Some(name) = tx.archived_field_name(id)? {
        check_unused(tx, &name, Some(id))?;
        check_count(tx)?;
    }
    Ok(tx.restore_custom_field(id)?)
}

pub fn set_value(
    tx: &WriteTx<'_>,
    contact: ContactId,
    field: FieldId,
    value: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    let contact = contact::find(tx, contact)?.id;
    let field = find(tx, field)?;
    let value = match value.filter(|value| !value.trim().is_empty()) {
        Some(value) => Some(field.normalize(value).ok_or_else(|| text::refuse("value", expectation(&field)))?),
        None => None,
    };
    Ok(tx.set_field_value(contact, field.id, value.as_deref(), now)?)
}

fn expectation(field: &CustomField) -> String {
    match field.kind {
        FieldKind::Text => "must have at most 2000 characters".to_owned(),
        FieldKind::Number => "must be a number, such as 12 or 7.5".to_owned(),
        FieldKind::Date => "must be a day, such as 2026-11-22".to_owned(),
        FieldKind::Choice => format!("must be one of: {}", field.choices.join(", ")),
        FieldKind::Flag => "must be true or false".to_owned(),
    }
}

fn check_choices(kind: FieldKind, choices: &[String]) -> Result<Vec<String>, Error> {
    if kind != FieldKind::Choice {
        let refuse = || text::refuse("choices", "may be given only for the kind choice");
        return if choices.is_empty() { Ok(Vec::new()) } else { Err(refuse().into()) };
    }
    let mut checked: Vec<String> = Vec::with_capacity(choices.len().min(MAX_CHOICES));
    for choice in choices.iter().take(MAX_CHOICES + 1) {
        let choice = text::name("choices", choice)?;
        if !checked.contains(&choice) {
            checked.push(choice);
        }
    }
    if checked.is_empty() || checked.len() > MAX_CHOICES {
        return Err(text::refuse("choices", format!("must have 1 to {MAX_CHOICES} values")).into());
    }
    Ok(checked)
}

fn check_unused(tx: &WriteTx<'_>, name: &str, by: Option<FieldId>) -> Result<(), Error> {
    let holder = tx.custom_field_by_name(BusinessId::FIRST, name)?;
    if holder.is_some_and(|holder| Some(holder) != by) {
        return Err(RequestError::Conflict(format!("there is a field {name} already").into()).into());
    }
    Ok(())
}

fn check_count(tx: &WriteTx<'_>) -> Result<(), Error> {
    if tx.custom_fields(BusinessId::FIRST)?.len() >= MAX_FIELDS {
        return Err(RequestError::Conflict(format!("there are {MAX_FIELDS} fields already").into()).into());
    }
    Ok(())
}

const MAX_FIELDS: usize = 100;
const MAX_CHOICES: usize = 100;
