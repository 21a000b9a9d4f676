//! Visitor codes: checked once, where a call comes in.

/// The most characters (not bytes) that a visitor code may have.
pub const MAX_VISITOR_CODE: usize = 255;

/// Why a visitor code cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeError {
    /// It is empty.
    Empty,
    /// It has more than [`MAX_VISITOR_CODE`] characters.
    TooLong,
}

/// A visitor code that may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VisitorCode<'a>(&'a str);

impl<'a> VisitorCode<'a> {
    /// Checks a code.
    ///
    /// # Errors
    /// When it is empty, or longer than [`MAX_VISITOR_CODE`] characters.
    pub fn parse(code: &'a str) -> Result<Self, CodeError> {
        if code.is_empty() {
            return Err(CodeError::Empty);
        }
        // Bytes are never fewer than characters, so most codes are not counted.
        if code.len() > MAX_VISITOR_CODE && code.chars().count() > MAX_VISITOR_CODE {
            return Err(CodeError::TooLong);
        }
        Ok(Self(code))
    }

    /// A code that is used as it is, for the few calls that refuse none **(kept quirk)**.
    pub fn unchecked(code: &'a str) -> Self {
        Self(code)
    }

    /// The code.
    pub fn as_str(self) -> &'a str {
        self.0
    }
}

impl std::fmt::Display for CodeError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => write!(out, "empty visitor code"),
            Self::TooLong => write!(out, "is longer than {MAX_VISITOR_CODE} chars"),
        }
    }
}

impl std::error::Error for CodeError {}
