//! The part of Python's pattern syntax that means the same elsewhere, translated; all else is refused.
//!
//! The grammar is deliberately narrow: what it accepts is valid in every Python from 3.9 on, and its translation has
//! exactly the same full matches. Where in doubt it answers `None`, and Python's own `re` decides.

use std::fmt::Write as _;

const MAX_DEPTH: usize = 50;
const MAX_REPEAT: u32 = 500;
const MAX_LENGTH: usize = 10_000;

/// Which kind of engine a translated pattern needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// A regular language.
    Regular,
    /// Look-around, back-references, or `$` before a final newline.
    Backtracking,
}

/// The pattern for Rust's engines, anchored at both ends, or `None` if its meaning there is not surely the same.
pub(super) fn translate(pattern: &str) -> Option<(Class, String)> {
    if pattern.len() > MAX_LENGTH {
        return None;
    }
    let mut translator = Translator {
        rest: pattern.chars().collect(),
        position: 0,
        out: String::from(r"\A(?:"),
        class: Class::Regular,
        groups: Vec::new(),
        names: Vec::new(),
    };
    translator.alternatives(0, Place::Outermost)?;
    if translator.position < translator.rest.len() {
        return None; // an unbalanced parenthesis
    }
    translator.out.push_str(r")\z");
    Some((translator.class, translator.out))
}

/// Where an alternation stands: at the outermost level a final `$` can only hold at the very end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Outermost,
    Group,
    Lookbehind,
}

/// How many characters a part takes, if that is fixed.
type Width = Option<usize>;

/// What an atom may be followed by, and how many characters it takes if that is fixed.
struct Atom {
    repeatable: bool,
    width: Width,
}

struct Translator {
    rest: Vec<char>,
    position: usize,
    out: String,
    class: Class,
    /// For each capturing group, whether it is closed yet, and its width if fixed.
    groups: Vec<(bool, Width)>,
    names: Vec<(String, usize)>,
}

