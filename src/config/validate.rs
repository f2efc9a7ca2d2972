//! Validates settings that depend on each other.

use super::builder::ConfigBuilder;
use super::hebrew::hebrew_checks;
use super::http::DEFAULT_PORT;
use super::likely_mistakes::likely_mistakes;
use super::speech_shutdown::speech_shutdown;
use super::voice::MAX_RING_NUMBERS;
use super::{
    AiEngine, BaseUrl, CallNotices, Config, DiskLimit, EngineChoice, MailTls, ProviderChoice, RingFirst, TwilioConfig,
    UpdateCheck, VoiceConfig,
};
use crate::domain::{AllowedValues, PhoneNumber, SettingError, SettingFault, SettingWarning as W};
use std::net::{Ipv6Addr, SocketAddr};

/// Also computes derived values.
pub(super) fn finish(builder: &mut ConfigBuilder) {
    let http = &mut builder.config.http;
    let listen = http.listen.unwrap_or((Ipv6Addr::UNSPECIFIED, DEFAULT_PORT).into());
    http.fallback = match builder.config.tls.domain.first() {
        Some(name) => BaseUrl::https(name),
        None => BaseUrl::loopback(listen.port()),
    };
    if let Some(crm_listen) = http.crm_listen.filter(|crm_listen| overlap(listen, *crm_listen)) {
        let error = taken(crm_listen, "http.listen", listen, AllowedValues::OtherPortOrAddress);
        builder.add_problem(builder.config.origins.of("http.crm_listen"), "http.crm_listen", error);
    }
    let mail = &builder.config.mail;
    if mail.tls == MailTls::None && mail.host.is_some() && !mail.is_local() {
        let error = SettingError::Fault {
            found: mail.tls.as_str().to_owned(),
            fault: Box::new(SettingFault::PlainMail),
            allowed: AllowedValues::EncryptedMail,
        };
        builder.add_problem(builder.config.origins.of("mail.tls"), "mail.tls", error);
    }
    check_tls(builder, listen);
    let voice = &builder.config.voice;
    if voice.message_silence_s >= voice.message_max_s {
        let (setting, value) = ("voice.message_max_s".to_owned(), voice.message_max_s.to_string());
        let error = SettingError::Value {
            found: voice.message_silence_s.to_string(),
            allowed: AllowedValues::LessThan { setting, value },
        };
        builder.add_problem(builder.config.origins.of("voice.message_silence_s"), "voice.message_silence_s", error);
    }
}

fn check_tls(builder: &mut ConfigBuilder, listen: SocketAddr) {
    let Config { http, tls, .. } = &builder.config;
    let others = [("http.listen", Some(listen)), ("http.crm_listen", http.crm_listen)];
    let listeners = [("tls.http_listen", tls.http_listen), ("tls.https_listen", tls.https_listen)];
    let mut problems = Vec::new();
    for (at, (key, address)) in listeners.into_iter().enumerate() {
        for (other_key, other) in others.into_iter().chain(listeners[..at].iter().copied()) {
            if let (Some(address), Some(other)) = (address, other)
                && overlap(address, other)
            {
                problems.push((key, taken(address, other_key, other, AllowedValues::OtherPort)));
            }
        }
    }
    let pairs = [
        ("tls.certificate_file", tls.certificate_file.is_some(), "tls.key_file", tls.key_file.is_some()),
        (
            "tls.acme_eab_key_id",
            tls.acme_eab_key_id.is_some(),
            "tls.acme_eab_hmac_key",
            tls.acme_eab_hmac_key.is_some(),
        ),
    ];
    for (one, has_one, other, has_other) in pairs {
        if has_one != has_other {
            let (there, missing) = if has_one { (one, other) } else { (other, one) };
            problems.push((there, SettingError::SetWithout { missing: missing.to_owned() }));
        }
    }
    for (key, error) in problems {
        builder.add_problem(builder.config.origins.of(key), key, error);
    }
}

fn taken(address: SocketAddr, by: &str, by_address: SocketAddr, allowed: AllowedValues) -> SettingError {
    let fault = SettingFault::ListenerTaken { setting: by.to_owned(), address: by_address.to_string() };
    SettingError::Fault { found: address.to_string(), fault: Box::new(fault), allowed }
}

