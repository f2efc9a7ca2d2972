//! Generates the man page agentlocator.toml(5), which describes every setting. Its texts are the comments of the
//! shipped example file.

use crate::config::{Config, KnownSetting, known_settings};
use crate::domain::Language;
use crate::messages;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) fn render() -> String {
    let mut roff = Roff::new();
    let source = concat!("AgentLocator ", env!("CARGO_PKG_VERSION"));
    roff.control("TH", ["agentlocator.toml", "5", "", source, "AgentLocator"]);
    roff.control("SH", ["NAME"]);
    roff.text([roman("agentlocator.toml - the settings of AgentLocator")]);
    roff.control("SH", ["SYNOPSIS"]);
    roff.text([italic("/etc/agentlocator/config.toml")]);
    roff.control("SH", ["DESCRIPTION"]);
    for (at, paragraph) in DESCRIPTION.iter().enumerate() {
        if at > 0 {
            roff.control("PP", []);
        }
        roff.text([roman(*paragraph)]);
    }
    let defaults = Config::default();
    let defaults: BTreeMap<_, _> = defaults.shown().into_iter().map(|shown| (shown.key, shown.value)).collect();
    let mut section = "";
    for group in &groups_of_the_example() {
        if group.section != section {
            section = &group.section;
            roff.control("SH", [format!("[{section}]").as_str()]);
        }
        group.render(&mut roff, &defaults);
    }
    roff.control("SH", ["FILES"]);
    roff.control("TP", []);
    roff.text([italic("/etc/agentlocator/config.toml")]);
    roff.text([roman("The settings file, unless --config names another one.")]);
    roff.control("TP", []);
    roff.text([italic("/usr/share/doc/agentlocator/examples/config.toml.example")]);
    roff.text([roman("All settings with their defaults.")]);
    roff.control("SH", ["SEE ALSO"]);
    roff.text([bold("agentlocator"), roman("(1), "), bold("agentlocator"), roman("(8)")]);
    roff.render()
}

/// Settings that share one comment in the example file.
#[derive(Default)]
struct Group {
    section: String,
    comment: Vec<String>,
    settings: Vec<KnownSetting>,
}

fn groups_of_the_example() -> Vec<Group> {
    let known = known_settings();
    let mut groups = Vec::new();
    let mut group = Group::default();
    for line in EXAMPLE.lines() {
        let name = line.strip_prefix('#').and_then(|line| line.split_once(" = ")).map(|(name, _)| name);
        let key = name.map(|name| format!("{}.{name}", group.section));
        if let Some(setting) = known.iter().find(|setting| Some(setting.key) == key.as_deref()) {
            group.settings.push(setting.clone());
        } else if let Some(comment) = line.strip_prefix('#') {
            // A comment below settings starts the next group.
            if !group.settings.is_empty() {
                let section = group.section.clone();
                groups.push(std::mem::replace(&mut group, Group { section, ..Group::default() }));
            }
            group.comment.push(comment.trim().to_owned());
        } else if let Some(section) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            groups.push(std::mem::replace(&mut group, Group { section: section.to_owned(), ..Group::default() }));
        }
    }
    groups.push(group);
    // Remove groups without settings: the comment above the first section describes the file itself.
    groups.retain(|group| !group.settings.is_empty());
    groups
}

impl Group {
    fn render(&self, roff: &mut Roff, defaults: &BTreeMap<&'static str, Value>) {
        let mut tag = "TP";
        for setting in &self.settings {
            roff.control(tag, []);
            // The roff macro `TQ` adds another key above the same text.
            tag = "TQ";
            let mut heading = vec![bold(setting.key)];
            heading.extend(default_value(setting, defaults.get(setting.key)));
            roff.text(heading);
        }
        let comment: Vec<_> = self.comment.join(" ").split(' ').map(str::to_owned).collect();
        let is_variable = |word: &String| {
            let word = word.trim_end_matches([',', '.']);
            word == "else" || self.settings.iter().any(|setting| setting.variables.contains(&word))
        };
        // Omit environment variables at the end of the comment, because the page lists all variables below.
        let end = comment.iter().rposition(|word| !is_variable(word)).map_or(0, |last| last + 1);
        roff.text([roman(comment[..end].join(" "))]);
        for setting in &self.settings {
            let whose = if self.settings.len() > 1 { format!(" ({})", setting.key) } else { String::new() };
            roff.control("br", []);
            let allowed = messages::text(Language::English, &setting.allowed);
            roff.text([roman(format!("Allowed{whose}: {allowed}."))]);
            if setting.needs_restart {
                roff.control("br", []);
                roff.text([roman(format!("A change{whose} needs a restart."))]);
            }
            if !setting.variables.is_empty() {
                roff.control("br", []);
                roff.text([roman(format!("Environment{whose}: ")), bold(setting.variables.join(", ")), roman(".")]);
            }
        }
    }
}

fn default_value(setting: &KnownSetting, value: Option<&Value>) -> Vec<Inline> {
    match value {
        _ if setting.secret => vec![roman(" (a secret)")],
        None | Some(Value::Null) => Vec::new(),
        Some(value) => vec![roman(" = "), roman(value.to_string())],
    }
}

const EXAMPLE: &str = include_str!("../../../config.toml.example");

const DESCRIPTION: [&str; 5] = [
    "A TOML file of sections with keys, such as listen = \"0.0.0.0:8080\" under [http]. No setting is required; a setting \
     that is not set has the default shown after its key below.",
    "The environment variables named below override this file; this file overrides the settings of the page. All values are \
     validated before the daemon starts, including overridden ones: an error names file, line and column.",
    "Keep secrets out of this file. The service reads them from /etc/agentlocator/credentials/, one file per secret, named \
     like the variable in lower case with dashes: twilio-auth-token for TWILIO_AUTH_TOKEN. A key that ends with _file, or a \
     variable that ends with _FILE, names a file that contains the secret.",
    "agentlocator config check reports errors and their places; agentlocator config show lists the active values and their \
     sources.",
    "To apply a change, run systemctl reload agentlocator or agentlocator reload, which reports the result. Settings that \
     need a restart are marked below.",
];
