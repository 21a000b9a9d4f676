//! Visitor codes: checked once, where a call comes in.

use super::EngineError;

/// The most characters (not bytes) that a visitor code may have.
pub const MAX_VISITOR_CODE: usize = 255;

/// A visitor code that may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VisitorCode<'a>(&'a str);

impl<'a> VisitorCode<'a> {
    /// Checks a code.
    ///
    /// # Errors
    /// When it is empty, or longer than [`MAX_VISITOR_CODE`] characters.
    pub fn parse(code: &'a str) -> Result<Self, EngineError> {
        if code.is_empty() {
            return Err(EngineError::VisitorCodeEmpty);
        }
        // Bytes are never fewer than characters, so most codes are not counted.
        if code.len() > MAX_VISITOR_CODE && code.chars().count() > MAX_VISITOR_CODE {
            return Err(EngineError::VisitorCodeTooLong);
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
