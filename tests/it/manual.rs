//! The man pages and shell completions that the program generates.

use super::support::{Daemon, skipped};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

#[test]
fn every_command_and_option_has_its_place_in_a_page() {
    let pages = pages();
    let commands = commands();
    assert!(commands.len() > 10, "{commands:?}");
    for path in &commands {
        let name = std::iter::once("agentlocator").chain(path.iter().map(String::as_str)).collect::<Vec<_>>().join("-");
        let page = pages.get(&format!("{name}.1")).unwrap_or_else(|| panic!("no page for {name}"));
        for option in options(&help(path)) {
            assert!(page.contains(&option.replace('-', "\\-")), "{name}.1 does not document {option}:\n{page}");
        }
    }
    let overview = &pages["agentlocator.1"];
    for path in commands.iter().filter(|path| path.len() == 1) {
        assert!(overview.contains(&format!("agentlocator\\-{}(1)", path[0].replace('-', "\\-"))), "{path:?}");
    }
}

#[test]
fn every_setting_is_in_the_page_with_its_default_and_its_variables() {
    let page = pages()["agentlocator.toml.5"].replace("\\-", "-").replace("\\fB", "").replace("\\fR", "");
    let daemon = Daemon::prepare(|_| {});
    let shown: Value = serde_json::from_slice(&daemon.cli(&["config", "show", "--json"]).stdout).unwrap();
    let settings = shown.as_array().unwrap();
    assert!(settings.len() > 40);
    for setting in settings {
        let key = setting["key"].as_str().unwrap();
        assert!(page.lines().any(|line| line.split(' ').next() == Some(key)), "{key} is missing");
    }
    for line in [
        "whatsapp.baileys_port = 8000",
        "Environment: WA_BAILEYS_PORT.",
        "Allowed: a whole number from 1 to 65535.",
        "twilio.auth_token (a secret)",
        "Environment: PUBLIC_HOST, PUBLIC_BASE_URL.",
    ] {
        assert!(page.contains(line), "{line} is missing:\n{page}");
    }
}

#[test]
fn a_page_has_the_exit_status_of_its_command_and_no_empty_section() {
    let pages = pages();
    for (name, status) in [
        ("agentlocator-replay.1", "1 the decisions differ"),
        ("agentlocator-rehearse.1", "1 some failed"),
        ("agentlocator-token.1", "1 on failure"),
    ] {
        let (_, section) = pages[name].split_once(".SH \"EXIT STATUS\"").unwrap();
        assert!(section.split(".SH").next().unwrap().contains(status), "{name}:\n{section}");
    }
    for (name, page) in &pages {
        let lines: Vec<_> = page.lines().collect();
        let empty = lines.windows(2).find(|pair| pair.iter().all(|line| line.starts_with(".SH")));
        assert_eq!(empty, None, "{name}:\n{page}");
        assert!(page.matches(".SH NOTES").count() <= 1, "{name}:\n{page}");
    }
}

#[test]
fn the_pages_are_the_same_each_time() {
    assert_eq!(pages(), pages());
}

#[test]
fn the_reader_of_man_pages_has_nothing_to_say_against_them() {
    if Command::new("man").arg("--version").output().is_err() {
        skipped("man is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    write_pages(folder.path());
    let files = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let output = Command::new("man")
        .args(["--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z"])
        .args(files)
        .env("LC_ALL", "C.UTF-8")
        .env("MANROFFSEQ", "")
        .env("MANWIDTH", "80")
        .stdout(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn completions_know_every_command() {
    let daemon = Daemon::prepare(|_| {});
    let [bash, zsh, fish] = ["bash", "zsh", "fish"].map(|shell| {
        let output = daemon.cli(&["completions", shell]);
        assert!(output.status.success() && output.stderr.is_empty());
        String::from_utf8(output.stdout).unwrap()
    });
    let commands = commands();
    let offered = offered_by_bash(&bash, &commands);
    assert_eq!(offered.len(), commands.len());
    for (path, offered) in commands.iter().zip(offered) {
        let (name, parents) = path.split_last().unwrap();
        assert!(offered.split(' ').any(|word| word == name), "bash does not offer {path:?}: {offered}");

        // The script for zsh has a list of the subcommands of each command.
        let command = format!("agentlocator {}", parents.join(" "));
        let end = format!("_describe -t commands '{} commands'", command.trim_end());
        let (before, _) = zsh.split_once(&end).unwrap_or_else(|| panic!("zsh does not know {parents:?}"));
        let list = before.rsplit("commands=(").next().unwrap();
        assert!(list.contains(&format!("\n'{name}:")), "zsh does not offer {path:?}: {list}");

        let condition = match parents {
            [] => "needs_command\"".to_owned(),
            [command, ..] => format!("using_subcommand {command}; and not "),
        };
        let beginning = format!("complete -c agentlocator -n \"__fish_agentlocator_{condition}");
        let word = format!(" -a \"{name}\" ");
        let is_offered = fish.lines().any(|line| line.starts_with(&beginning) && line.contains(&word));
        assert!(is_offered, "fish does not offer {path:?}");
    }
    assert_eq!(daemon.cli(&["completions", "abacus"]).status.code(), Some(2));
}

/// Returns the words that bash offers at the place of the last word of each command, separated by spaces.
fn offered_by_bash(script: &str, commands: &[Vec<String>]) -> Vec<String> {
    let ask = |path: &Vec<String>| {
        let (at, typed) = (path.len(), path[..path.len() - 1].join(" "));
        format!(
            "COMP_WORDS=(agentlocator {typed} ''); COMP_CWORD={at}; _agentlocator agentlocator '' ''; echo \"${{COMPREPLY[*]}}\"\n"
        )
    };
    let questions: Vec<_> = commands.iter().map(ask).collect();
    let mut bash = Command::new("bash").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let input = script.to_owned() + &questions.concat();
    std::io::Write::write_all(&mut bash.stdin.take().unwrap(), input.as_bytes()).unwrap();
    let output = bash.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Returns the text of every man page by file name.
fn pages() -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    write_pages(folder.path());
    let entries = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap())).collect()
}

fn write_pages(folder: &Path) {
    let output = run(&["manual", folder.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Returns the words of every command and subcommand that `--help` lists, except `help`.
fn commands() -> Vec<Vec<String>> {
    let mut found = vec![vec![]];
    let mut at = 0;
    while let Some(path) = found.get(at).cloned() {
        let help = help(&path);
        let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        let names = listed
            .take_while(|line| !line.is_empty())
            .filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        for name in names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help") {
            found.push(path.iter().cloned().chain([name.to_owned()]).collect());
        }
        at += 1;
    }
    found.remove(0);
    found
}

/// Returns the options in a help text, such as `--json`.
fn options(help: &str) -> Vec<String> {
    let lines = help.lines().filter(|line| line.trim_start().starts_with('-'));
    let words = lines.filter_map(|line| line.split_whitespace().find(|word| word.starts_with("--")));
    words.map(|word| word.trim_end_matches(',').to_owned()).collect()
}

fn help(path: &[String]) -> String {
    let mut arguments: Vec<&str> = path.iter().map(String::as_str).collect();
    arguments.push("--help");
    String::from_utf8(run(&arguments).stdout).unwrap()
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_agentlocator")).args(arguments).env("COLUMNS", "200").output().unwrap()
}
