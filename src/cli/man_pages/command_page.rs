//! Generates the man page of a command from its `--help` text.

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use std::io;

pub(super) fn render(command: &Command) -> io::Result<Vec<u8>> {
    let man =
        Man::new(command.clone()).source(concat!("AgentLocator ", env!("CARGO_PKG_VERSION"))).manual("AgentLocator");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.get_subcommands().any(|command| !command.is_hide_set()) {
        man.render_subcommands_section(&mut page)?;
    }
    let mut roff = Roff::new();
    if let Some(text) = command.get_after_long_help().or_else(|| command.get_after_help()) {
        after_help(&mut roff, &text.to_string());
    }
    roff.control("SH", ["EXIT STATUS"]);
    roff.text([roman("0 on success, 1 on failure (the reason is on stderr), 2 for wrong usage.")]);
    roff.control("SH", ["SEE ALSO"]);
    roff.text([
        bold("agentlocator"),
        roman("(1), "),
        bold("agentlocator.toml"),
        roman("(5), "),
        bold("agentlocator"),
        roman("(8)"),
    ]);
    roff.to_writer(&mut page)?;
    Ok(page)
}

/// Renders the text below the options in `--help`. A block without a heading becomes the section NOTES.
fn after_help(roff: &mut Roff, text: &str) {
    for block in text.split("\n\n") {
        let mut lines = block.lines();
        let heading = lines.next().and_then(|line| line.strip_suffix(':'));
        let Some(heading) = heading else {
            roff.control("SH", ["NOTES"]);
            // The page has a separate section for the exit status.
            for line in block.lines().filter(|line| !line.starts_with("Exit status")) {
                roff.text([roman(line)]);
            }
            continue;
        };
        let (title, remark) = heading.split_once(" (").unwrap_or((heading, ""));
        roff.control("SH", [title.to_uppercase().as_str()]);
        if let Some(remark) = remark.strip_suffix(')') {
            roff.text([roman(format!("({remark})"))]);
            roff.control("PP", []);
        }
        roff.control("nf", []);
        for line in lines {
            roff.text([roman(line.trim_start())]);
        }
        roff.control("fi", []);
    }
}
