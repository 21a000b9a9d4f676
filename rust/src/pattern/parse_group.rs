//! Groups and what follows `(?`; a part of [`super::parse`].

use super::error::PatternError;
use super::parse::{Context, Parser, Result};
use super::tokens::Token;
use super::tree::{Flags, Node, Sequence, width};

/// Python's `MAXGROUPS`.
const MAX_GROUPS: u32 = 1_073_741_823;

/// What `(?flags` turned out to be.
enum Inline {
    /// `(?i)`.
    Global,
    /// `(?i-s:`.
    Scoped { add: Flags, remove: Flags },
}

impl Parser {
    /// A group whose parenthesis was taken, it stood at `here`. `None` if it is no part of the pattern: a comment, or
    /// flags. `at_start` tells that its sequence is empty so far.
    pub(super) fn group(&mut self, context: &mut Context, at_start: bool, here: usize) -> Result<Option<Node>> {
        if !self.tokens.take_if('?')? {
            return self.capture(*context, None, here).map(Some);
        }
        let Some(character) = self.extension("?")? else {
            return Err(self.tokens.error("unexpected end of pattern"));
        };
        match character {
            'P' => self.named(*context, here).map(Some),
            ':' => {
                let none = Flags::default();
                self.scoped(*context, none, none, here).map(Some)
            }
            '>' => Ok(Some(Node::Atomic(self.body(*context, here)?))),
            '#' => self.comment(here),
            '=' | '!' => self.look(*context, false, character == '!', here).map(Some),
            '<' => match self.extension("?<")? {
                Some(kind @ ('=' | '!')) => self.look(*context, true, kind == '!', here).map(Some),
                Some(other) => Err(PatternError::new(format!("unknown extension ?<{other}"), here + 1)),
                None => Err(self.tokens.error("unexpected end of pattern")),
            },
            '(' => self.conditional(*context, here).map(Some),
            '-' | 'a' | 'i' | 'L' | 'm' | 's' | 'u' | 'x' => match self.inline_flags(character)? {
                Inline::Scoped { add, remove } => self.scoped(*context, add, remove, here).map(Some),
                Inline::Global if context.first && at_start => {
                    context.verbose = self.flags.verbose;
                    Ok(None)
                }
                Inline::Global => Err(PatternError::new("global flags not at the start of the expression", here)),
            },
            other => Err(PatternError::new(format!("unknown extension ?{other}"), here + 1)),
        }
    }

    /// The next character, which may not be an escape.
    fn extension(&mut self, before: &str) -> Result<Option<char>> {
        match self.tokens.next()? {
            None => Ok(None),
            Some(Token::Plain(character)) => Ok(Some(character)),
            Some(Token::Escape(escaped)) => Err(self.tokens.error(format!("unknown extension {before}\\{escaped}"))),
        }
    }

    /// Alternatives and the closing parenthesis of the group that began at `here`.
    fn body(&mut self, context: Context, here: usize) -> Result<Sequence> {
        let body = self.alternatives(Context { depth: context.depth + 1, ..context })?;
        self.close(here)?;
        Ok(body)
    }

    fn close(&mut self, here: usize) -> Result<()> {
        if self.tokens.take_if(')')? {
            return Ok(());
        }
        Err(PatternError::new("missing ), unterminated subpattern", here))
    }

    fn capture(&mut self, context: Context, name: Option<String>, here: usize) -> Result<Node> {
        let group = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
        self.groups.push(None);
        if let Some(name) = name {
            if self.names.iter().any(|(known, _)| *known == name) {
                return Err(PatternError::new(format!("redefinition of group name '{name}'"), here));
            }
            self.names.push((name, group));
        }
        let body = self.body(context, here)?;
        let width = width(&body, &self.groups);
        if let Some(slot) = self.groups.get_mut(group as usize) {
            *slot = Some(width);
        }
        Ok(Node::Group { capture: Some(group), add: Flags::default(), remove: Flags::default(), body })
    }

    fn scoped(&mut self, context: Context, add: Flags, remove: Flags, here: usize) -> Result<Node> {
        let verbose = (context.verbose || add.verbose) && !remove.verbose;
        let body = self.body(Context { verbose, ..context }, here)?;
        Ok(Node::Group { capture: None, add, remove, body })
    }

    /// `(?P...`.
    fn named(&mut self, context: Context, here: usize) -> Result<Node> {
        if self.tokens.take_if('<')? {
            let name = self.tokens.take_until('>', "group name")?;
            check_name(&name, here)?;
            return self.capture(context, Some(name), here);
        }
        if self.tokens.take_if('=')? {
            let name = self.tokens.take_until(')', "group name")?;
            check_name(&name, here)?;
            let group = self.group_called(&name, here)?;
            if self.groups.get(group as usize).copied().flatten().is_none() {
                return Err(PatternError::new("cannot refer to an open group", here));
            }
            self.check_look_behind_group(group)?;
            return Ok(Node::Reference(group));
        }
        match self.extension("?P")? {
            None => Err(self.tokens.error("unexpected end of pattern")),
            Some(other) => Err(PatternError::new(format!("unknown extension ?P{other}"), here + 1)),
        }
    }

    fn group_called(&self, name: &str, here: usize) -> Result<u32> {
        let known = self.names.iter().find(|(known, _)| known == name);
        known.map(|(_, group)| *group).ok_or_else(|| PatternError::new(format!("unknown group name '{name}'"), here))
    }

    fn comment(&mut self, here: usize) -> Result<Option<Node>> {
        loop {
            match self.tokens.next()? {
                None => return Err(PatternError::new("missing ), unterminated comment", here)),
                Some(Token::Plain(')')) => return Ok(None),
                Some(_) => {}
            }
        }
    }

