//! The texts about a tool that exceeds its time limit. The model receives the output later, as a note.

/// The output of a tool that is still running at its time limit.
pub const STILL_RUNNING: &str =
    r#"{"error":"it takes longer than usual and is still running; do not call it again: say so, its result follows"}"#;

/// The note with the late output of a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LateOutput<'a> {
    /// The name of the tool; none if another engine has called it.
    pub tool: Option<&'a str>,
    /// The output, as JSON.
    pub output: &'a str,
}

const NAMED: [&str; 3] = ["The tool ", " has now answered: ", ". Do not call it again; continue from there."];
const UNNAMED: [&str; 2] = ["A tool that was used before has answered: ", ". Continue from there."];

impl<'a> LateOutput<'a> {
    /// Returns the note for the model.
    pub fn note(self) -> String {
        let Self { tool, output } = self;
        let ([start, answered, end], [unnamed, unnamed_end]) = (NAMED, UNNAMED);
        match tool {
            Some(name) => format!("{start}{name}{answered}{output}{end}"),
            None => format!("{unnamed}{output}{unnamed_end}"),
        }
    }

    /// Reads a note; none if it is about something else.
    pub fn from_note(note: &'a str) -> Option<Self> {
        let ([start, answered, end], [unnamed, unnamed_end]) = (NAMED, UNNAMED);
        if let Some(rest) = note.strip_prefix(unnamed) {
            return Some(Self { tool: None, output: rest.strip_suffix(unnamed_end)? });
        }
        let (name, output) = note.strip_prefix(start)?.split_once(answered)?;
        Some(Self { tool: Some(name), output: output.strip_suffix(end)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_can_be_read_again() {
        for tool in [Some("find_free_times"), None] {
            let late = LateOutput { tool, output: r#"{"ok":true}"# };
            assert_eq!(LateOutput::from_note(&late.note()), Some(late));
        }
        assert_eq!(LateOutput::from_note("the caller pressed the keys 1"), None);
    }
}
