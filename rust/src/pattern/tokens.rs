//! A pattern cut into tokens: a character, or a backslash with the character after it. For [`super::parse`].

use super::error::PatternError;

type Result<T> = std::result::Result<T, PatternError>;

/// A character as it stands, or an escaped one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Plain(char),
    Escape(char),
}

impl Token {
    /// The character, if it is not escaped.
    pub(super) fn plain(self) -> Option<char> {
        match self {
            Self::Plain(character) => Some(character),
            Self::Escape(_) => None,
        }
    }

    /// How many characters of the pattern it is.
    pub(super) fn length(self) -> usize {
        match self {
            Self::Plain(_) => 1,
            Self::Escape(_) => 2,
        }
    }
}

/// The tokens of a pattern, with a position among them.
pub(super) struct Tokens {
    characters: Vec<char>,
    position: usize,
}

impl Tokens {
    /// Fails if the pattern ends within an escape. Python notes that when it gets there, other errors come first.
    pub(super) fn new(pattern: &str) -> Self {
        Self { characters: pattern.chars().collect(), position: 0 }
    }

    /// The character of the pattern where the next token begins.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    pub(super) fn seek(&mut self, position: usize) {
        self.position = position;
    }

    pub(super) fn peek(&self) -> Result<Option<Token>> {
        match (self.characters.get(self.position), self.characters.get(self.position + 1)) {
            (None, _) => Ok(None),
            (Some('\\'), Some(escaped)) => Ok(Some(Token::Escape(*escaped))),
            (Some('\\'), None) => Err(self.error("bad escape (end of pattern)")),
            (Some(plain), _) => Ok(Some(Token::Plain(*plain))),
        }
    }

    /// The next token, if it is a plain character.
    pub(super) fn peek_plain(&self) -> Result<Option<char>> {
        Ok(self.peek()?.and_then(Token::plain))
    }

    pub(super) fn next(&mut self) -> Result<Option<Token>> {
        let token = self.peek()?;
        self.position += token.map_or(0, Token::length);
        Ok(token)
    }

    /// Goes past the next token if it is that plain character.
    pub(super) fn take_if(&mut self, character: char) -> Result<bool> {
        let found = self.peek_plain()? == Some(character);
        self.position += usize::from(found);
        Ok(found)
    }

    /// The plain characters from here on that pass, at most `most` of them.
    pub(super) fn take_while(&mut self, most: usize, passes: impl Fn(char) -> bool) -> Result<String> {
        let mut taken = String::new();
        for _ in 0..most {
            match self.peek_plain()? {
                Some(character) if passes(character) => taken.push(character),
                _ => break,
            }
            self.position += 1;
        }
        Ok(taken)
    }

    /// The text up to `end`, which is gone past. `what` is named if it is missing.
    pub(super) fn take_until(&mut self, end: char, what: &str) -> Result<String> {
        let start = self.position;
        loop {
            match self.next()? {
                None if self.position == start => return Err(self.error(format!("missing {what}"))),
                None => return Err(PatternError::new(format!("missing {end}, unterminated name"), start)),
                Some(Token::Plain(character)) if character == end => break,
                Some(_) => {}
            }
        }
        let text: String = self.characters.get(start..self.position - 1).unwrap_or_default().iter().collect();
        if text.is_empty() { Err(PatternError::new(format!("missing {what}"), start)) } else { Ok(text) }
    }

    /// An error at the next token.
    pub(super) fn error(&self, reason: impl Into<String>) -> PatternError {
        PatternError::new(reason, self.position)
    }
}