    fn look(&mut self, context: Context, behind: bool, negated: bool, here: usize) -> Result<Node> {
        let outer = self.look_behind_groups;
        if behind && outer.is_none() {
            self.look_behind_groups = Some(self.groups.len());
        }
        let body = self.alternatives(Context { depth: context.depth + 1, ..context })?;
        if behind {
            self.look_behind_groups = outer;
        }
        self.close(here)?;
        Ok(Node::Look { behind, negated, body })
    }

    /// `(?(group)yes|no)`.
    fn conditional(&mut self, context: Context, here: usize) -> Result<Node> {
        let name = self.tokens.take_until(')', "group name")?;
        let group = if is_identifier(&name) {
            self.group_called(&name, here)?
        } else {
            let bad = || PatternError::new(format!("bad character in group name '{name}'"), here + 3);
            let group = python_integer(&name).ok_or_else(bad)?;
            if group == 0 {
                return Err(PatternError::new("bad group number", here + 3));
            }
            if group >= MAX_GROUPS {
                return Err(PatternError::new(format!("invalid group reference {group}"), here + 3));
            }
            self.conditionals.push((group, here + 3));
            group
        };
        self.check_look_behind_group(group)?;
        let context = Context { depth: context.depth + 1, first: false, ..context };
        if context.depth > super::parse::MAX_DEPTH {
            return Err(self.tokens.error("groups nested too deep"));
        }
        let yes = self.sequence(context)?;
        let no = if self.tokens.take_if('|')? { Some(self.sequence(context)?) } else { None };
        if no.is_some() && self.tokens.peek_plain()? == Some('|') {
            return Err(self.tokens.error("conditional backref with more than two branches"));
        }
        self.close(here)?;
        Ok(Node::Conditional { group, yes, no })
    }

    /// Flags whose first character was taken.
    fn inline_flags(&mut self, first: char) -> Result<Inline> {
        let mut add = Flags::default();
        let mut remove = Flags::default();
        let mut character = first;
        if character != '-' {
            loop {
                match character {
                    'L' => return Err(self.tokens.error("bad inline flags: cannot use 'L' flag with a str pattern")),
                    'a' | 'u' if (character == 'a' && add.unicode) || (character == 'u' && add.ascii) => {
                        return Err(self.tokens.error("bad inline flags: flags 'a', 'u' and 'L' are incompatible"));
                    }
                    _ => self.set_flag(&mut add, character)?,
                }
                character = self.flag_character("missing -, : or )")?;
                if matches!(character, ')' | '-' | ':') {
                    break;
                }
            }
        }
        if character == ')' {
            self.flags = joined(self.flags, add);
            return Ok(Inline::Global);
        }
        if character == '-' {
            character = self.flag_character("missing flag")?;
            loop {
                if matches!(character, 'a' | 'u' | 'L') {
                    let reason = "bad inline flags: cannot turn off flags 'a', 'u' and 'L'";
                    return Err(self.tokens.error(reason));
                }
                self.set_flag(&mut remove, character)?;
                character = self.flag_character("missing :")?;
                if character == ':' {
                    break;
                }
            }
        }
        let both = (add.ignore_case && remove.ignore_case)
            || (add.multi_line && remove.multi_line)
            || (add.dot_all && remove.dot_all)
            || (add.verbose && remove.verbose);
        if both {
            return Err(self.tokens.error("bad inline flags: flag turned on and off"));
        }
        Ok(Inline::Scoped { add, remove })
    }

    fn flag_character(&mut self, missing: &str) -> Result<char> {
        self.extension("?")?.ok_or_else(|| self.tokens.error(missing))
    }

    fn set_flag(&self, flags: &mut Flags, character: char) -> Result<()> {
        match character {
            'a' => flags.ascii = true,
            'i' => flags.ignore_case = true,
            'm' => flags.multi_line = true,
            's' => flags.dot_all = true,
            'u' => flags.unicode = true,
            'x' => flags.verbose = true,
            other => return Err(self.tokens.error(format!("unknown flag '{other}', expected one of aimsux"))),
        }
        Ok(())
    }
}

fn joined(one: Flags, other: Flags) -> Flags {
    Flags {
        ascii: one.ascii || other.ascii,
        unicode: one.unicode || other.unicode,
        ignore_case: one.ignore_case || other.ignore_case,
        multi_line: one.multi_line || other.multi_line,
        dot_all: one.dot_all || other.dot_all,
        verbose: one.verbose || other.verbose,
    }
}

fn check_name(name: &str, here: usize) -> Result<()> {
    if is_identifier(name) {
        return Ok(());
    }
    Err(PatternError::new(format!("bad character in group name '{name}'"), here))
}

/// `str.isidentifier`.
fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    let starts = characters.next().is_some_and(|first| first == '_' || super::category::starts_identifier(first));
    starts && characters.all(super::category::continues_identifier)
}

/// A number as `int` reads it: blanks around it, a sign, underscores between digits, digits of any script.
fn python_integer(text: &str) -> Option<u32> {
    let text = text.trim_matches(super::category::is_space);
    let (text, negative) = match text.strip_prefix('-') {
        Some(rest) => (rest, true),
        None => (text.strip_prefix('+').unwrap_or(text), false),
    };
    let mut number: u32 = 0;
    let mut after_digit = false;
    for character in text.chars() {
        if character == '_' && after_digit {
            after_digit = false;
            continue;
        }
        number = number.saturating_mul(10).saturating_add(super::category::decimal_digit(character)?);
        after_digit = true;
    }
    (after_digit && (!negative || number == 0)).then_some(number)
}
