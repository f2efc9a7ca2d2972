//! What the users of a shop write down: tags, notes, tasks, leads, facts about the business, and saved replies.

use super::random::Random;
use super::script::Details;

/// What the users of a shop have written down. Contacts are indexes in `ShopYear::contacts`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShopOffice {
    /// The tags with their contacts.
    pub tags: Vec<(&'static str, Vec<usize>)>,
    /// The notes, oldest first.
    pub notes: Vec<ShopNote>,
    /// The tasks, oldest first.
    pub tasks: Vec<ShopTask>,
    /// The leads, oldest first.
    pub leads: Vec<ShopLead>,
    /// The facts about the business: topic and text.
    pub facts: Vec<(&'static str, &'static str)>,
    /// The saved replies: shortcut and text.
    pub replies: Vec<(&'static str, &'static str)>,
}

/// A note about a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopNote {
    /// The contact.
    pub contact: usize,
    /// The text.
    pub text: String,
    /// When the note was written, in milliseconds since 1970.
    pub at_ms: i64,
}

/// A task about a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopTask {
    /// The contact.
    pub contact: usize,
    /// A short description of the work.
    pub title: String,
    /// Whether the agent made the task, instead of a user.
    pub by_agent: bool,
    /// When the task was made, in milliseconds since 1970.
    pub at_ms: i64,
    /// The start of the day on which the task is due, in days after the end of the year; negative if it is past.
    pub due_in_days: i64,
    /// When the task was done, in milliseconds since 1970; `None` if it is open.
    pub done_ms: Option<i64>,
}

/// A possible sale to a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopLead {
    /// The contact.
    pub contact: usize,
    /// The possible sale.
    pub title: &'static str,
    /// The expected amount in agorot.
    pub value_minor: i64,
    /// A number that selects the stage: its remainder by the number of stages.
    pub stage: usize,
    /// When the lead was made, in milliseconds since 1970.
    pub at_ms: i64,
}

impl ShopOffice {
    /// Generates what was written down about contacts with these names in the year that ends at `until_ms`. Without
    /// contacts, it is empty.
    pub(super) fn generate(until_ms: i64, names: &[&str], random: &mut Random) -> Self {
        if names.is_empty() {
            return Self::default();
        }
        let recently =
            |random: &mut Random, days: u64| until_ms - random.below(days * DAY_MS.unsigned_abs()).cast_signed() - 1;
        let mut office = Self { facts: named("fact"), replies: named("reply"), ..Self::default() };
        for tag in lines("tag") {
            let share = 2 + random.below(8);
            office.tags.push((tag, (0..names.len()).filter(|_| random.chance(share)).collect()));
        }
        for _ in 0..names.len().div_ceil(12) {
            let contact = random.index(names.len());
            let text = filled(random, "note", names[contact]);
            office.notes.push(ShopNote { contact, text, at_ms: recently(random, 300) });
        }
        for number in 0..names.len().div_ceil(20).clamp(6, 60) {
            let contact = random.index(names.len());
            let title = filled(random, "task", names[contact]);
            let by_agent = random.chance(40);
            // Every third task is still open: some of them are late, some due today, some later.
            let is_open = number % 3 == 0;
            let at_ms = recently(random, if is_open { 4 } else { 60 });
            let due_in_days = if is_open { random.below(8).cast_signed() - 2 } else { (at_ms - until_ms) / DAY_MS };
            let done_ms =
                (!is_open).then(|| (at_ms + random.below(DAY_MS.unsigned_abs()).cast_signed()).min(until_ms - 1));
            office.tasks.push(ShopTask { contact, title, by_agent, at_ms, due_in_days, done_ms });
        }
        for _ in 0..names.len().div_ceil(40).clamp(5, 80) {
            let contact = random.index(names.len());
            let (title, stage) = (random.pick(&lines("lead")), random.index(60));
            let value_minor = 10_000 * (3 + random.below(60)).cast_signed();
            office.leads.push(ShopLead { contact, title, value_minor, stage, at_ms: recently(random, 90) });
        }
        office.notes.sort_by_key(|note| note.at_ms);
        office.tasks.sort_by_key(|task| task.at_ms);
        office.leads.sort_by_key(|lead| lead.at_ms);
        office
    }
}

fn filled(random: &mut Random, kind: &str, name: &str) -> String {
    let details = Details::new(random, name);
    details.fill(random.pick(&lines(kind)))
}

/// Returns the lines of this kind, without the kind.
fn lines(kind: &str) -> Vec<&'static str> {
    OFFICE.lines().filter_map(|line| line.strip_prefix(kind)?.strip_prefix(' ')).collect()
}

fn named(kind: &str) -> Vec<(&'static str, &'static str)> {
    lines(kind).into_iter().filter_map(|line| line.split_once(": ")).collect()
}

/// A day, in milliseconds.
pub(super) const DAY_MS: i64 = 86_400_000;

const OFFICE: &str = include_str!("office.txt");
