//! Patterns against answers of Python's `re.fullmatch`, by table; time, memory and small stacks.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::time::{Duration, Instant};

use kameleoon_engine::pattern::{Compiler, GaveUp, Pattern, Steps};

fn compile(pattern: &str) -> Pattern {
    Compiler::default().compile(pattern).unwrap_or_else(|why| panic!("{pattern}: {why}"))
}

fn matches(pattern: &str, text: &str) -> Result<bool, GaveUp> {
    compile(pattern).is_full_match(text, &Steps::for_one_evaluation())
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
        ("(?a)\\w+", "é", false),
        ("[^a]", "\n", true),
        (".", "\n", false),
        ("(?s).", "\n", true),
        ("(?m)a$\n^b", "a\nb", true),
        ("a{,2}", "aa", true),
        ("a{x}", "a{x}", true),
        ("a{", "a{", true),
        ("[]a]+", "]a", true),
        ("[&&b~~|[-]+", "&b~|[-", true),
        (r"(a+)\1", "aaaa", true),
        (r"(a+)\1", "aaa", false),
        (r"(?i)(a)\1", "aA", true),
        (r"(?=.*\d)[a-z\d]+", "abc1", true),
        (r"(?<!x)y|xy", "xy", true),
        (r"(?P<q>['\x22]).*(?P=q)", "'hi'", true),
        ("(a)?b?(?(1)c|d)", "abc", true),
        ("(a)?b?(?(1)c|d)", "bc", false),
        ("(?>a+)ab", "aab", false),
        ("a++b", "aab", true),
        ("a++a", "aa", false),
        ("(?:|a)*+b", "ab", false), // an iteration that takes nothing ends the loop
        ("(?:|a)*b", "ab", true),
        ("(?:(a)|b)*\\1", "aba", true), // a group keeps what it captured last
        (r"\B", "", false),
        ("(?x) a b # comment\n c", "abc", true),
        ("(?#note)a", "a", true),
        ("(?i)k", "\u{212a}", true),
        ("(?i)s", "ſ", true),
        ("(?i)i", "İ", true),
        ("(?i)ı", "I", true),
        ("(?i)[\u{10400}x]", "\u{10400}", false), // Python's own quirk
        ("(?i)\u{10400}", "\u{10428}", true),
        ("(?i:a)b", "Ab", true),
        ("(?i)(?-i:a)b", "AB", false),
        ("", "", true),
        ("", "x", false),
    ] {
        assert_eq!(matches(pattern, text), Ok(expected), "{pattern:?} on {text:?}");
    }
}

#[test]
fn what_python_refuses_is_refused_with_the_place() {
    for (pattern, reason) in [
        ("a**", "multiple repeat at position 2"),
        ("*a", "nothing to repeat at position 0"),
        ("^*", "nothing to repeat at position 1"),
        ("(", "missing ), unterminated subpattern at position 0"),
        (")", "unbalanced parenthesis at position 0"),
        ("[b-a]", "bad character range at position 1"),
        ("[", "unterminated character set at position 0"),
        (r"\p{L}", r"bad escape \p at position 0"),
        (r"\8", "invalid group reference 8 at position 1"),
        (r"(\1)", "cannot refer to an open group at position 1"),
        ("a{2,1}", "min repeat greater than max repeat at position 1"),
        ("a(?i)b", "global flags not at the start of the expression at position 1"),
        ("(?L)a", "bad inline flags: cannot use 'L' flag with a str pattern at position 3"),
        ("(?<=a+)b", "look-behind requires fixed-width pattern at position 0"),
        ("(?P<n>a)(?P<n>b)", "redefinition of group name 'n' at position 8"),
        ("(?P<1>a)", "bad character in group name '1' at position 0"),
        ("(?(2)a|b)(c)", "invalid group reference 2 at position 3"),
        ("a\\", "bad escape (end of pattern) at position 1"),
        ("a{4294967295}", "the repetition number is too large at position 1"),
    ] {
        let refused = Compiler::default().compile(pattern).map(|_| ()).map_err(|why| why.to_string());
        assert_eq!(refused, Err(reason.to_owned()), "{pattern:?}");
    }
    let error = Compiler::default().compile("(?ia-i:x)").map(|_| ()).unwrap_err();
    assert!(error.position() > 0);
}

