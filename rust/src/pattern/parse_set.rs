//! Escapes and sets of characters; a part of [`super::parse`].

use super::error::PatternError;
use super::parse::{Parser, Result, unique};
use super::tokens::Token;
use super::tree::{Anchor, Category, Item, Node};

impl Parser {
    /// An escape outside of sets; its two characters were taken, they began at `here`.
    pub(super) fn escape(&mut self, escaped: char, here: usize) -> Result<Node> {
        let anchor = match escaped {
            'A' => Some(Anchor::Start),
            'Z' => Some(Anchor::End),
            'b' => Some(Anchor::Boundary),
            'B' => Some(Anchor::NoBoundary),
            _ => None,
        };
        if let Some(anchor) = anchor {
            return Ok(Node::At(anchor));
        }
        if let Some(item) = category(escaped) {
            return Ok(Node::Set { negated: false, items: vec![item] });
        }
        match escaped {
            '0' => {
                let digits = self.tokens.take_while(2, is_octal)?;
                Ok(Node::Literal(u32::from_str_radix(&digits, 8).unwrap_or(0)))
            }
            '1'..='9' => self.numbered(escaped, here),
            _ => Ok(Node::Literal(self.character(escaped, here)?)),
        }
    }

    /// `\1` to `\99`, or three octal digits.
    fn numbered(&mut self, first: char, here: usize) -> Result<Node> {
        let mut digits = String::from(first);
        digits.push_str(&self.tokens.take_while(1, |character| character.is_ascii_digit())?);
        if digits.len() == 2 && digits.chars().all(is_octal) {
            let third = self.tokens.take_while(1, is_octal)?;
            if !third.is_empty() {
                digits.push_str(&third);
                return Ok(Node::Literal(octal(&digits, here)?));
            }
        }
        let group: u32 = digits.parse().map_err(|_| PatternError::new("bad escape", here))?;
        match self.groups.get(group as usize) {
            None => Err(PatternError::new(format!("invalid group reference {group}"), here + 1)),
            Some(None) => Err(PatternError::new("cannot refer to an open group", here)),
            Some(Some(_)) => {
                self.check_look_behind_group(group)?;
                Ok(Node::Reference(group))
            }
        }
    }

    /// An escape for one character, in a set or outside.
    fn character(&mut self, escaped: char, here: usize) -> Result<u32> {
        let digits = match escaped {
            'a' => return Ok(7),
            'f' => return Ok(12),
            'n' => return Ok(10),
            'r' => return Ok(13),
            't' => return Ok(9),
            'v' => return Ok(11),
            'x' => 2,
            'u' => 4,
            'U' => 8,
            'N' => return Err(PatternError::new(r"names of characters (\N{...}) are not known here", here)),
            other if other.is_ascii_alphanumeric() => {
                return Err(PatternError::new(format!("bad escape \\{other}"), here));
            }
            other => return Ok(other as u32),
        };
        let text = self.tokens.take_while(digits, |character| character.is_ascii_hexdigit())?;
        if text.len() != digits {
            let reason = format!("incomplete escape \\{escaped}{text}, expected {digits} hexadecimal digits");
            return Err(PatternError::new(reason, here));
        }
        let code = u32::from_str_radix(&text, 16).ok().filter(|code| *code <= char::MAX as u32);
        code.ok_or_else(|| PatternError::new(format!("bad escape \\{escaped}{text}, no such character"), here))
    }

    /// `[...]`; the bracket was taken, it stood at `here`.
    pub(super) fn set(&mut self, here: usize) -> Result<Node> {
        let negated = self.tokens.take_if('^')?;
        let mut items = Vec::new();
        loop {
            let start = self.tokens.position();
            let token = self.set_token(here)?;
            if token == Token::Plain(']') && !items.is_empty() {
                break;
            }
            let low = self.set_item(token, start)?;
            if !self.tokens.take_if('-')? {
                items.push(low);
                continue;
            }
            let end_start = self.tokens.position();
            let end = self.set_token(here)?;
            if end == Token::Plain(']') {
                items.extend([low, Item::Literal('-' as u32)]);
                break;
            }
            match (low, self.set_item(end, end_start)?) {
                (Item::Literal(low), Item::Literal(high)) if low <= high => items.push(Item::Range(low, high)),
                _ => return Err(PatternError::new("bad character range", start)),
            }
        }
        let items = unique(items);
        Ok(match (items.as_slice(), negated) {
            ([Item::Literal(literal)], false) => Node::Literal(*literal),
            ([Item::Literal(literal)], true) => Node::NotLiteral(*literal),
            _ => Node::Set { negated, items },
        })
    }

    fn set_token(&mut self, here: usize) -> Result<Token> {
        self.tokens.next()?.ok_or_else(|| PatternError::new("unterminated character set", here))
    }

    fn set_item(&mut self, token: Token, here: usize) -> Result<Item> {
        let escaped = match token {
            Token::Plain(character) => return Ok(Item::Literal(character as u32)),
            Token::Escape(escaped) => escaped,
        };
        if let Some(item) = category(escaped) {
            return Ok(item);
        }
        Ok(Item::Literal(match escaped {
            'b' => 8,
            '0'..='7' => {
                let mut digits = String::from(escaped);
                digits.push_str(&self.tokens.take_while(2, is_octal)?);
                octal(&digits, here)?
            }
            _ => self.character(escaped, here)?,
        }))
    }
}

fn is_octal(character: char) -> bool {
    matches!(character, '0'..='7')
}

fn octal(digits: &str, here: usize) -> Result<u32> {
    let code = u32::from_str_radix(digits, 8).ok().filter(|code| *code <= 0o377);
    code.ok_or_else(|| PatternError::new(format!("octal escape value \\{digits} outside of range 0-0o377"), here))
}

fn category(escaped: char) -> Option<Item> {
    let category = match escaped.to_ascii_lowercase() {
        'd' => Category::Digit,
        's' => Category::Space,
        'w' => Category::Word,
        _ => return None,
    };
    Some(Item::Category { category, negated: escaped.is_ascii_uppercase() })
}
