//! The results of the office as a table, and its goals.

use super::{Office, RequestLatency};
use crate::report::{Goal, most};
use crate::stats::Summary;
use std::fmt::Write as _;

impl Office {
    pub fn table(&self) -> String {
        let mut text = format!(
            "\nTHE OFFICE: {} contacts, {} messages, {} calls; filled in {:.0} s, indexed in {:.0} s\n\
             {:<41} {:>7} {:>8} {:>7} {:>7} {:>9}   p99 beside {} searching clients\n",
            self.size.contacts,
            self.size.messages,
            self.size.calls,
            self.seed_s,
            self.index_s,
            "ms",
            "best",
            "x floor",
            "p50",
            "p99",
            "",
            super::SEARCHERS,
        );
        let floor = RequestLatency {
            what: "/livez, the floor",
            alone: self.floor,
            best_ms: self.floor_best_ms,
            beside_searches: None,
        };
        for it in std::iter::once(&floor).chain(&self.lists).chain(&self.searches) {
            let _ = writeln!(
                text,
                "{:<41} {:>7} {:>8.2} {:>7.1} {:>7.2} {:>9.2}   {}",
                it.what,
                "",
                it.best_ms,
                it.best_ms / self.floor_best_ms,
                it.alone.p50,
                it.alone.p99,
                it.beside_searches.map_or(String::new(), |it| format!("{:.2}", it.p99)),
            );
        }
        let (without, with) = &self.streams;
        let _ = writeln!(
            text,
            "webhook to the event of its message: {:.1} / {:.1} ms\n\
             webhooks a second: {:.0} without streams of events, {:.0} with {}; CPU ms/1000: {:.1} and {:.1}",
            self.to_event.p50,
            self.to_event.p99,
            without.per_second,
            with.per_second,
            super::STREAMS,
            without.cpu_ms_per_1000,
            with.cpu_ms_per_1000,
        );
        let (without, with) = &self.calls;
        let _ = writeln!(
            text,
            "added voice to voice, {} calls: {:.2} / {:.2} ms, while four clients search {:.2} / {:.2} ms",
            without.calls, without.added.p50, without.added.p99, with.added.p50, with.added.p99
        );
        text
    }

    pub fn goals(&self) -> Vec<Goal> {
        let mut goals = Vec::new();
        let mut worst =
            |what: &str, asked: &[RequestLatency], of: fn(&RequestLatency) -> Option<Summary>, limit: f64| {
                let slowest = asked.iter().filter_map(|it| Some((of(it)?.p99, it.what)));
                let (p99, which) = slowest.max_by(|one, other| one.0.total_cmp(&other.0)).unwrap_or((0.0, "none"));
                goals.push(Goal {
                    what: what.into(),
                    limit: format!("<= {limit:.1} ms"),
                    reached: format!("{p99:.2} ms ({which})"),
                    good: p99 <= limit,
                });
            };
        worst("lists, p99 of the slowest", &self.lists, |it| Some(it.alone), 10.0);
        worst("searches, p99 of the slowest", &self.searches, |it| Some(it.alone), 50.0);
        worst("lists beside eight searching clients, p99 of the slowest", &self.lists, |it| it.beside_searches, 10.0);
        goals.push(most("webhook to the event of its message, p99", self.to_event.p99, 300.0, "ms"));
        let (without, with) = &self.streams;
        let ratio = with.per_second / without.per_second;
        goals.push(Goal {
            what: "webhooks a second with ten streams of events".into(),
            limit: ">= 0.95 x without".into(),
            reached: format!("{:.0} = {ratio:.2} x {:.0}", with.per_second, without.per_second),
            good: ratio >= 0.95,
        });
        let (without, with) = &self.calls;
        goals.push(most(
            "added voice to voice while clients search, p99, above that without",
            with.added.p99 - without.added.p99,
            1.0,
            "ms",
        ));
        goals
    }
}
