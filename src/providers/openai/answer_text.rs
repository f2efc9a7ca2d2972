//! Removes a model's reasoning from the text of its answers, and finds tool calls in it. Servers without the parser of a
//! model send both as text (vLLM, llama.cpp and LM Studio with Qwen or DeepSeek), and a caller must hear neither.

/// The tags around reasoning. The templates of some models contain the first tag, so that the text has only the last one.
const REASONING: [(&str, &str); 5] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<reasoning>", "</reasoning>"),
    ("[THINK]", "[/THINK]"),
    ("<|channel|>analysis", END),
];
/// Ends reasoning of the harmony format (gpt-oss), but also the answers of other models.
const END: &str = "<|end|>";
/// Other markers of a model's format, which are no words.
const TOKENS: [&str; 13] = [
    END,
    "<|start|>assistant",
    "<|channel|>final<|message|>",
    "<|channel|>commentary<|message|>",
    "<|message|>",
    "<|return|>",
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end_of_text|>",
    "<|endoftext|>",
    "<end_of_turn>",
    "</s>",
];
/// The beginnings of tool calls, and of code, which a caller must not hear either.
const CALLS: [&str; 13] = [
    "<|channel|>commentary to=",
    "to=functions.",
    "<|constrain|>",
    "<|call|>",
    "<tool_call",
    "<|tool_call",
    "<tools>",
    "<function=",
    "<function_call",
    "[TOOL_CALLS]",
    "<|python_tag|>",
    "```json",
    "```tool",
];

/// What makes the text of an answer unusable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unspeakable {
    /// The text is a tool call.
    ToolCall,
    /// The text that was already returned was reasoning, as its last tag shows.
    Reasoning,
}

/// The text of one answer, which arrives in pieces.
#[derive(Debug, Default)]
pub struct AnswerText {
    state: State,
    /// The text that is not yet classified.
    held: String,
    /// Whether words were returned.
    has_words: bool,
    /// Whether the text at the beginning of `held` is at the beginning of a line.
    is_inside_line: bool,
    reasoning: Reasoning,
}

/// The reasoning in the text so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Reasoning {
    #[default]
    None,
    Tagged,
    /// Without its first tag.
    Unopened,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Words,
    /// Reasoning up to this tag.
    Reasoning(&'static str),
    /// Reasoning without its first tag, if a last tag follows; otherwise words.
    Unopened,
}

enum Found {
    Opening(&'static str),
    Closing,
    Call,
    Token,
}

impl AnswerText {
    /// `begins_with_reasoning`: whether earlier answers of the model began with reasoning without its first tag. Then
    /// words are returned only after the last tag.
    pub fn new(begins_with_reasoning: bool) -> Self {
        let state = if begins_with_reasoning { State::Unopened } else { State::Words };
        Self { state, ..Self::default() }
    }

    /// Returns true if the text so far contains reasoning.
    pub fn has_reasoning(&self) -> bool {
        self.reasoning != Reasoning::None
    }

    /// Returns true if the text began with reasoning without its first tag, and false if it began with words; `None` if
    /// neither is known yet.
    pub fn begins_with_reasoning(&self) -> Option<bool> {
        let begins = self.reasoning == Reasoning::Unopened;
        (begins || self.has_words).then_some(begins)
    }

    /// Returns the words that can be spoken.
    ///
    /// # Errors
    /// If the answer cannot be used.
    pub fn push(&mut self, text: &str) -> Result<String, Unspeakable> {
        self.held.push_str(text);
        let words = self.classify()?;
        let kept = match self.state {
            State::Words => undecided(&self.held, self.is_inside_line),
            // The last tag may be divided.
            State::Reasoning(tag) => partial(&self.held, &[tag]),
            State::Unopened => self.held.len(),
        };
        let rest = self.held.split_off(self.held.len() - kept);
        let decided = std::mem::replace(&mut self.held, rest);
        Ok(if self.state == State::Words { self.returned(words + &decided) } else { self.returned(words) })
    }

    /// Handles the end of the text. Returns the remaining words.
    ///
    /// # Errors
    /// If the answer cannot be used.
    pub fn finish(&mut self) -> Result<String, Unspeakable> {
        if self.state == State::Unopened {
            self.state = State::Words;
        }
        let words = self.classify()?;
        let rest = std::mem::take(&mut self.held);
        Ok(if self.state == State::Words { self.returned(words + &rest) } else { words })
    }

