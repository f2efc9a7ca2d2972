//! Resources, and the services that they provide.

use crate::domain::{BusinessId, ChangeKind, Offer, Resource, ResourceId, ResourceKind, ServiceId, Timestamp, UserId};
use crate::store::{Error, ReadTx, Result, WriteTx};
use rusqlite::{OptionalExtension, Row, named_params, params};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceData {
    /// Only a resource with a key may have no name.
    pub name: Option<String>,
    pub kind: ResourceKind,
    /// The user whom the resource represents.
    pub user_id: Option<UserId>,
    pub position: i64,
    /// Since when the resource accepts no appointments.
    pub archived_at: Option<Timestamp>,
    pub offer: Offer,
}

impl ReadTx<'_> {
    /// In list order.
    pub fn resources(&self, business: BusinessId, with_archived: bool) -> Result<Vec<Resource>> {
        let mut query = self.conn.prepare_cached(&format!(
            "{SELECT} WHERE business_id = ?1 AND (?2 OR archived_at IS NULL) ORDER BY position, id"
        ))?;
        let rows = query.query_map(params![business, with_archived], resource)?;
        rows.map(|row| offer(row?)).collect()
    }

    pub fn resource(&self, id: ResourceId) -> Result<Option<Resource>> {
        let mut query = self.conn.prepare_cached(&format!("{SELECT} WHERE id = ?1"))?;
        query.query_row([id], resource).optional()?.map(offer).transpose()
    }
}

impl WriteTx<'_> {
    pub fn insert_resource(&self, business: BusinessId, data: &ResourceData, now: Timestamp) -> Result<ResourceId> {
        self.conn
            .prepare_cached(
                "INSERT INTO resources(business_id, name, kind, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?4)",
            )?
            .execute(params![business, data.name, data.kind, now])?;
        let id = ResourceId(self.conn.last_insert_rowid());
        self.update_resource(id, data, now)?;
        Ok(id)
    }

    pub fn update_resource(&self, id: ResourceId, data: &ResourceData, now: Timestamp) -> Result<()> {
        self.conn
            .prepare_cached(
                "UPDATE resources SET name = :name, kind = :kind, user_id = :user, position = :position,
                     archived_at = :archived, all_services = :all, updated_at = :now
                 WHERE id = :id",
            )?
            .execute(named_params! {
                ":id": id,
                ":name": data.name,
                ":kind": data.kind,
                ":user": data.user_id,
                ":position": data.position,
                ":archived": data.archived_at,
                ":all": data.offer == Offer::All,
                ":now": now,
            })?;
        self.conn.prepare_cached("DELETE FROM resource_services WHERE resource_id = ?1")?.execute([id])?;
        if let Offer::Only(services) = &data.offer {
            let mut insert = self
                .conn
                .prepare_cached("INSERT OR IGNORE INTO resource_services(resource_id, service_id) VALUES (?1, ?2)")?;
            for service in services {
                insert.execute(params![id, service])?;
            }
        }
        self.record_in(ChangeKind::ResourceUpdated, None, Some(id.0))
    }
}

const SELECT: &str = "\
    SELECT *, iif(all_services, NULL,
        (SELECT json_group_array(service_id) FROM
            (SELECT service_id FROM resource_services WHERE resource_id = resources.id ORDER BY service_id))) AS offered
    FROM resources";

/// The second value has the services as JSON; `None` if the resource provides all services.
fn resource(row: &Row<'_>) -> rusqlite::Result<(Resource, Option<String>)> {
    let resource = Resource {
        id: row.get("id")?,
        key: row.get("key")?,
        name: row.get("name")?,
        kind: row.get("kind")?,
        user_id: row.get("user_id")?,
        position: row.get("position")?,
        archived_at: row.get("archived_at")?,
        offer: Offer::All,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    };
    Ok((resource, row.get("offered")?))
}

fn offer((resource, offered): (Resource, Option<String>)) -> Result<Resource> {
    let Some(offered) = offered else { return Ok(resource) };
    let services: Vec<ServiceId> = serde_json::from_str(&offered).map_err(|error| Error::Value(error.to_string()))?;
    Ok(Resource { offer: Offer::Only(services), ..resource })
}