pub(super) fn warnings(config: &Config) -> Vec<W> {
    let (twilio, whatsapp, tls) = (&config.twilio, &config.whatsapp, &config.tls);
    let (alerts, mail) = (&config.alerts, &config.mail);
    let own_files = [&tls.certificate_file, &tls.key_file];
    let checks = [
        (config.http.public_address().is_none() && twilio.auth_tokens().next().is_some(), W::PublicAddressMissing),
        (
            config.http.public_base_url.as_ref().is_some_and(BaseUrl::has_own_port)
                && twilio.auth_tokens().next().is_some(),
            W::PublicAddressPort,
        ),
        (
            config.agent.call_notices != CallNotices::Off
                && alerts.whatsapp_to.is_none()
                && (alerts.mail_to.is_empty() || mail.host.is_none()),
            W::CallNoticesWithoutRecipient,
        ),
        (whatsapp.enable_twilio == Some(true) && !config.has_twilio_sender(), W::TwilioWithoutSender),
        (whatsapp.enable_baileys == Some(true) && whatsapp.token_secret().is_none(), W::BridgeWithoutSecret),
        (whatsapp.provider == ProviderChoice::Twilio && !config.twilio_whatsapp_enabled(), W::TwilioChosenButOff),
        (whatsapp.provider == ProviderChoice::Baileys && !whatsapp.baileys_enabled(), W::BridgeChosenButOff),
        (config.updates.check == UpdateCheck::Weekly && config.updates.feed_url.is_none(), W::UpdatesWithoutFeed),
        (twilio.wa_template_variables.is_some() && twilio.wa_template_sid.is_none(), W::TemplateVariablesUnused),
        (twilio.account_sid.is_some() != twilio.auth_token.is_some(), W::TwilioAccountIncomplete),
        (tls.acme == Some(true) && tls.domain.is_empty() && tls.own_files().is_none(), W::AcmeWithoutDomain),
        (tls.acme == Some(true) && tls.own_files().is_some(), W::AcmeBesideFiles),
        (tls.acme == Some(false) && !tls.domain.is_empty() && tls.own_files().is_none(), W::DomainWithoutCertificate),
        (own_files.into_iter().flatten().any(|file| std::fs::File::open(file).is_err()), W::CertificateUnreadable),
        (matches!(config.backup.bucket(), Some(Err(_))), W::BucketIncomplete),
    ];
    let wrong = mail_checks(config)
        .into_iter()
        .chain(checks)
        .chain(twilio_id_checks(config))
        .chain(value_checks(config))
        .chain(answering_checks(config))
        .filter(|(wrong, _)| *wrong)
        .map(|(_, warning)| warning);
    let pipeline = pipeline_checks(config);
    config
        .unknown_credentials
        .iter()
        .chain(&config.unused_secrets)
        .cloned()
        .chain(wrong)
        .chain(pipeline)
        .chain(likely_mistakes(config))
        .chain(hebrew_checks(config))
        .chain(speech_shutdown(config))
        .collect()
}

/// Whether ids and the token have the form that Twilio gives them, unless another server is configured.
fn twilio_id_checks(config: &Config) -> [(bool, W); 3] {
    let twilio = &config.twilio;
    let is_twilio = twilio.api_base_url == TwilioConfig::default().api_base_url;
    [
        (twilio.account_sid.as_deref().is_some_and(|sid| !is_sid(sid, "AC")), W::AccountSidForm),
        (twilio.wa_template_sid.as_deref().is_some_and(|sid| !is_sid(sid, "HX")), W::TemplateSidForm),
        (twilio.auth_tokens().any(|token| !is_twilio_token(token.expose())), W::AuthTokenForm),
    ]
    .map(|(is_wrong, warning)| (is_wrong && is_twilio, warning))
}

fn mail_checks(config: &Config) -> [(bool, W); 3] {
    let (alerts, mail) = (&config.alerts, &config.mail);
    [
        (!alerts.mail_to.is_empty() && mail.host.is_none(), W::MailWithoutServer),
        (mail.host.is_some() && mail.sender().is_none(), W::MailWithoutSender),
        (mail.username.is_some() != mail.password.is_some(), W::MailLoginIncomplete),
    ]
}

