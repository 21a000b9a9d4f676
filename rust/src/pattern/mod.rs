//! Patterns with the answer of Python's `re.fullmatch` (spec 1 §5). Imports nothing of the crate.
//!
//! Which engine serves a pattern is decided once, when a data file is compiled:
//! a regular language goes to `regex` (linear time), look-around and back-references to `fancy-regex` (its
//! backtracking is bounded), and whatever [`syntax`] does not know to the host's `re`, if there is a host.

mod syntax;

use std::fmt;
use std::sync::Arc;

use syntax::Class;

/// Steps that a backtracking search may take before its answer is "no match".
const BACKTRACK_LIMIT: usize = 1_000_000;

/// A pattern that the host (Python's `re`) matches.
pub trait HostPattern: Send + Sync {
    /// Whether the whole of `text` matches. Must not be called while a lock of the store is held.
    fn is_full_match(&self, text: &str) -> bool;
}

/// Compiles the patterns that the crate's own engines do not know.
pub trait PatternHost {
    /// The compiled pattern, or why there is none: it is invalid, or it could run away.
    ///
    /// # Errors
    /// The reason, worded for a log line.
    fn compile(&self, pattern: &str) -> Result<Arc<dyn HostPattern>, String>;
}

/// A host that knows no pattern: for the core alone.
pub struct NoHost;

impl PatternHost for NoHost {
    fn compile(&self, _pattern: &str) -> Result<Arc<dyn HostPattern>, String> {
        Err("no host to match this pattern".into())
    }
}

/// A compiled pattern.
#[derive(Clone)]
pub struct Pattern {
    source: Box<str>,
    engine: Engine,
}

#[derive(Clone)]
enum Engine {
    Linear(regex::Regex),
    Backtracking(Arc<fancy_regex::Regex>),
    Host(Arc<dyn HostPattern>),
}

impl Pattern {
    /// Compiles a Python pattern.
    ///
    /// # Errors
    /// Why the pattern can never match: invalid in Python, or refused because it could run away.
    pub fn compile(source: &str, host: &dyn PatternHost) -> Result<Self, String> {
        let engine = match syntax::translate(source) {
            Some((Class::Regular, text)) => regex::Regex::new(&text).ok().map(Engine::Linear),
            Some((Class::Backtracking, text)) => fancy_regex::RegexBuilder::new(&text)
                .backtrack_limit(BACKTRACK_LIMIT)
                .build()
                .ok()
                .map(|regex| Engine::Backtracking(Arc::new(regex))),
            None => None,
        };
        let engine = match engine {
            Some(engine) => engine,
            None => Engine::Host(host.compile(source)?),
        };
        Ok(Self { source: source.into(), engine })
    }

    /// Whether the whole of `text` matches, as `re.fullmatch` says.
    pub fn is_full_match(&self, text: &str) -> bool {
        match &self.engine {
            Engine::Linear(regex) => regex.is_match(text),
            // An error is the backtracking limit: a pattern that runs away matches nothing.
            Engine::Backtracking(regex) => regex.is_match(text).unwrap_or(false),
            Engine::Host(pattern) => pattern.is_full_match(text),
        }
    }

    /// Whether the host matches this pattern, so that no lock may be held meanwhile.
    pub fn needs_host(&self) -> bool {
        matches!(self.engine, Engine::Host(_))
    }

    /// The pattern as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let engine = match self.engine {
            Engine::Linear(_) => "linear",
            Engine::Backtracking(_) => "backtracking",
            Engine::Host(_) => "host",
        };
        write!(formatter, "Pattern({:?}, {engine})", self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::compile(pattern, &NoHost).unwrap_or_else(|why| panic!("{pattern}: {why}")).is_full_match(text)
    }

    #[test]
    fn answers_are_those_of_fullmatch() {
        for (pattern, text, expected) in [
            ("a|ab", "ab", true), // the leftmost alternative alone would stop at "a"
            ("^abc$", "abc", true),
            ("^abc$", "abc\n", false),
            ("(a$|b)\n?", "a\n", true), // inside, `$` also holds before a final newline
            (r"\d+", "\u{661}2", true),
            (r"\w+", "e\u{301}", false), // Python's \w knows no combining marks
            (r"\w+", "x\u{b2}", true),   // but digits of every kind
            (r"\s", "\x1c", true),
            ("[^a]", "\n", true),
            (".", "\n", false),
            ("a{,2}", "aa", true),
            ("a{x}", "a{x}", true),
            ("[]a]+", "]a", true),
            (r"(a+)\1", "aaaa", true),
            (r"(a+)\1", "aaa", false),
            (r"(?=.*\d)[a-z\d]+", "abc1", true),
            (r"(?<!x)y|xy", "xy", true),
            (r"(?P<q>['\x22]).*(?P=q)", "'hi'", true),
            ("", "", true),
            ("", "x", false),
            ("[&&b~~|[-]+", "&b~|[-", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern:?} on {text:?}");
        }
    }

    #[test]
    fn what_is_not_surely_the_same_goes_to_the_host() {
        for pattern in [
            "(?i)a",
            "(?>a)",
            "a*+",
            "a**",
            "[b-a]",
            "(",
            ")",
            r"\p{L}",
            r"\8",
            "a{2,1}",
            r"(?<=a+)b",
            "*a",
            "^*",
            r"\B",
            "(?P<n>a)(?P<n>b)",
            "a{9999}",
            "[",
            r"\q",
            r"(\1)",
            "(?P<1>a)",
            "(?(1)a|b)",
        ] {
            assert!(Pattern::compile(pattern, &NoHost).is_err(), "{pattern:?}");
        }
    }

    #[test]
    fn a_pattern_that_runs_away_is_bounded() {
        let text = format!("{}!", "a".repeat(64));
        assert!(!matches("(a+)+", &text));
        assert!(!matches(r"(?=(a+)+b)(a+)+\1", &text));
    }

    #[test]
    fn deep_nesting_is_refused_not_recursed_into() {
        let pattern = format!("{}a{}", "(".repeat(50_000), ")".repeat(50_000));
        assert!(Pattern::compile(&pattern, &NoHost).is_err());
    }
}
