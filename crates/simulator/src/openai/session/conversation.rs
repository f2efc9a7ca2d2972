//! The items of a conversation, and the events that create, retrieve, delete and truncate them.

use super::{Item, ItemKind, ResponseTrigger, Session, merge};
use serde_json::{Value, json};

impl Session {
    pub(super) fn last_item_id(&self) -> Option<String> {
        self.items.last().map(|item| item.id.clone())
    }

    pub(super) fn create_item(&mut self, event: &Value) {
        let mut item = event["item"].clone();
        let id = item["id"].as_str().map_or_else(|| self.ids.next("item"), str::to_owned);
        if self.items.iter().any(|known| known.id == id) {
            self.error(
                event,
                "item_create_duplicate_id",
                &format!("Error adding item: an item with id '{id}' already exists."),
            );
            return;
        }
        let kind = match item["type"].as_str().unwrap_or_default() {
            "function_call_output" => {
                let call_id = item["call_id"].as_str().unwrap_or_default().to_owned();
                let is_earlier = self.items.iter().find_map(|item| match &item.kind {
                    ItemKind::Function { call_id: own, is_earlier } if *own == call_id => Some(*is_earlier),
                    _ => None,
                });
                let Some(is_earlier) = is_earlier else {
                    let message = format!("Tool call ID '{call_id}' not found in conversation.");
                    self.error(event, "invalid_tool_call_id", &message);
                    return;
                };
                let output = item["output"].as_str().unwrap_or_default().to_owned();
                self.record().function_outputs.push((call_id, output));
                // The history of an earlier session triggers no response.
                if !is_earlier {
                    self.trigger = ResponseTrigger::Function;
                }
                ItemKind::Other
            }
            "function_call" => {
                let call_id = item["call_id"].as_str().unwrap_or_default().to_owned();
                let name = item["name"].as_str().unwrap_or_default().to_owned();
                self.record().function_history.push((name, call_id.clone()));
                ItemKind::Function { call_id, is_earlier: true }
            }
            "message" => {
                let role = item["role"].as_str().unwrap_or_default().to_owned();
                let parts = item["content"].as_array().into_iter().flatten();
                let text: Vec<_> = parts.filter_map(|part| part["text"].as_str()).collect();
                let text = text.join(" ");
                let from_user = role == "user";
                self.record().messages.push((role, text));
                if from_user {
                    self.trigger = ResponseTrigger::User;
                }
                if from_user { ItemKind::User } else { ItemKind::Other }
            }
            _ => ItemKind::Other,
        };
        item = merge(item, json!({"id": id, "object": "realtime.item", "status": "completed"}));
        let previous = event["previous_item_id"].as_str().map(str::to_owned).or_else(|| self.last_item_id());
        for kind in ["conversation.item.added", "conversation.item.done"] {
            self.emit(json!({"type": kind, "previous_item_id": previous, "item": item}));
        }
        self.items.push(Item { id, kind, value: item });
    }

    pub(super) fn delete_item(&mut self, event: &Value) {
        let Some(place) = self.find_item(event, "item_delete_invalid_item_id", "deleting") else { return };
        let item = self.items.remove(place);
        self.record().deleted.push(item.id.clone());
        self.emit(json!({"type": "conversation.item.deleted", "item_id": item.id}));
    }

    pub(super) fn retrieve_item(&mut self, event: &Value) {
        let Some(place) = self.find_item(event, "item_retrieve_invalid_item_id", "retrieving") else { return };
        let item = self.items[place].value.clone();
        self.emit(json!({"type": "conversation.item.retrieved", "item": item}));
    }

    pub(super) fn truncate_item(&mut self, event: &Value) {
        let wanted_ms = event["audio_end_ms"].as_i64().unwrap_or_default();
        let (id, sent_ms) = match self.active.as_ref().filter(|response| event["item_id"] == response.item_id) {
            Some(active) if active.begun => (active.item_id.clone(), active.sent_ms()),
            _ => {
                let Some(place) = self.find_item(event, "item_truncate_invalid_item_id", "truncating") else { return };
                match &self.items[place].kind {
                    ItemKind::Answer { sent_ms } => (self.items[place].id.clone(), *sent_ms),
                    ItemKind::Function { .. } | ItemKind::Other | ItemKind::User => (String::new(), 0),
                }
            }
        };
        let message = match u64::try_from(wanted_ms) {
            _ if sent_ms == 0 => "Only model output audio messages can be truncated".to_owned(),
            Err(_) => format!("Invalid 'audio_end_ms': {wanted_ms} is less than 0."),
            Ok(wanted_ms) if wanted_ms > sent_ms => {
                format!("Audio content of {sent_ms}ms is already shorter than {wanted_ms}ms")
            }
            Ok(wanted_ms) => {
                self.keep_only(&id, wanted_ms);
                let kind = "conversation.item.truncated";
                self.emit(json!({"type": kind, "item_id": id, "content_index": 0, "audio_end_ms": wanted_ms}));
                return;
            }
        };
        let code = if sent_ms == 0 { "unsupported_content_type" } else { "invalid_value" };
        self.error(event, code, &message);
    }

    fn keep_only(&mut self, id: &str, ms: u64) {
        if let Some(item) = self.items.iter_mut().find(|item| item.id == id) {
            item.kind = ItemKind::Answer { sent_ms: ms };
        }
        let mut record = self.record();
        if let Some(answer) = record.answers.iter_mut().find(|answer| answer.item_id.as_deref() == Some(id)) {
            answer.truncated_ms = Some(ms);
        }
    }

    fn find_item(&mut self, event: &Value, code: &str, doing: &str) -> Option<usize> {
        let id = event["item_id"].as_str().unwrap_or_default();
        let place = self.items.iter().position(|item| item.id == id);
        if place.is_none() {
            self.error(event, code, &format!("Error {doing} item: the item with id '{id}' does not exist."));
        }
        place
    }
}
