//! The patterns of the numbering plans: regular expressions over digits, matched from the start of a text.
//!
//! The tables use groups, alternatives, digits, classes of digits, `?`, `{n}`, `{n,m}` and `$` only. A matcher for these
//! needs no memory between calls, while compiled expressions for all countries need megabytes. A number has at most 17
//! digits, and the patterns have no nested repetitions, so backtracking takes microseconds.

/// What a pattern matched.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found<'t> {
    /// The end of the match.
    pub(super) end: usize,
    /// The capture groups, in the order of their opening parentheses.
    pub(super) groups: Vec<Option<&'t str>>,
}

/// Matches a pattern at the start of a text. Of several possible matches, the one that prefers earlier alternatives and
/// more repetitions counts, as in Perl.
pub(super) fn match_start<'t>(pattern: &str, text: &'t str) -> Option<Found<'t>> {
    let mut parser = Parser { rest: pattern.as_bytes(), groups: 0 };
    let alternatives = parser.alternatives();
    let mut groups = vec![None; parser.groups];
    let whole = [Node::Group { capture: None, alternatives }];
    let mut end = None;
    let matcher = Matcher { text: text.as_bytes() };
    matcher.sequence(&whole, 0, &mut groups, &mut |at, _| {
        end = Some(at);
        true
    });
    let groups = groups.into_iter().map(|group| group.and_then(|(from, to)| text.get(from..to))).collect();
    Some(Found { end: end?, groups })
}

enum Node {
    /// One of the digits whose bits are set.
    Digit(u16),
    Group {
        /// The number of the capture group.
        capture: Option<usize>,
        alternatives: Vec<Vec<Node>>,
    },
    Repeat {
        node: Box<Node>,
        min: usize,
        max: usize,
    },
    /// The end of the text.
    End,
}

struct Parser<'p> {
    rest: &'p [u8],
    groups: usize,
}

impl Parser<'_> {
    fn take(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text.as_bytes());
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Parses up to the closing parenthesis or the end.
    fn alternatives(&mut self) -> Vec<Vec<Node>> {
        let mut all = vec![Vec::new()];
        while let Some(next) = self.rest.first().copied().filter(|next| *next != b')') {
            if next == b'|' {
                self.rest = &self.rest[1..];
                all.push(Vec::new());
            } else if let Some(last) = all.last_mut() {
                last.push(self.repeated());
            }
        }
        all
    }

    fn repeated(&mut self) -> Node {
        let node = self.node();
        let (min, max) = if self.take("?") {
            (0, 1)
        } else if self.take("{") {
            let min = self.number();
            let max = if self.take(",") { self.number() } else { min };
            self.take("}");
            (min, max)
        } else {
            return node;
        };
        Node::Repeat { node: Box::new(node), min, max }
    }

    fn node(&mut self) -> Node {
        if self.take("(?:") {
            return self.group(None);
        }
        if self.take("(") {
            self.groups += 1;
            return self.group(Some(self.groups - 1));
        }
        if self.take("\\d") {
            return Node::Digit(ANY_DIGIT);
        }
        if self.take("$") {
            return Node::End;
        }
        if self.take("[") {
            return Node::Digit(self.class());
        }
        let digit = self.rest.first().copied().unwrap_or_default();
        self.rest = self.rest.get(1..).unwrap_or_default();
        Node::Digit(bit(digit))
    }

    fn group(&mut self, capture: Option<usize>) -> Node {
        let alternatives = self.alternatives();
        self.take(")");
        Node::Group { capture, alternatives }
    }

    /// Parses a class such as `2-46]`.
    fn class(&mut self) -> u16 {
        let mut set = 0;
        while let Some((first, rest)) = self.rest.split_first() {
            self.rest = rest;
            match rest {
                _ if *first == b']' => break,
                [b'-', last, rest @ ..] if *last != b']' => {
                    set |= (*first..=*last).map(bit).fold(0, |all, digit| all | digit);
                    self.rest = rest;
                }
                _ => set |= bit(*first),
            }
        }
        set
    }

    fn number(&mut self) -> usize {
        let length = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.rest.split_at(length);
        self.rest = rest;
        digits.iter().fold(0, |number, digit| number * 10 + usize::from(digit - b'0'))
    }
}