    /// Removes the text before the last marker from `held`, and returns its words.
    fn classify(&mut self) -> Result<String, Unspeakable> {
        let mut words = String::new();
        loop {
            match self.state {
                State::Reasoning(tag) => {
                    let Some(at) = self.held.find(tag) else { return Ok(words) };
                    self.close(at + tag.len());
                }
                State::Unopened => {
                    let opening = REASONING.iter().filter_map(|(open, _)| self.held.find(open)).min();
                    match closing(&self.held) {
                        Some((at, tag)) if opening.is_none_or(|opening| at < opening) => {
                            self.reasoning = Reasoning::Unopened;
                            self.close(at + tag.len());
                        }
                        _ if opening.is_some() => self.state = State::Words,
                        _ => return Ok(words),
                    }
                }
                State::Words => {
                    let Some((at, length, found)) = self.marker() else { return Ok(words) };
                    match found {
                        Found::Call => return Err(Unspeakable::ToolCall),
                        Found::Token => {
                            words.push_str(&self.held[..at]);
                            self.close(at + length);
                        }
                        Found::Opening(closing) => {
                            words.push_str(&self.held[..at]);
                            self.held.drain(..at + length);
                            self.state = State::Reasoning(closing);
                            self.reasoning = self.reasoning.max(Reasoning::Tagged);
                        }
                        Found::Closing => {
                            self.reasoning = Reasoning::Unopened;
                            if self.has_words {
                                return Err(Unspeakable::Reasoning);
                            }
                            words.clear();
                            self.close(at + length);
                        }
                    }
                }
            }
        }
    }

    /// Ends the reasoning, or a marker without a meaning, at this position of `held`.
    fn close(&mut self, end: usize) {
        self.held.drain(..end);
        (self.state, self.is_inside_line) = (State::Words, false);
    }

    /// Returns the first marker in `held`, and its position and length.
    fn marker(&self) -> Option<(usize, usize, Found)> {
        let find = |tag: &'static str, found| self.held.find(tag).map(|at| (at, tag.len(), found));
        let opening = REASONING.iter().filter_map(|(open, close)| find(open, Found::Opening(close)));
        let closing = closings().filter_map(|close| find(close, Found::Closing));
        let tokens = TOKENS.iter().filter_map(|tag| find(tag, Found::Token));
        let calls = CALLS.iter().filter_map(|tag| find(tag, Found::Call));
        let object = object_at(&self.held, self.is_inside_line).map(|at| (at, 0, Found::Call));
        opening.chain(closing).chain(calls).chain(tokens).chain(object).min_by_key(|(at, ..)| *at)
    }

    fn returned(&mut self, mut words: String) -> String {
        if !self.has_words {
            words.drain(..words.len() - words.trim_start().len());
        }
        self.has_words |= !words.is_empty();
        let (before, line) = words.rsplit_once('\n').map_or((None, &*words), |(before, line)| (Some(before), line));
        self.is_inside_line = !line.trim().is_empty() || (before.is_none() && self.is_inside_line);
        words
    }
}

/// Returns the first last tag of reasoning, and its position.
fn closing(text: &str) -> Option<(usize, &'static str)> {
    closings().filter_map(|close| Some((text.find(close)?, close))).min()
}

/// The last tags of reasoning whose first tag may be missing.
fn closings() -> impl Iterator<Item = &'static str> {
    REASONING.iter().map(|(_, close)| *close).filter(|close| *close != END)
}

/// Returns the position of a JSON object or list of objects at the beginning of a line, which is a tool call.
fn object_at(text: &str, is_inside_line: bool) -> Option<usize> {
    lines(text, is_inside_line).find_map(|(at, line)| (json(line) == Json::Yes).then_some(at))
}

/// Returns the lines that begin in the text, and their positions.
fn lines(text: &str, is_inside_line: bool) -> impl Iterator<Item = (usize, &str)> {
    let all = text.split('\n').scan(0, |at, line| {
        let began = *at;
        *at += line.len() + 1;
        Some((began, &text[began..]))
    });
    all.skip(usize::from(is_inside_line))
}

#[derive(PartialEq, Eq)]
enum Json {
    Yes,
    No,
    /// The text ends before this is known.
    Undecided,
}

/// Whether a text begins with a JSON object that has a name in it, or with a list of them.
fn json(text: &str) -> Json {
    let text = text.trim_start();
    let object = text.strip_prefix('[').map_or(text, str::trim_start);
    match object.strip_prefix('{').map(str::trim_start) {
        Some("") => Json::Undecided,
        Some(fields) if fields.starts_with('"') => Json::Yes,
        None if object.is_empty() => Json::Undecided,
        Some(_) | None => Json::No,
    }
}

/// Returns the length of the end of a text that may be the beginning of a marker.
fn undecided(text: &str, is_inside_line: bool) -> usize {
    let tags = REASONING.iter().flat_map(|(open, close)| [*open, *close]).chain(CALLS).chain(TOKENS);
    let tag = partial(text, &tags.collect::<Vec<_>>());
    let line = lines(text, is_inside_line).find(|(_, line)| json(line) == Json::Undecided);
    tag.max(line.map_or(0, |(at, _)| text.len() - at))
}

