//! Derives the rules for sending WhatsApp messages from the settings.

use crate::config::{Config, ProviderChoice};
use crate::crm::outbox::NewChatLimits;
use crate::domain::{PhoneNumber, Provider};
use crate::inbox::policy::RoutingRules;

/// Returns the routing rules.
pub fn rules(config: &Config) -> RoutingRules {
    let in_use = |provider: &Provider| match provider {
        Provider::Twilio => config.twilio_whatsapp_enabled(),
        Provider::Baileys => config.whatsapp.baileys_enabled(),
    };
    // Providers that are in use but missing from the list are appended.
    let mut priority: Vec<Provider> = Vec::new();
    for provider in config.whatsapp.priority.iter().chain(Provider::ALL).filter(|provider| in_use(provider)) {
        if !priority.contains(provider) {
            priority.push(*provider);
        }
    }
    let only = match config.whatsapp.provider {
        ProviderChoice::Auto => None,
        ProviderChoice::Twilio => Some(Provider::Twilio),
        ProviderChoice::Baileys => Some(Provider::Baileys),
    };
    RoutingRules { only, priority, template: config.twilio.wa_template_sid.is_some() }
}

/// Returns the limits on starting new conversations.
pub fn new_chats(config: &Config) -> NewChatLimits {
    let home = || vec![PhoneNumber::calling_code(config.business.country)];
    let config = &config.whatsapp;
    NewChatLimits {
        prefixes: if config.new_chat_prefixes.is_empty() { home() } else { config.new_chat_prefixes.clone() },
        per_author: config.new_chats_per_user_per_day,
        in_all: config.new_chats_in_all_per_day,
    }
}