/// Patterns on which a plain backtracking search runs away.
#[test]
fn what_runs_away_elsewhere_is_answered_at_once() {
    let many = "a".repeat(250);
    let spoiled = format!("{many}!");
    for (pattern, text, expected) in [
        ("(?i)(a|aa)*b", &*spoiled, Ok(false)),
        ("(?i)(a|b|ab)*c", &*spoiled, Ok(false)),
        ("(?i)(?:a?){50}a{50}", &many[..50], Ok(true)),
        ("(?i)(a|a?)+b", &*many, Ok(false)),
        (r"(?<!(a))(a|a){0,90}\1c", &many[..90], Ok(false)),
        ("(a+)+", &*spoiled, Ok(false)),
        ("(?=(a+)+$)b", &*spoiled, Ok(false)),
        (r"(.*)(.*)(.*)(.*)\4x", &*spoiled, Ok(false)),
        (r"(?:a|aa)*\b!!", &*spoiled, Ok(false)),
        (r"(?=(a|aa)*b)a*", &*spoiled, Ok(false)),
        (r"(?>(a|aa)*b)", &*spoiled, Ok(false)),
        (r"(a*)*(b*)*(c*)*\1\2\3d", &*spoiled, Err(GaveUp)),
    ] {
        let pattern = compile(pattern);
        let steps = Steps::for_one_evaluation();
        assert_eq!(pattern.is_full_match(text, &steps), expected, "{pattern:?}");
    }
}

#[test]
fn an_evaluation_has_one_budget_for_all_its_patterns() {
    let pattern = compile(r"(a*)*(b*)*(c*)*\1\2\3d");
    let text = "a".repeat(300);
    let steps = Steps::for_one_evaluation();
    let start = Instant::now();
    for _ in 0..1_000 {
        assert_eq!(pattern.is_full_match(&text, &steps), Err(GaveUp));
    }
    assert!(start.elapsed() < Duration::from_secs(10)); // not optimized here; 20 ms when it is
}

#[test]
fn counted_repetitions_are_small() {
    let mut compiler = Compiler::default();
    let patterns: Vec<_> = (0..40).map(|n| compiler.compile(&format!(r"\w{{{}}}", 460 + n)).unwrap()).collect();
    assert!(patterns.iter().map(Pattern::memory).sum::<usize>() < 100_000);
    for (place, pattern) in patterns.iter().enumerate() {
        let text = "é".repeat(460 + place);
        assert_eq!(pattern.is_full_match(&text, &Steps::for_one_evaluation()), Ok(true));
    }
    assert_eq!(matches(r"\w{5000}", &"a".repeat(5000)), Ok(true));
}

#[test]
fn a_data_file_full_of_patterns_stays_small() {
    let mut compiler = Compiler::default();
    let compile = |n: usize| compiler.compile(&format!(r"[\w.-]+@[\w-]+\.x{n}")).unwrap();
    let patterns: Vec<_> = (0..2_000).map(compile).collect();
    assert!(patterns.iter().map(Pattern::memory).sum::<usize>() <= 16 << 20);
    for (place, pattern) in patterns.iter().enumerate() {
        assert_eq!(pattern.is_full_match(&format!("a.b@c.x{place}"), &Steps::for_one_evaluation()), Ok(true));
    }
}

#[test]
fn deep_nesting_is_refused_not_recursed_into() {
    for pattern in [
        format!("{}a{}", "(".repeat(50_000), ")".repeat(50_000)),
        format!("{}a{}", "(?=".repeat(20_000), ")".repeat(20_000)),
        "(?(1)".repeat(10_000),
        "(".repeat(100_000),
    ] {
        assert!(Compiler::default().compile(&pattern).is_err());
    }
}

#[test]
fn a_match_needs_little_stack() {
    let patterns = [
        compile(&format!("{}(a)?{}\\1", "(?:".repeat(100), ")*".repeat(100))),
        compile(&format!("{}a{}", "(?=".repeat(100), ")".repeat(100))),
        compile(r"(?:(a)|b)*\1"),
        compile(&format!("(?:{})+", "(?:ab|cd)?".repeat(100))),
        compile(r"(?i)[\w.-]+@[\w-]+"),
    ];
    let text = "abcd".repeat(5_000);
    let thread = std::thread::Builder::new().stack_size(128 * 1024).spawn(move || {
        for pattern in &patterns {
            let _ = pattern.is_full_match(&text, &Steps::for_one_evaluation());
        }
    });
    thread.unwrap().join().unwrap();
}

#[test]
fn patterns_may_go_to_other_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&compile("(a)\\1"));
}
