//! What settings must be together.

use super::draft::Draft;
use super::http::DEFAULT_PORT;
use super::{BaseUrl, Config, EngineChoice, ProviderChoice};
use std::net::{Ipv6Addr, SocketAddr};

/// Checks the settings against one another, and works out what follows from them.
pub(super) fn finish(draft: &mut Draft) {
    let http = &mut draft.config.http;
    let listen = http.listen.unwrap_or((Ipv6Addr::UNSPECIFIED, DEFAULT_PORT).into());
    http.loopback = BaseUrl::loopback(listen.port());
    if let Some(crm_listen) = http.crm_listen.filter(|crm_listen| overlap(listen, *crm_listen)) {
        let message = format!(
            "http.crm_listen: found {crm_listen}, which http.listen ({listen}) takes already; allowed: another port, \
             or another address where both name one"
        );
        draft.problem(draft.config.origins.of("http.crm_listen"), message);
    }
    let voice = &draft.config.voice;
    if voice.message_silence_s >= voice.message_max_s {
        let message = format!(
            "voice.message_silence_s: found {}; allowed: less than voice.message_max_s, {}",
            voice.message_silence_s, voice.message_max_s
        );
        draft.problem(draft.config.origins.of("voice.message_silence_s"), message);
    }
}

/// What will start, but is probably not meant so.
pub(super) fn warnings(config: &Config) -> Vec<String> {
    let (twilio, whatsapp) = (&config.twilio, &config.whatsapp);
    let checks = [
        (
            config.http.public_base_url.is_none() && twilio.auth_tokens().next().is_some(),
            "http.public_base_url is not set: Twilio does not know where this machine is, and signs for another address",
        ),
        (
            config.voice.engine == EngineChoice::Realtime && config.openai.key().is_none(),
            "voice.engine is realtime, but openai.api_key is not set: calls go to voicemail",
        ),
        (
            whatsapp.enable_twilio == Some(true) && !config.has_twilio_sender(),
            "whatsapp.enable_twilio is on, but twilio.account_sid, twilio.auth_token and twilio.wa_from are not all set",
        ),
        (
            whatsapp.enable_baileys == Some(true) && whatsapp.token_secret().is_none(),
            "whatsapp.enable_baileys is on, but whatsapp.webhook_secret is not set: what the bridge brings is refused",
        ),
        (
            whatsapp.provider == ProviderChoice::Twilio && !config.twilio_whatsapp_enabled(),
            "whatsapp.provider is twilio, which is not enabled: nothing can be sent",
        ),
        (
            whatsapp.provider == ProviderChoice::Baileys && !whatsapp.baileys_enabled(),
            "whatsapp.provider is baileys, which is not enabled: nothing can be sent",
        ),
        (
            twilio.wa_template_variables.is_some() && twilio.wa_template_sid.is_none(),
            "twilio.wa_template_variables is set without twilio.wa_template_sid: it is not used",
        ),
        (
            twilio.account_sid.is_some() != twilio.auth_token.is_some(),
            "of twilio.account_sid and twilio.auth_token one is not set: Twilio's REST interface cannot be used",
        ),
    ];
    checks.into_iter().filter(|(wrong, _)| *wrong).map(|(_, message)| message.to_owned()).collect()
}

/// Whether one of two listeners would find its port taken.
fn overlap(a: SocketAddr, b: SocketAddr) -> bool {
    let all = |address: SocketAddr| address.ip().is_unspecified();
    a.port() == b.port() && a.port() != 0 && (a.ip() == b.ip() || all(a) || all(b))
}