impl Translator {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.position).copied()
    }

    fn take(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.position += 1;
        Some(character)
    }

    fn take_if(&mut self, text: &str) -> bool {
        let length = text.chars().count();
        let here = self.rest.get(self.position..self.position + length);
        let found = here.is_some_and(|here| here.iter().copied().eq(text.chars()));
        if found {
            self.position += length;
        }
        found
    }

    /// `a|b|c`. The result is the common width of all alternatives, if they have one.
    fn alternatives(&mut self, depth: usize, place: Place) -> Option<Width> {
        if depth > MAX_DEPTH {
            return None;
        }
        let mut width = self.sequence(depth, place)?;
        while self.take_if("|") {
            self.out.push('|');
            let other = self.sequence(depth, place)?;
            if other != width {
                width = None;
            }
        }
        Some(width)
    }

    fn sequence(&mut self, depth: usize, place: Place) -> Option<Width> {
        let mut total = Some(0usize);
        while let Some(character) = self.peek() {
            if matches!(character, '|' | ')') {
                break;
            }
            let start = self.out.len();
            let atom = self.atom(depth, place)?;
            let width = self.quantifier(start, &atom)?;
            total = total.zip(width).map(|(total, width)| total + width);
        }
        Some(total)
    }

    fn atom(&mut self, depth: usize, place: Place) -> Option<Atom> {
        let one = Atom { repeatable: true, width: Some(1) };
        match self.take()? {
            '.' => self.out.push_str(r"[^\n]"),
            '^' => {
                self.out.push_str(r"\A");
                return Some(Atom { repeatable: false, width: Some(0) });
            }
            '$' => {
                self.dollar(place);
                return Some(Atom { repeatable: false, width: Some(0) });
            }
            '\\' => return self.escape(),
            '[' => self.set()?,
            '(' => return self.group(depth),
            '*' | '+' | '?' => return None, // nothing to repeat
            '{' if self.repeat_bounds().is_some() => return None,
            literal => self.literal(literal),
        }
        Some(one)
    }

    fn literal(&mut self, character: char) {
        if character.is_ascii_alphanumeric() || !character.is_ascii() || character == '_' {
            self.out.push(character);
        } else {
            let _ = write!(self.out, "\\x{{{:x}}}", character as u32); // writing to a String cannot fail
        }
    }

    /// `$`: at the end, or before a newline that ends the text.
    fn dollar(&mut self, place: Place) {
        if place == Place::Outermost && matches!(self.peek(), None | Some('|')) {
            self.out.push_str(r"\z"); // a full match has to end at the end anyway
        } else {
            self.class = Class::Backtracking;
            self.out.push_str(r"(?=\n?\z)");
        }
    }

    fn escape(&mut self) -> Option<Atom> {
        let character = self.take()?;
        let anchor = Atom { repeatable: false, width: Some(0) };
        match character {
            'A' => self.out.push_str(r"\A"),
            'Z' => self.out.push_str(r"\z"),
            'b' => {
                // Python's word characters are not Rust's, so the boundary is spelled out.
                self.class = Class::Backtracking;
                let _ = write!(self.out, "(?:(?<=[{WORD}])(?![{WORD}])|(?<![{WORD}])(?=[{WORD}]))");
            }
            '1'..='9' => return self.numbered_reference(character),
            _ => {
                if let Some(class) = class_escape(character) {
                    let _ = write!(self.out, "[{class}]");
                } else {
                    let literal = self.character_escape(character)?;
                    self.literal(literal);
                }
                return Some(Atom { repeatable: true, width: Some(1) });
            }
        }
        Some(anchor)
    }

    /// An escape for one character, inside or outside a set.
    fn character_escape(&mut self, character: char) -> Option<char> {
        let digits = match character {
            'n' => return Some('\n'),
            'r' => return Some('\r'),
            't' => return Some('\t'),
            'f' => return Some('\x0c'),
            'v' => return Some('\x0b'),
            'a' => return Some('\x07'),
            'x' => 2,
            'u' => 4,
            'U' => 8,
            other => return (!other.is_ascii_alphanumeric()).then_some(other),
        };
        let mut code = 0;
        for _ in 0..digits {
            code = code * 16 + self.take()?.to_digit(16)?;
        }
        char::from_u32(code)
    }

    fn numbered_reference(&mut self, first: char) -> Option<Atom> {
        let mut number = first.to_digit(10)? as usize;
        if let Some(second) = self.peek().and_then(|next| next.to_digit(10)) {
            self.position += 1;
            number = number * 10 + second as usize;
            if self.peek().is_some_and(|next| next.is_ascii_digit()) {
                return None; // may be an octal escape
            }
        }
        self.reference(number)
    }

    fn reference(&mut self, number: usize) -> Option<Atom> {
        let (closed, width) = *self.groups.get(number - 1)?;
        if !closed {
            return None;
        }
        self.class = Class::Backtracking;
        let _ = write!(self.out, "(?:\\{number})");
        Some(Atom { repeatable: true, width })
    }

    /// `[...]`, written again with every member escaped, so that Rust's set operations never arise.
    fn set(&mut self) -> Option<()> {
        self.out.push('[');
        if self.take_if("^") {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let character = self.take()?;
            if character == ']' && !first {
                break;
            }
            first = false;
            let in_range = |this: &Self| this.peek() == Some('-') && this.rest.get(this.position + 1) != Some(&']');
            if let Some(class) = self.peek().filter(|_| character == '\\').and_then(class_escape) {
                self.position += 1;
                let _ = write!(self.out, "[{class}]");
                if in_range(self) {
                    return None; // a range from a class: an error in Python
                }
                continue;
            }
            let low = self.set_member(character)?;
            let high = if in_range(self) {
                self.position += 1;
                let end = self.take()?;
                self.set_member(end)?
            } else {
                low
            };
            if low > high {
                return None;
            }
            let _ = write!(self.out, "\\x{{{:x}}}-\\x{{{:x}}}", low as u32, high as u32);
        }
        self.out.push(']');
        Some(())
    }

    /// A member of a set that is one character.
    fn set_member(&mut self, character: char) -> Option<char> {
        if character != '\\' {
            return Some(character);
        }
        match self.take()? {
            'b' => Some('\x08'),
            escaped => self.character_escape(escaped), // refuses a class: it cannot end a range
        }
    }

    fn group(&mut self, depth: usize) -> Option<Atom> {
        if !self.take_if("?") {
            return self.capture(depth);
        }
        if self.take_if(":") {
            self.out.push_str("(?:");
            let width = self.alternatives(depth + 1, Place::Group)?;
            self.close()?;
            return Some(Atom { repeatable: true, width });
        }
        if self.take_if("P=") {
            let name = self.name(')')?;
            let number = self.names.iter().find(|(known, _)| *known == name)?.1;
            return self.reference(number);
        }
        if self.take_if("P<") {
            let name = self.name('>')?;
            if self.names.iter().any(|(known, _)| *known == name) {
                return None;
            }
            self.names.push((name, self.groups.len() + 1));
            return self.capture(depth);
        }
        let place = if self.take_if("=") {
            self.out.push_str("(?=");
            Place::Group
        } else if self.take_if("!") {
            self.out.push_str("(?!");
            Place::Group
        } else if self.take_if("<=") {
            self.out.push_str("(?<=");
            Place::Lookbehind
        } else if self.take_if("<!") {
            self.out.push_str("(?<!");
            Place::Lookbehind
        } else {
            return None; // flags, comments, atomic groups, conditions
        };
        self.class = Class::Backtracking;
        let groups = self.groups.len();
        let width = self.alternatives(depth + 1, place)?;
        if place == Place::Lookbehind && (width.is_none() || self.groups.len() > groups) {
            return None; // Python wants a fixed width; captures in there are rare enough to leave to it
        }
        self.close()?;
        Some(Atom { repeatable: false, width: Some(0) })
    }

    fn capture(&mut self, depth: usize) -> Option<Atom> {
        let index = self.groups.len();
        self.groups.push((false, None));
        self.out.push('(');
        let width = self.alternatives(depth + 1, Place::Group)?;
        self.close()?;
        self.groups[index] = (true, width);
        Some(Atom { repeatable: true, width })
    }

    fn close(&mut self) -> Option<()> {
        self.out.push(')');
        self.take_if(")").then_some(())
    }

    fn name(&mut self, end: char) -> Option<String> {
        let mut name = String::new();
        loop {
            match self.take()? {
                character if character == end => break,
                character if character.is_ascii_alphabetic() || character == '_' => name.push(character),
                character if character.is_ascii_digit() && !name.is_empty() => name.push(character),
                _ => return None,
            }
        }
        (!name.is_empty()).then_some(name)
    }

    /// An optional quantifier after the atom that was written from `start` on; the width of all of it.
    fn quantifier(&mut self, start: usize, atom: &Atom) -> Option<Width> {
        let (low, high) = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => match self.repeat_bounds() {
                Some((low, high, length)) => {
                    self.position += length - 1;
                    (low, high)
                }
                None => return Some(atom.width),
            },
            _ => return Some(atom.width),
        };
        self.position += 1;
        if !atom.repeatable || low > MAX_REPEAT || high.is_some_and(|high| high > MAX_REPEAT || high < low) {
            return None;
        }
        // A literal may be several characters here (`\x{2d}`), never several atoms; a group makes it plain.
        let body = self.out.split_off(start);
        let _ = match high {
            None => write!(self.out, "(?:{body}){{{low},}}"),
            Some(high) => write!(self.out, "(?:{body}){{{low},{high}}}"),
        };
        match self.peek() {
            Some('?') => self.position += 1, // greedy or lazy: the full matches are the same
            Some('+' | '*') => return None,  // possessive, or an error, depending on the version
            Some('{') if self.repeat_bounds().is_some() => return None,
            _ => {}
        }
        let fixed = (Some(low) == high).then_some(low as usize);
        Some(atom.width.zip(fixed).map(|(width, times)| width * times))
    }

    /// The bounds of a `{m,n}` that stands at the position, with its length in characters; `None` for a literal brace.
    fn repeat_bounds(&self) -> Option<(u32, Option<u32>, usize)> {
        let start = if self.peek() == Some('{') { self.position } else { self.position - 1 };
        let length = self.rest[start..].iter().position(|character| *character == '}')? + 1;
        let inside: String = self.rest[start + 1..start + length - 1].iter().collect();
        let bound = |text: &str, default| {
            if text.is_empty() {
                return Some(default);
            }
            text.bytes().all(|byte| byte.is_ascii_digit()).then(|| Some(text.parse().unwrap_or(u32::MAX)))
        };
        let (low, high) = match inside.split_once(',') {
            Some((low, high)) => (bound(low, Some(0))?, bound(high, None)?),
            None if inside.is_empty() => return None,
            None => (bound(&inside, None)?, bound(&inside, None)?),
        };
        Some((low?, high, length))
    }
}

/// Python's `\w` for `str`: letters and every kind of digit, no marks.
const WORD: &str = r"\p{L}\p{N}_";
/// Python's `\s` for `str`: `str.isspace`.
const SPACE: &str = r"\s\x{1c}-\x{1f}";

/// The members of a class escape as they stand inside brackets.
fn class_escape(character: char) -> Option<&'static str> {
    Some(match character {
        'd' => r"\p{Nd}",
        'D' => r"\P{Nd}",
        'w' => WORD,
        'W' => r"[^\p{L}\p{N}_]",
        's' => SPACE,
        'S' => r"[^\s\x{1c}-\x{1f}]",
        _ => return None,
    })
}
