//! From a pattern's text to its [`tree`](super::tree): the grammar of Python's `re` for `str` (that of 3.11 and later).
//!
//! Called by [`super::Compiler::compile`] alone. What Python refuses is refused here, with the reason and the position.
//! Escapes and sets are read in [`super::parse_set`], what follows `(?` in [`super::parse_group`].

use super::error::PatternError;
use super::tokens::{Token, Tokens};
use super::tree::{Anchor, Flags, Greed, Item, Node, Sequence, UNBOUNDED, Width, width};

/// How deep groups may nest. Python's own limit depends on its stack, and is some 500.
pub(super) const MAX_DEPTH: usize = 150;

/// How many characters a pattern may have.
const MAX_LENGTH: usize = 100_000;

pub(super) type Result<T> = std::result::Result<T, PatternError>;

/// A pattern that Python would compile.
pub(super) struct Parsed {
    pub(super) sequence: Sequence,
    /// The flags set for all of it.
    pub(super) flags: Flags,
    /// The width of each group, the whole pattern first.
    pub(super) groups: Vec<Option<Width>>,
    pub(super) width: Width,
}

/// Parses a pattern.
pub(super) fn parse(pattern: &str) -> Result<Parsed> {
    if pattern.len() > MAX_LENGTH {
        return Err(PatternError::new(format!("longer than {MAX_LENGTH} bytes"), MAX_LENGTH));
    }
    let mut parser = Parser {
        tokens: Tokens::new(pattern),
        flags: Flags::default(),
        groups: vec![None],
        names: Vec::new(),
        look_behind_groups: None,
        conditionals: Vec::new(),
    };
    let sequence = parser.alternatives(Context { verbose: false, depth: 0, first: false })?;
    if parser.tokens.peek()?.is_some() {
        return Err(parser.tokens.error("unbalanced parenthesis"));
    }
    if parser.flags.ascii && parser.flags.unicode {
        return Err(PatternError::new("flags 'a' and 'u' are incompatible", 0));
    }
    for (group, position) in &parser.conditionals {
        if *group as usize >= parser.groups.len() {
            return Err(PatternError::new(format!("invalid group reference {group}"), *position));
        }
    }
    let width = width(&sequence, &parser.groups);
    Ok(Parsed { sequence, flags: parser.flags, groups: parser.groups, width })
}

/// Where a sequence stands.
#[derive(Clone, Copy)]
pub(super) struct Context {
    /// White space and comments do not count.
    pub(super) verbose: bool,
    pub(super) depth: usize,
    /// It is the pattern's beginning, where global flags may stand.
    pub(super) first: bool,
}

pub(super) struct Parser {
    pub(super) tokens: Tokens,
    /// The global flags seen so far.
    pub(super) flags: Flags,
    /// The width of each group, the whole pattern first; `None` while it is open.
    pub(super) groups: Vec<Option<Width>>,
    pub(super) names: Vec<(String, u32)>,
    /// Within a look-behind: how many groups there were before it.
    pub(super) look_behind_groups: Option<usize>,
    /// Groups asked for by number in a condition, with the position.
    pub(super) conditionals: Vec<(u32, usize)>,
}

impl Parser {
    /// `a|b|c`.
    pub(super) fn alternatives(&mut self, context: Context) -> Result<Sequence> {
        if context.depth > MAX_DEPTH {
            return Err(self.tokens.error(format!("groups nested deeper than {MAX_DEPTH}")));
        }
        let outermost = context.depth == 0;
        let mut context = Context { first: outermost, ..context };
        let mut alternatives = Vec::new();
        loop {
            alternatives.push(self.sequence(context)?);
            if !self.tokens.take_if('|')? {
                break;
            }
            context.first = false;
            if outermost {
                context.verbose = self.flags.verbose;
            }
        }
        Ok(joined(alternatives))
    }

    /// The parts up to `|`, `)` or the end.
    pub(super) fn sequence(&mut self, mut context: Context) -> Result<Sequence> {
        let mut parts = Sequence::new();
        while let Some(token) = self.tokens.peek()? {
            let here = self.tokens.position();
            let Some(character) = token.plain() else {
                self.tokens.next()?;
                if let Token::Escape(escaped) = token {
                    parts.push(self.escape(escaped, here)?);
                }
                continue;
            };
            if matches!(character, '|' | ')') {
                break;
            }
            self.tokens.next()?;
            if context.verbose && self.skip_blank(character)? {
                continue;
            }
            match character {
                '[' => parts.push(self.set(here)?),
                '(' => {
                    if let Some(part) = self.group(&mut context, parts.is_empty(), here)? {
                        parts.push(part);
                    }
                }
                '^' => parts.push(Node::At(Anchor::LineStart)),
                '$' => parts.push(Node::At(Anchor::LineEnd)),
                '.' => parts.push(Node::Any),
                '*' | '+' | '?' | '{' => match self.bounds(character, here)? {
                    Some((least, most)) => self.repeat(&mut parts, least, most, here)?,
                    None => parts.push(Node::Literal('{' as u32)),
                },
                literal => parts.push(Node::Literal(literal as u32)),
            }
        }
        Ok(unpacked(parts))
    }

