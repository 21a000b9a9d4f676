//! One tracking request: lines of many visitors, and what becomes of them. Exactly one thing does: they are confirmed,
//! refused, handed over, or given back; a batch that is dropped without a word gives its lines back.

use std::sync::Arc;

use compact_str::CompactString;

use super::undelivered::{Turn, Undelivered};
use crate::visitor::sending::Epoch;

/// A request takes no further visitor once its body is this long. The service accepts four times as much: that leaves
/// room for a visitor with many events, and Python never copies more than this at a time while callers wait for it.
pub const FULL_BODY: usize = 655_360;
/// The service accepts no body of this many characters or more.
pub const BODY_LIMIT: usize = 2_621_440;

/// Lines of one or more visitors, joined by newlines.
#[derive(Debug, Default)]
pub struct Lines {
    pub(super) body: String,
    /// For each visitor, where its lines end and how many they are.
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
struct Part {
    code: CompactString,
    end: usize,
    lines: usize,
}

impl Lines {
    /// The lines of one visitor, as they were written.
    pub fn of(code: CompactString, body: String, lines: usize) -> Self {
        let part = Part { code, end: body.len(), lines };
        Self { body, parts: vec![part] }
    }

    /// How many lines.
    pub fn len(&self) -> usize {
        self.parts.iter().map(|part| part.lines).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// How many visitors' lines follow one another.
    pub fn visitors(&self) -> usize {
        self.parts.len()
    }

    /// How long the body is.
    pub fn body_len(&self) -> usize {
        self.body.len()
    }

    /// Whose lines are the last ones.
    pub fn last_code(&self) -> Option<&CompactString> {
        self.parts.last().map(|part| &part.code)
    }

    /// Whose lines are the first ones.
    pub fn first_code(&self) -> Option<&CompactString> {
        self.parts.first().map(|part| &part.code)
    }

    /// Appends other lines.
    pub fn append(&mut self, other: Self) {
        if other.is_empty() {
            return;
        }
        if self.is_empty() {
            *self = other;
            return;
        }
        self.body.push('\n');
        let offset = self.body.len();
        self.body.push_str(&other.body);
        self.parts.extend(other.parts.into_iter().map(|part| Part { end: part.end + offset, ..part }));
    }

    /// Keeps the first `count` visitors' lines and returns the others.
    #[must_use]
    pub fn split_off_visitors(&mut self, count: usize) -> Self {
        if count == 0 {
            return std::mem::take(self);
        }
        if count >= self.parts.len() {
            return Self::default();
        }
        let parts = self.parts.split_off(count);
        let end = self.parts.last().map_or(0, |part| part.end);
        let start = end + 1; // a newline stands between
        let body = self.body.split_off(start);
        self.body.truncate(end);
        Self { body, parts: parts.into_iter().map(|part| Part { end: part.end - start, ..part }).collect() }
    }

    /// Keeps the first half of the lines and returns the second one. A single line is no half: nothing is returned.
    #[must_use]
    pub fn split_in_half(&mut self) -> Self {
        if self.parts.len() > 1 {
            return self.split_off_visitors(self.parts.len() / 2);
        }
        let Some(part) = self.parts.first_mut().filter(|part| part.lines > 1) else { return Self::default() };
        let kept = part.lines / 2;
        let newlines = self.body.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let Some(end) = newlines.map(|(position, _)| position).nth(kept - 1) else { return Self::default() };
        let second = Self::of(part.code.clone(), self.body.split_off(end + 1), part.lines - kept);
        (part.lines, part.end) = (kept, end);
        self.body.truncate(end);
        second
    }
}

/// One tracking request.
#[derive(Debug)]
pub struct Batch {
    lines: Lines,
    undelivered: Arc<Undelivered>,
    /// The process that it was taken in: a copy in a forked child is nobody's.
    epoch: Epoch,
}

impl Batch {
    pub(crate) fn new(lines: Lines, undelivered: &Arc<Undelivered>, epoch: Epoch) -> Self {
        Self { lines, undelivered: Arc::clone(undelivered), epoch }
    }

    /// What it holds, while it is filled.
    pub(crate) fn lines_mut(&mut self) -> &mut Lines {
        &mut self.lines
    }

    /// The lines, joined by newlines.
    pub fn body(&self) -> &str {
        &self.lines.body
    }

    /// How many lines.
    pub fn events(&self) -> usize {
        self.lines.len()
    }

    /// How many visitors.
    pub fn visitors(&self) -> usize {
        self.lines.visitors()
    }

    /// The request has arrived: its lines are sent.
    pub fn confirm(mut self) {
        let lines = std::mem::take(&mut self.lines);
        self.undelivered.count_sent(lines.len());
    }

    /// Its lines are kept elsewhere, where another one sends them: they are no more to be sent from here.
    pub fn hand_over(mut self) {
        drop(std::mem::take(&mut self.lines));
    }

    /// The request has failed: its lines are unsent again, and will be the first that are tried.
    pub fn give_back(self) {
        drop(self);
    }

    /// The request was refused, and it is not known yet whether for what it holds: its lines are unsent again, and will be
    /// the last that are tried.
    pub fn postpone(mut self) {
        let lines = std::mem::take(&mut self.lines);
        self.undelivered.take_back(lines, self.epoch, Turn::Last);
    }

    /// The service refused what the request holds: two requests, each with half of the lines. Where it is a single line,
    /// nothing comes second, and [`Self::set_aside`] is for it.
    pub fn halve(mut self) -> (Self, Option<Self>) {
        let second = self.lines.split_in_half();
        let second = (!second.is_empty()).then(|| Self::new(second, &self.undelivered, self.epoch));
        (self, second)
    }

    /// The service refuses these lines whatever else is sent: they are lost, and counted. Returns whose the first is.
    pub fn set_aside(mut self) -> Option<CompactString> {
        let lines = std::mem::take(&mut self.lines);
        self.undelivered.count_refused(lines.len());
        lines.first_code().cloned()
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        if !lines.is_empty() {
            self.undelivered.take_back(lines, self.epoch, Turn::First);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(visitors: &[(&str, usize)]) -> Lines {
        let mut all = Lines::default();
        for (code, count) in visitors {
            let body: Vec<String> = (0..*count).map(|number| format!("{code}{number}")).collect();
            all.append(Lines::of((*code).into(), body.join("\n"), *count));
        }
        all
    }

    #[test]
    fn what_is_split_and_appended_is_the_same_again() {
        let whole = lines(&[("a", 2), ("b", 1), ("c", 3)]);
        for count in 0..4 {
            let mut first = lines(&[("a", 2), ("b", 1), ("c", 3)]);
            let second = first.split_off_visitors(count);
            assert_eq!((first.visitors(), second.visitors()), (count, 3 - count));
            if count == 2 {
                assert_eq!((&*first.body, &*second.body), ("a0\na1\nb0", "c0\nc1\nc2"));
            }
            first.append(second);
            assert_eq!((&first.body, first.len()), (&whole.body, 6));
        }
    }

    #[test]
    fn halving_ends_with_single_lines() {
        let mut work = vec![lines(&[("a", 5), ("b", 1), ("c", 2)])];
        let mut singles = Vec::new();
        while let Some(mut first) = work.pop() {
            let second = first.split_in_half();
            if second.is_empty() {
                singles.push(first.body);
            } else {
                work.extend([second, first]);
            }
        }
        assert_eq!(singles, ["a0", "a1", "a2", "a3", "a4", "b0", "c0", "c1"]);
    }
}