/// Returns the length of the longest end of a text with which one of the tags begins.
fn partial(text: &str, tags: &[&str]) -> usize {
    let starts = text.char_indices().map(|(at, _)| at).filter(|at| text.len() - at < 32);
    starts.map(|at| &text[at..]).find(|end| tags.iter().any(|tag| tag.starts_with(end))).map_or(0, str::len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str, piece: usize, begins_with_reasoning: bool) -> Result<String, Unspeakable> {
        let mut answer = AnswerText::new(begins_with_reasoning);
        let chars: Vec<char> = text.chars().collect();
        let mut words = String::new();
        for piece in chars.chunks(piece) {
            words += &answer.push(&piece.iter().collect::<String>())?;
        }
        Ok(words + &answer.finish()?)
    }

    const ANSWERS: [(&str, Result<&str, Unspeakable>); 28] = [
        ("כן, אנחנו פתוחים.", Ok("כן, אנחנו פתוחים.")),
        ("<think>\nשאלה.\nלענות.\n</think>\n\nכן, פתוחים.", Ok("כן, פתוחים.")),
        ("<think></think>כן.", Ok("כן.")),
        ("רגע. <think>מה?</think>כן.", Ok("רגע. כן.")),
        ("<thinking>מה</thinking> כן.", Ok("כן.")),
        ("[THINK]מה[/THINK]כן.", Ok("כן.")),
        (
            "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>כן.<|return|>",
            Ok("כן."),
        ),
        (
            "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>commentary to=functions.a <|constrain|>json<|message|>{}",
            Err(Unspeakable::ToolCall),
        ),
        (
            "<|start|>assistant to=functions.a<|channel|>commentary <|constrain|>json<|message|>{\"a\":1}<|call|>",
            Err(Unspeakable::ToolCall),
        ),
        ("<|channel|>commentary<|message|>רגע.<|end|>", Ok("רגע.")),
        ("כן.</s>", Ok("כן.")),
        ("כן.<end_of_turn>", Ok("כן.")),
        ("כן, פתוחים.<|im_end|>", Ok("כן, פתוחים.")),
        ("<think>אין סוף", Ok("")),
        ("<tool_call>\n{\"name\":\"a\"}\n</tool_call>", Err(Unspeakable::ToolCall)),
        ("<think>לחפש</think>\n<tool_call>\n{\"name\":\"a\"}", Err(Unspeakable::ToolCall)),
        ("{\"name\":\"a\",\"arguments\":{}}", Err(Unspeakable::ToolCall)),
        (" {\n  \"name\": \"a\"}", Err(Unspeakable::ToolCall)),
        ("[ {\"name\": \"a\"}]", Err(Unspeakable::ToolCall)),
        ("רגע, אני בודקת.\n{\"name\":\"a\"}", Err(Unspeakable::ToolCall)),
        ("<think>x</think>{\"name\":\"a\"}", Err(Unspeakable::ToolCall)),
        ("```json\n{\"name\":\"a\"}\n```", Err(Unspeakable::ToolCall)),
        ("<function=search>", Err(Unspeakable::ToolCall)),
        ("זה 3 < 5, או { \"כן\" } כאן", Ok("זה 3 < 5, או { \"כן\" } כאן")),
        ("עד 5 <", Ok("עד 5 <")),
        ("{שלום}\n[אולי]", Ok("{שלום}\n[אולי]")),
        ("", Ok("")),
        ("\n\nשלום\n\nכן", Ok("שלום\n\nכן")),
    ];

    proptest! {
        #[test]
        fn only_words_are_returned_whatever_the_pieces(piece in 1usize..60, case in 0usize..ANSWERS.len()) {
            let (text, expected) = ANSWERS[case];
            prop_assert_eq!(read(text, piece, false), expected.map(str::to_owned), "{}", text);
            prop_assert_eq!(read(text, piece, true), expected.map(str::to_owned), "{}", text);
            let reasoned = format!("מה הוא רוצה?\n</think>\n\n{text}");
            prop_assert_eq!(read(&reasoned, piece, true), expected.map(str::to_owned), "{}", reasoned);
        }

        #[test]
        fn any_text_without_markers_is_returned(text in "[א-ת ,.?!\n<>{}\\[\\]a-z/|`]{0,60}", piece in 1usize..9) {
            if let Ok(words) = read(&text, piece, false) {
                prop_assert_eq!(words, text.trim_start());
            }
        }
    }

    #[test]
    fn the_last_tag_of_reasoning_that_was_returned_is_an_error() {
        let mut answer = AnswerText::default();
        assert_eq!(answer.push("הוא שואל. "), Ok("הוא שואל. ".to_owned()));
        assert_eq!(answer.push("לענות.\n</think>\n\nכן."), Err(Unspeakable::Reasoning));
        assert_eq!(AnswerText::default().push("הוא שואל.</think>כן."), Ok("כן.".to_owned()), "in one piece");
    }

    #[test]
    fn reasoning_is_noticed() {
        for (text, expected) in [("כן.", false), ("<think>מה</think>כן.", true), ("מה</think>כן.", true)] {
            let mut answer = AnswerText::default();
            answer.push(text).unwrap();
            assert_eq!(answer.has_reasoning(), expected, "{text}");
        }
    }
}
