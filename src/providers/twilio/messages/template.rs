//! The message template that Twilio requires outside the 24-hour window.

use crate::config::TwilioConfig;
use crate::domain::one_line;
use serde_json::Value;

/// A template and its variables. `{{text}}` in a variable is replaced by the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template {
    sid: String,
    variables: Option<Value>,
}

impl Template {
    pub(super) fn of(config: &TwilioConfig) -> Option<Self> {
        let variables = config.wa_template_variables.as_deref();
        Some(Self {
            sid: config.wa_template_sid.clone()?,
            // By default, the first variable contains the message. Without variables, the template would be sent
            // without the message.
            variables: serde_json::from_str(variables.unwrap_or(r#"{"1":"{{text}}"}"#)).ok(),
        })
    }

    pub(super) fn sid(&self) -> &str {
        &self.sid
    }

    /// A file is added as its URL, because a text template cannot contain files.
    pub(super) fn variables(&self, text: &str, media_url: Option<&str>) -> Option<String> {
        let words = [text, media_url.unwrap_or_default()].join(" ");
        // WhatsApp rejects variables with line breaks, tabs, or more than four consecutive spaces.
        let words = one_line(&words);
        let mut variables = self.variables.clone()?;
        fill(&mut variables, &words);
        Some(variables.to_string())
    }
}

fn fill(value: &mut Value, words: &str) {
    match value {
        Value::String(text) => *text = text.replace("{{text}}", words),
        Value::Object(fields) => fields.values_mut().for_each(|value| fill(value, words)),
        Value::Array(items) => items.iter_mut().for_each(|value| fill(value, words)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_replaces_its_placeholder() {
        let config = TwilioConfig {
            wa_template_sid: Some("HX1".into()),
            wa_template_variables: Some(r#"{"1":"Dana","2":"we say: {{text}}!"}"#.into()),
            ..TwilioConfig::default()
        };
        let template = Template::of(&config).unwrap();
        let filled = template.variables("one\n\ttwo \"3\"", Some("https://x/y")).unwrap();
        let filled: Value = serde_json::from_str(&filled).unwrap();
        assert_eq!(filled, serde_json::json!({ "1": "Dana", "2": "we say: one two \"3\" https://x/y!" }));
        assert_eq!(Template::of(&TwilioConfig::default()), None);
    }
}
