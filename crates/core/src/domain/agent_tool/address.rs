//! The address of a tool's request, with the arguments of the model.

use super::argument_error::ArgumentError;
use super::template::{self, UrlTemplate};
use super::{AgentTool, ToolMethod};
use serde_json::{Map, Value};

impl AgentTool {
    /// Returns the address with the arguments. `arguments` must be the result of [`Self::check_arguments`]. With GET,
    /// arguments that the template does not contain are appended to the query.
    pub fn address(&self, arguments: &Map<String, Value>) -> Result<String, ArgumentError> {
        let template = UrlTemplate::parse(&self.url).map_err(|error| ArgumentError::Address(error.to_string()))?;
        let mut address = template.expand(|name| arguments.get(name))?;
        if self.method == ToolMethod::Get {
            let others = arguments.iter().filter(|(name, _)| !template.parameters().any(|used| used == *name));
            for (name, value) in others {
                address.push(if address.contains('?') { '&' } else { '?' });
                template::push_encoded(&mut address, name);
                address.push('=');
                template::push_encoded(&mut address, &template::text(value));
            }
        }
        Ok(address)
    }
}
