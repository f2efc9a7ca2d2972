//! The list of settings as it was last sent. The values and texts of more than a hundred settings take longer to write
//! than the rows of other lists, and they change rarely.

use super::view::{SettingItem, SettingItemPage, SettingWarnings};
use crate::config::{Config, PageSecrets, Secret};
use crate::domain::Language;
use crate::http::ApiError;
use crate::http::pagination::Page;
use crate::store::{SettingChange, Store};
use axum::body::Bytes;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// One list for each language.
#[derive(Default)]
pub struct SettingsListCache(Mutex<Vec<Entry>>);

struct Entry {
    language: Language,
    sources: Sources,
    body: Bytes,
}

/// What determines the list, except for the language.
pub(super) struct Sources {
    config: Arc<Config>,
    stored: Vec<(String, Value)>,
    changes: Vec<SettingChange>,
    /// The secrets that the web page has stored, by key.
    secrets: BTreeMap<String, Secret>,
}

impl SettingsListCache {
    /// Returns the list as JSON.
    pub(super) fn body(&self, sources: Sources, language: Language) -> Bytes {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.iter().find(|entry| entry.language == language && entry.sources.is(&sources)) {
            return entry.body.clone();
        }
        let page: SettingItemPage = Page::only(sources.items(language));
        // Serialization fails only for a map whose keys are not texts, and no setting has one.
        let body = Bytes::from(serde_json::to_vec(&page).unwrap_or_default());
        entries.retain(|entry| entry.language != language);
        entries.push(Entry { language, sources, body: body.clone() });
        body
    }
}

impl Sources {
    pub(super) async fn read(store: &Store, config: Arc<Config>) -> Result<Self, ApiError> {
        let (stored, changes) = store.read(|tx| Ok((tx.stored_settings()?, tx.newest_setting_changes()?))).await?;
        let file = PageSecrets::of(&config.store);
        let secrets = tokio::task::spawn_blocking(move || file.secrets()).await.unwrap_or_default();
        Ok(Self { config, stored, changes, secrets })
    }

    /// A configuration never changes; a reload creates another one.
    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.config, &other.config)
            && self.stored == other.stored
            && self.changes == other.changes
            && self.secrets == other.secrets
    }

    pub(super) fn items(&self, language: Language) -> Vec<SettingItem> {
        let saved = self.config.with_saved(&self.stored);
        let (active, settings) = (self.config.described(), saved.described());
        let warnings = SettingWarnings::about(&saved, &settings, language);
        let item = |(active, saved)| SettingItem::new(active, saved, &self.secrets, &self.changes, &warnings, language);
        active.iter().zip(settings).map(item).collect()
    }
}
