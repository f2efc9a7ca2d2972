//! Tags, with which users group contacts.

use super::{Error, RequestError, contact, text};
use crate::domain::{ActorId, BusinessId, ContactId, Tag, TagChanges, TagId, Timestamp};
use crate::store::{ReadTx, WriteTx};
use std::collections::BTreeMap;

pub fn find(tx: &ReadTx<'_>, id: TagId) -> Result<Tag, Error> {
    Ok(tx.tag(id)?.ok_or(RequestError::NotFound("tag"))?)
}

pub fn create(tx: &WriteTx<'_>, name: &str, now: Timestamp) -> Result<TagId, Error> {
    let name = text::name("name", name)?;
    check_unused(tx, &name, None)?;
    Ok(tx.insert_tag(BusinessId::FIRST, &name, now)?)
}

/// If `name` is `None`, the tag is unchanged.
pub fn update(tx: &WriteTx<'_>, id: TagId, name: Option<&str>) -> Result<(), Error> {
    let tag = find(tx, id)?;
    match name.map(|name| text::name("name", name)).transpose()? {
        Some(name) if name != tag.name => {
            check_unused(tx, &name, Some(id))?;
            Ok(tx.rename_tag(id, &name)?)
        }
        _ => Ok(()),
    }
}

/// Deletes a tag and removes it from all contacts.
pub fn delete(tx: &WriteTx<'_>, id: TagId) -> Result<(), Error> {
    Ok(tx.delete_tag(id)?)
}

/// Returns only the actual changes, so that they can be undone.
pub fn change_contacts(
    tx: &WriteTx<'_>,
    contacts: &[ContactId],
    add: &[TagId],
    remove: &[TagId],
    now: Timestamp,
) -> Result<TagChanges, Error> {
    if contacts.is_empty() || contacts.len() > MAX_CONTACTS {
        return Err(text::refuse("contact_ids", format!("must name 1 to {MAX_CONTACTS} contacts")).into());
    }
    if add.len() + remove.len() > MAX_TAGS || add.iter().any(|tag| remove.contains(tag)) {
        return Err(text::refuse("add", format!("and remove must name at most {MAX_TAGS} tags, none in both")).into());
    }
    for tag in add.iter().chain(remove) {
        find(tx, *tag)?;
    }
    // All ids are validated before the first change, so that a refused request changes nothing.
    let contacts = contacts.iter().map(|id| Ok(contact::find(tx, *id)?.id)).collect::<Result<Vec<_>, Error>>()?;
    let mut changes = TagChanges::default();
    for contact in contacts {
        for tag in add {
            if tx.add_contact_tag(contact, *tag, now)? {
                changes.added.push((contact, *tag));
            }
        }
        for tag in remove {
            if tx.remove_contact_tag(contact, *tag)? {
                changes.removed.push((contact, *tag));
            }
        }
    }
    Ok(changes)
}

/// Adds an audit row for each tag that was added to contacts, and for each that was removed from contacts.
pub fn note_changes(tx: &WriteTx<'_>, by: ActorId, changes: &TagChanges, now: Timestamp) -> Result<(), Error> {
    for (direction, pairs) in [("added to", &changes.added), ("removed from", &changes.removed)] {
        let mut counts = BTreeMap::new();
        for (_, tag) in pairs {
            *counts.entry(*tag).or_insert(0) += 1;
        }
        for (tag, contacts) in counts {
            tx.insert_audit(by, "tag_contacts", &format!("tag:{tag}, {direction} contacts: {contacts}"), now)?;
        }
    }
    Ok(())
}

fn check_unused(tx: &WriteTx<'_>, name: &str, by: Option<TagId>) -> Result<(), Error> {
    let holder = tx.tag_by_name(BusinessId::FIRST, name)?;
    if holder.is_some_and(|holder| Some(holder) != by) {
        return Err(RequestError::Conflict(format!("there is a tag {name} already").into()).into());
    }
    Ok(())
}

/// The maximum number of contacts in one change.
pub const MAX_CONTACTS: usize = 1000;
const MAX_TAGS: usize = 100;
