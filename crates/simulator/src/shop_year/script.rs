//! The texts of conversations, with the details filled in.

use super::random::Random;

/// The lines of a conversation: whether the shop says the line, and its text.
pub(super) type Lines = Vec<(bool, &'static str)>;

pub(super) fn chats() -> Vec<Lines> {
    blocks(include_str!("chats.txt")).into_iter().map(|(_, lines)| lines).collect()
}

pub(super) fn calls() -> Vec<(&'static str, Lines)> {
    blocks(include_str!("calls.txt"))
}

/// Splits a file into conversations. Blocks without lines are skipped, such as the description of the file at its
/// start.
fn blocks(text: &'static str) -> Vec<(&'static str, Lines)> {
    let block = |block: &'static str| {
        let summary = block.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or_default();
        let said = |line: &'static str| {
            let shop = line.strip_prefix("> ").map(|text| (true, text));
            shop.or_else(|| line.strip_prefix("< ").map(|text| (false, text)))
        };
        (summary, block.lines().filter_map(said).collect::<Lines>())
    };
    text.split("\n\n").map(block).filter(|(_, lines)| !lines.is_empty()).collect()
}

/// Returns the words of the lines of `list` that start with the key `language`, such as `he-first`. The key is not
/// returned.
pub(super) fn words(list: &'static str, language: &str) -> Vec<&'static str> {
    let lines = list.lines().filter_map(|line| line.strip_prefix(language)?.strip_prefix(' '));
    lines.flat_map(str::split_whitespace).collect()
}

/// The values that replace the placeholders in a conversation.
pub(super) struct Details {
    values: Vec<(&'static str, String)>,
}

impl Details {
    pub(super) fn new(random: &mut Random, name: &str) -> Self {
        let item_of = |random: &mut Random, language: &str| {
            let items: Vec<_> =
                ITEMS.lines().filter_map(|line| line.strip_prefix(language)?.strip_prefix(' ')).collect();
            random.pick(&items).to_owned()
        };
        let (price, count) = (10 + random.below(190), 1 + random.below(12));
        let hour = 9 + random.below(9);
        let first_name = name.split(' ').next().unwrap_or_default();
        let values = vec![
            ("{item}", item_of(random, "he")),
            ("{item_en}", item_of(random, "en")),
            ("{price}", price.to_string()),
            ("{price2}", (10 + random.below(30)).to_string()),
            ("{count}", count.to_string()),
            ("{total}", (price * count).to_string()),
            ("{hour}", hour.to_string()),
            ("{hour2}", (hour + 2).to_string()),
            ("{day}", random.pick(&DAYS).to_owned()),
            ("{order}", (1000 + random.below(9000)).to_string()),
            ("{name}", if first_name.is_empty() { "לקוח" } else { first_name }.to_owned()),
        ];
        Self { values }
    }

    pub(super) fn fill(&self, text: &str) -> String {
        let values = self.values.iter();
        values.fold(
            text.to_owned(),
            |text, (name, value)| if text.contains(name) { text.replace(name, value) } else { text },
        )
    }
}

const DAYS: [&str; 6] = ["ראשון", "שני", "שלישי", "רביעי", "חמישי", "שישי"];
const ITEMS: &str = include_str!("items.txt");
