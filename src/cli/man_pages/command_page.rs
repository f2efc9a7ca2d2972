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
    let help = command.get_after_long_help().or_else(|| command.get_after_help()).map(ToString::to_string);
    let help = help.unwrap_or_default();
    after_help(&mut roff, &help);
    roff.control("SH", ["EXIT STATUS"]);
    let own = help.lines().find_map(|line| line.strip_prefix(EXIT_STATUS));
    roff.text([roman(own.unwrap_or("0 on success, 1 on failure (the reason is on stderr), 2 for wrong usage."))]);
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

/// Renders the text below the options in `--help`. The blocks without a heading become the section NOTES.
fn after_help(roff: &mut Roff, text: &str) {
    let mut has_notes = false;
    for block in text.split("\n\n") {
        let mut lines = block.lines();
        let heading = lines.next().and_then(|line| line.strip_suffix(':'));
        let Some(heading) = heading else {
            // The page has a separate section for the exit status.
            let mut lines = block.lines().filter(|line| !line.starts_with(EXIT_STATUS)).peekable();
            if lines.peek().is_some() {
                let (macro_name, title) = if has_notes { ("PP", None) } else { ("SH", Some("NOTES")) };
                roff.control(macro_name, title);
                has_notes = true;
            }
            for line in lines {
                roff.text([roman(line)]);
            }
            continue;
        };
        has_notes = false;
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

/// The beginning of the line about the exit status in a help text.
const EXIT_STATUS: &str = "Exit status: ";