fn value_checks(config: &Config) -> [(bool, W); 3] {
    [
        (!ISO_639_1.split(' ').any(|code| code == config.agent.language), W::LanguageUnknown),
        (is_below(&config.disk.media_stops_below, &config.disk.critical_below), W::DiskLimitsReversed),
        (
            config.alerts.whatsapp_to.is_some() && config.alerts.whatsapp_to == config.twilio.wa_from,
            W::AlertsToOwnSender,
        ),
    ]
}

fn answering_checks(config: &Config) -> [(bool, W); 6] {
    let own = config.twilio.phone_number.as_ref();
    let is_own = |number: &PhoneNumber| own == Some(number);
    [
        (config.agent.calls_from_hour >= config.agent.calls_until_hour, W::CallHoursReversed),
        (
            config.agent.transfer_to.as_ref().is_some_and(is_own) || config.voice.ring_numbers.iter().any(is_own),
            W::RingsOwnNumber,
        ),
        (config.voice.ring_first != RingFirst::Never && config.ring_numbers().is_empty(), W::RingsNoPhone),
        (config.voice.ring_numbers.len() > MAX_RING_NUMBERS, W::RingsTooMany),
        (
            matches!(config.voice.engine, EngineChoice::Realtime | EngineChoice::Live) && config.openai.key().is_none(),
            W::RealtimeWithoutKey { engine: config.voice.engine.as_str().to_owned() },
        ),
        (config.pipeline.model_api_key.is_some() && config.pipeline.model_base_url.is_none(), W::ModelKeyUnused),
    ]
}

fn pipeline_checks(config: &Config) -> Vec<W> {
    let services = config.speech_services();
    let has_key = services.iter().any(|service| service.has_key);
    let unused = services.iter().filter(|service| service.has_key && !service.is_used);
    let mut wrong: Vec<_> = unused
        .map(|service| W::ServiceUnused { setting: service.key_setting.to_owned(), name: service.name.to_owned() })
        .collect();
    let uses_google = services.iter().any(|service| service.name == "google" && service.is_used);
    wrong.extend(config.google.account_fault().filter(|_| uses_google));
    let missing = config.missing_for_pipeline().join(", ");
    match config.voice.engine {
        EngineChoice::Pipeline if !missing.is_empty() => {
            wrong.push(W::PipelineIncomplete { missing });
        }
        EngineChoice::Auto if !missing.is_empty() => {
            let engines = &config.voice.ai_engines;
            let is_chosen = *engines != VoiceConfig::default().ai_engines && engines.contains(&AiEngine::Pipeline);
            if config.ai_engines().is_empty() && is_chosen {
                wrong.push(W::OnlyPipelineIncomplete { missing });
            } else if is_chosen {
                wrong.push(W::PipelineNamedIncomplete { missing });
            } else if has_key {
                wrong.push(W::SpeechKeyIncomplete { missing });
            }
        }
        _ => {}
    }
    wrong
}

/// Returns true if the first limit is below the second one on every disk: each limit is the smaller one of its two parts.
fn is_below(first: &DiskLimit, second: &DiskLimit) -> bool {
    second.bytes.is_none_or(|most| first.bytes.is_some_and(|bytes| bytes < most))
        && second.percent.is_none_or(|most| first.percent.is_some_and(|percent| percent < most))
}

/// Returns true for an id of Twilio's with this prefix.
fn is_sid(sid: &str, prefix: &str) -> bool {
    sid.strip_prefix(prefix).is_some_and(is_twilio_token)
}

fn is_twilio_token(token: &str) -> bool {
    token.len() == 32 && token.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The codes of languages, from the Library of Congress's list of ISO 639-1, and `iw`, the old code of Hebrew.
const ISO_639_1: &str = "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz \
    ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu iw ja \
    jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl \
    nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te \
    tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu";

fn overlap(a: SocketAddr, b: SocketAddr) -> bool {
    let all = |address: SocketAddr| address.ip().is_unspecified();
    a.port() == b.port() && a.port() != 0 && (a.ip() == b.ip() || all(a) || all(b))
}
