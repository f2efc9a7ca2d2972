//! Snapshots of the command line: the help of every command, and the names of the man pages.

use super::{Arguments, man_pages};
use clap::{Command, CommandFactory};
use std::fmt::Write;

fn append_help(command: &mut Command, text: &mut String) {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned();
    writeln!(text, "===== {name} --help =====\n").unwrap();
    // Remove trailing spaces, because clap indents empty lines.
    for line in command.render_long_help().to_string().lines() {
        writeln!(text, "{}", line.trim_end()).unwrap();
    }
    text.push('\n');
    for under in command.get_subcommands_mut().filter(|under| !under.is_hide_set()) {
        append_help(under, text);
    }
}

#[test]
fn the_help_of_every_command() {
    let mut command = Arguments::command().disable_help_subcommand(true).term_width(100);
    command.build();
    let mut text = String::new();
    append_help(&mut command, &mut text);
    insta::assert_snapshot!(text);
}

#[test]
fn the_man_pages() {
    let folder = tempfile::tempdir().unwrap();
    man_pages::run(folder.path(), Arguments::command()).unwrap();
    let files = std::fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    insta::assert_snapshot!(names.join("\n"));
}