    /// Whether the character counts for nothing in verbose mode; a comment is gone past.
    fn skip_blank(&mut self, character: char) -> Result<bool> {
        if character == '#' {
            while !matches!(self.tokens.next()?, None | Some(Token::Plain('\n'))) {}
            return Ok(true);
        }
        Ok(matches!(character, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c'))
    }

    /// The bounds of a repetition whose first character was taken; `None` for a brace that is a literal.
    fn bounds(&mut self, character: char, here: usize) -> Result<Option<(u32, u32)>> {
        match character {
            '?' => return Ok(Some((0, 1))),
            '*' => return Ok(Some((0, UNBOUNDED))),
            '+' => return Ok(Some((1, UNBOUNDED))),
            _ => {}
        }
        if self.tokens.peek_plain()? == Some('}') {
            return Ok(None);
        }
        let digits = |character: char| character.is_ascii_digit();
        let low = self.tokens.take_while(usize::MAX, digits)?;
        let high = if self.tokens.take_if(',')? { self.tokens.take_while(usize::MAX, digits)? } else { low.clone() };
        if !self.tokens.take_if('}')? {
            self.tokens.seek(here + 1);
            return Ok(None);
        }
        let bound = |text: &str, default| {
            if text.is_empty() {
                return Ok(default);
            }
            let number = text.parse().ok().filter(|number| *number < UNBOUNDED);
            number.ok_or_else(|| PatternError::new("the repetition number is too large", here))
        };
        let (least, most) = (bound(&low, 0)?, bound(&high, UNBOUNDED)?);
        if most < least {
            return Err(PatternError::new("min repeat greater than max repeat", here));
        }
        Ok(Some((least, most)))
    }

    /// Repeats the last of `parts`.
    fn repeat(&mut self, parts: &mut Sequence, least: u32, most: u32, here: usize) -> Result<()> {
        let body = match parts.pop() {
            None | Some(Node::At(_)) => return Err(PatternError::new("nothing to repeat", here)),
            Some(Node::Repeat { .. }) => return Err(PatternError::new("multiple repeat", here)),
            Some(Node::Group { capture: None, add, remove, body }) if add.is_empty() && remove.is_empty() => body,
            Some(node) => vec![node],
        };
        let greed = if self.tokens.take_if('?')? {
            Greed::Lazy
        } else if self.tokens.take_if('+')? {
            Greed::Possessive
        } else {
            Greed::Greedy
        };
        parts.push(Node::Repeat { greed, least, most, body });
        Ok(())
    }

    /// Fails unless the group is closed, and not in the look-behind that is being read.
    pub(super) fn check_look_behind_group(&self, group: u32) -> Result<()> {
        let Some(limit) = self.look_behind_groups else { return Ok(()) };
        if self.groups.get(group as usize).copied().flatten().is_none() {
            return Err(self.tokens.error("cannot refer to an open group"));
        }
        if group as usize >= limit {
            return Err(self.tokens.error("cannot refer to group defined in the same lookbehind subpattern"));
        }
        Ok(())
    }
}

/// Groups that do nothing become their content.
fn unpacked(parts: Sequence) -> Sequence {
    let mut flat = Sequence::with_capacity(parts.len());
    for part in parts {
        match part {
            Node::Group { capture: None, add, remove, body } if add.is_empty() && remove.is_empty() => {
                flat.extend(body);
            }
            part => flat.push(part),
        }
    }
    flat
}

/// Alternatives as Python simplifies them: a common beginning stands before them, and single characters become a set.
fn joined(mut alternatives: Vec<Sequence>) -> Sequence {
    if alternatives.len() == 1 {
        return alternatives.pop().unwrap_or_default();
    }
    let mut prefix = Sequence::new();
    while let Some(first) = alternatives.first().and_then(|alternative| alternative.first()) {
        let plain = matches!(
            first,
            Node::Literal(_) | Node::NotLiteral(_) | Node::Any | Node::Set { .. } | Node::At(_) | Node::Reference(_)
        );
        if !plain || alternatives.iter().any(|alternative| alternative.first() != Some(first)) {
            break;
        }
        prefix.push(first.clone());
        for alternative in &mut alternatives {
            alternative.remove(0);
        }
    }
    let mut set = Vec::new();
    for alternative in &alternatives {
        match alternative.as_slice() {
            [Node::Literal(literal)] => set.push(Item::Literal(*literal)),
            [Node::Set { negated: false, items }] => set.extend(items),
            _ => {
                prefix.push(Node::Branch(alternatives));
                return prefix;
            }
        }
    }
    prefix.push(Node::Set { negated: false, items: unique(set) });
    prefix
}

/// The items without repetitions, in order.
pub(super) fn unique(items: Vec<Item>) -> Vec<Item> {
    let mut kept: Vec<Item> = Vec::with_capacity(items.len());
    let mut seen = hashbrown::HashSet::<(u8, u32, u32), foldhash::fast::FixedState>::default();
    for item in items {
        let key = match item {
            Item::Literal(literal) => (0, literal, 0),
            Item::Range(low, high) => (1, low, high),
            Item::Category { category, negated } => (2, category as u32, u32::from(negated)),
        };
        if seen.insert(key) {
            kept.push(item);
        }
    }
    kept
}