const ANY_DIGIT: u16 = 0x3ff;

/// Returns the bit of a digit; no bit for another character, which then matches nothing.
fn bit(digit: u8) -> u16 {
    if digit.is_ascii_digit() { 1 << (digit - b'0') } else { 0 }
}

struct Matcher<'t> {
    text: &'t [u8],
}

type Groups = Vec<Option<(usize, usize)>>;
/// Matches what follows, from a position on.
type Next<'n> = &'n mut dyn FnMut(usize, &mut Groups) -> bool;

impl Matcher<'_> {
    fn sequence(&self, nodes: &[Node], at: usize, groups: &mut Groups, next: Next<'_>) -> bool {
        let Some((node, rest)) = nodes.split_first() else { return next(at, groups) };
        match node {
            Node::Digit(set) => {
                self.text.get(at).is_some_and(|digit| set & bit(*digit) != 0)
                    && self.sequence(rest, at + 1, groups, next)
            }
            Node::End => at == self.text.len() && self.sequence(rest, at, groups, next),
            Node::Group { capture, alternatives } => alternatives.iter().any(|alternative| {
                self.sequence(alternative, at, groups, &mut |end, groups| {
                    let before = capture.map(|number| groups[number].replace((at, end)));
                    let fits = self.sequence(rest, end, groups, next);
                    if let (false, Some(number), Some(before)) = (fits, *capture, before) {
                        groups[number] = before;
                    }
                    fits
                })
            }),
            Node::Repeat { node, min, max } => {
                self.repeat(node, (*min, *max), at, groups, &mut |end, groups| self.sequence(rest, end, groups, next))
            }
        }
    }

    fn repeat(&self, node: &Node, (min, max): (usize, usize), at: usize, groups: &mut Groups, next: Next<'_>) -> bool {
        let once_more = max > 0
            && self.sequence(std::slice::from_ref(node), at, groups, &mut |end, groups| {
                self.repeat(node, (min.saturating_sub(1), max - 1), end, groups, next)
            });
        once_more || min == 0 && next(at, groups)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earlier_alternatives_and_more_repetitions_are_preferred() {
        for (pattern, text, end, groups) in [
            ("0", "050", 1, vec![]),
            ("0|00", "005", 1, vec![]),
            ("00|0", "005", 2, vec![]),
            ("0?", "5", 0, vec![]),
            ("[2-46]\\d{2}", "6123", 3, vec![]),
            ("\\d{2,4}", "12345", 4, vec![]),
            ("1(?:2|23)3", "1233", 3, vec![]),
            ("([457]\\d{6})$|1", "4123456", 7, vec![Some("4123456")]),
            ("([457]\\d{6})$|1", "14123456", 1, vec![None]),
            ("(?:0|90)(?:(1[245])(\\d{2,3}))?", "013123", 1, vec![None, None]),
            ("(?:0|90)(?:(1[245])(\\d{2,3}))?", "01412", 5, vec![Some("14"), Some("12")]),
            ("(?:0|90)(?:(1[245])(\\d{2,3}))?", "0141234", 6, vec![Some("14"), Some("123")]),
            ("0?(?:(11|2)15)?", "0111530", 5, vec![Some("11")]),
        ] {
            assert_eq!(match_start(pattern, text), Some(Found { end, groups }), "{pattern} {text}");
        }
        for (pattern, text) in [("1", ""), ("[2-46]", "5"), ("\\d{3}", "12"), ("(1)$", "12"), ("2", "12")] {
            assert_eq!(match_start(pattern, text), None, "{pattern} {text}");
        }
    }
}
