//! The list of contacts, page by page, with its filters and orders.

use super::super::page::{page, rows_for};
use super::super::search::{digits, like};
use super::{COLUMN_COUNT, columns, contact};
use crate::domain::{BusinessId, Contact, ContactRelation, ContactSort, TagId, TextCursor};
use crate::store::{ReadTx, Result};
use rusqlite::ToSql;

#[derive(Clone, Debug)]
pub struct ContactFilter {
    pub business: BusinessId,
    /// A part of the name or of an address; `None` for all contacts.
    pub words: Option<String>,
    /// Only contacts with this tag.
    pub tag: Option<TagId>,
    /// Only blocked, or only unblocked contacts; `None` for both.
    pub blocked: Option<bool>,
    pub relation: Option<ContactRelation>,
    pub sort: ContactSort,
}

impl ReadTx<'_> {
    /// With the position of the next page if one exists.
    pub fn contacts(
        &self,
        filter: &ContactFilter,
        after: Option<&TextCursor>,
        limit: usize,
    ) -> Result<(Vec<Contact>, Option<TextCursor>)> {
        let words = filter.words.as_deref().map(str::trim).filter(|words| !words.is_empty());
        let (pattern, number) = (words.map(like), words.and_then(digits).map(|digits| like(&digits)));
        let found = words.map(|words| self.contacts_named(words)).transpose()?;
        let most = rows_for(limit);
        let mut params: Vec<(&str, &dyn ToSql)> = vec![(":business", &filter.business), (":limit", &most)];
        if pattern.is_some() {
            params.extend([(":words", &pattern as &dyn ToSql), (":digits", &number), (":found", &found)]);
        }
        if let Some(tag) = &filter.tag {
            params.push((":tag", tag));
        }
        if let Some(after) = after {
            params.extend([(":key", &after.key as &dyn ToSql), (":id", &after.id)]);
        }
        let tag = filter.tag.map(|tag| self.tag_path(tag)).transpose()?;
        let sql = page_sql(filter, pattern.is_some(), tag, after.is_some());
        let mut query = self.conn.prepare_cached(&sql)?;
        let rows = query.query_map(&params[..], |row| Ok((contact(row, 0)?, row.get::<_, String>(COLUMN_COUNT)?)))?;
        let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        let (rows, next) = page(rows, limit, |(last, key)| TextCursor { key: key.clone(), id: last.id.0 });
        Ok((rows.into_iter().map(|(contact, _)| contact).collect(), next))
    }
}

/// How a query finds the contacts with a tag.
#[derive(Clone, Copy, Debug)]
enum TagPath {
    /// Looks up the tag and sorts the contacts: for a tag with few contacts.
    FromTag,
    /// Scans the contacts in list order until the page is full: for a tag with many contacts.
    InOrder,
}

impl ReadTx<'_> {
    fn tag_path(&self, tag: TagId) -> Result<TagPath> {
        let sql = "SELECT count(*) FROM (SELECT 1 FROM contact_tags WHERE tag_id = ?1 LIMIT ?2)";
        let count: i64 = self.conn.prepare_cached(sql)?.query_row((tag, MAX_SORTED_BY_TAG + 1), |row| row.get(0))?;
        Ok(if count <= MAX_SORTED_BY_TAG { TagPath::FromTag } else { TagPath::InOrder })
    }
}

/// The inner query finds the ids by an index, so that details are read only for the contacts of the page.
fn page_sql(filter: &ContactFilter, has_words: bool, tag: Option<TagPath>, has_cursor: bool) -> String {
    let (key, order, beyond) = match filter.sort {
        ContactSort::Activity => ("coalesce(c.last_activity_at, c.created_at)", "DESC", '<'),
        ContactSort::Created => ("c.created_at", "DESC", '<'),
        ContactSort::Name => ("(iif(c.display_name = '', char(1114111), c.display_name)) COLLATE NOCASE", "ASC", '>'),
    };
    let words = if has_words { WORDS } else { "" };
    let blocked = match filter.blocked {
        None => "",
        Some(true) => "AND c.blocked_at IS NOT NULL",
        Some(false) => "AND c.blocked_at IS NULL",
    };
    let relation = match filter.relation {
        None => "",
        Some(ContactRelation::Customer) => "AND c.relation IS NULL",
        Some(ContactRelation::Vip) => "AND c.relation = 'vip'",
        Some(ContactRelation::Staff) => "AND c.relation = 'staff'",
    };
    let (from, tag) = match tag {
        None => ("contacts c", ""),
        Some(TagPath::FromTag) => {
            ("contact_tags t CROSS JOIN contacts c ON c.id = t.contact_id", "AND t.tag_id = :tag")
        }
        Some(TagPath::InOrder) => {
            ("contacts c", "AND EXISTS (SELECT 1 FROM contact_tags WHERE contact_id = c.id AND tag_id = :tag)")
        }
    };
    let cursor = if has_cursor {
        format!("AND {key} {beyond}= :key AND ({key} {beyond} :key OR c.id {beyond} :id)")
    } else {
        String::new()
    };
    format!(
        "SELECT {columns}, page.key FROM (
             SELECT c.id, {key} AS key FROM {from}
             WHERE c.business_id = :business AND c.merged_into IS NULL {words} {blocked} {relation} {tag} {cursor}
             ORDER BY {key} {order}, c.id {order} LIMIT :limit) page
         CROSS JOIN contacts c ON c.id = page.id
         ORDER BY page.key {collation} {order}, c.id {order}",
        columns = columns("c"),
        collation = if filter.sort == ContactSort::Name { "COLLATE NOCASE" } else { "" },
    )
}

/// The patterns also find what the index does not contain yet.
const WORDS: &str = "AND (c.display_name LIKE :words ESCAPE '\\'
       OR c.id IN (SELECT value FROM json_each(:found))
       OR EXISTS (SELECT 1 FROM addresses WHERE contact_id = c.id AND value LIKE coalesce(:digits, :words) ESCAPE '\\'))";

/// Maximum number of contacts with a tag for [`TagPath::FromTag`].
const MAX_SORTED_BY_TAG: i64 = 500;
