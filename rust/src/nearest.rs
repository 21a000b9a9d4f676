//! The nearest of many keys to one that does not exist: "did you mean …".

/// Keys beyond so many are not looked at: a hint must not take long.
const MOST_CANDIDATES: usize = 20_000;
/// Keys that are longer, in characters, are not looked at: the work grows with the square of the length.
const LONGEST: usize = 100;
/// So many mistakes at most: beyond, it is another word.
const MOST_MISTAKES: usize = 3;
/// A key that contains the other one is as near as this, where both are at least so long.
const SHORTEST_PART: usize = 4;

/// The candidate that differs least from `wanted`, if it is near: by one mistake (a character more, less, wrong, or
/// exchanged with the next) for each three characters. Case counts for nothing, and `_`, space and `.` are as `-`. Of equally
/// near ones, the first.
///
/// ```
/// use kameleoon_engine::nearest::nearest;
///
/// assert_eq!(nearest("new_chekout", ["old-search", "new-checkout"]), Some("new-checkout"));
/// assert_eq!(nearest("price", ["old-search", "new-checkout"]), None);
/// ```
pub fn nearest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let (mut plain_wanted, mut text) = (Vec::new(), Vec::new());
    let wanted = plain(wanted, &mut plain_wanted)?;
    let mut most = (wanted.len() / 3).min(MOST_MISTAKES);
    let mut found = None;
    let mut rows = Rows::default();
    for candidate in candidates.into_iter().take(MOST_CANDIDATES) {
        let Some(text) = plain(candidate, &mut text) else { continue };
        let is_part = || found.is_none() && is_part(wanted, text);
        let mistakes = rows.mistakes(wanted, text, most).or_else(|| is_part().then_some(most));
        if let Some(mistakes) = mistakes
            && (found.is_none() || mistakes < most)
        {
            (found, most) = (Some(candidate), mistakes);
        }
        if most == 0 && found.is_some() {
            break;
        }
    }
    found
}

/// The characters of a key that count, in `buffer`; `None` if there are none, or too many.
fn plain<'b>(key: &str, buffer: &'b mut Vec<char>) -> Option<&'b [char]> {
    if key.is_empty() || key.len() > 4 * LONGEST {
        return None;
    }
    let folded = |c| if matches!(c, '_' | ' ' | '.') { '-' } else { c };
    buffer.clear();
    if key.is_ascii() {
        buffer.extend(key.trim().bytes().map(|byte| folded(char::from(byte.to_ascii_lowercase()))));
    } else {
        buffer.extend(key.trim().chars().flat_map(char::to_lowercase).map(folded));
    }
    (buffer.len() <= LONGEST).then_some(buffer)
}

fn is_part(one: &[char], other: &[char]) -> bool {
    let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
    short.len() >= SHORTEST_PART && long.windows(short.len()).any(|part| part == short)
}

/// The last three rows of the table of mistakes, used again for each candidate.
#[derive(Default)]
struct Rows {
    before: Vec<usize>,
    last: Vec<usize>,
    next: Vec<usize>,
}

impl Rows {
    /// How many mistakes lead from one key to the other, if not more than `most`.
    fn mistakes(&mut self, one: &[char], other: &[char], most: usize) -> Option<usize> {
        if one.len().abs_diff(other.len()) > most {
            return None;
        }
        // What is the same at both ends is no mistake, and most keys of a data file begin alike.
        let same = one.iter().zip(other).take_while(|(one, other)| one == other).count();
        let (one, other) = (&one[same..], &other[same..]);
        let same = one.iter().rev().zip(other.iter().rev()).take_while(|(one, other)| one == other).count();
        let (one, other) = (&one[..one.len() - same], &other[..other.len() - same]);
        self.last.clear();
        self.last.extend(0..=other.len());
        for (row, &character) in one.iter().enumerate() {
            self.next.clear();
            self.next.push(row + 1);
            for (column, &candidate) in other.iter().enumerate() {
                let substituted = self.last[column] + usize::from(character != candidate);
                let mut fewest = substituted.min(self.last[column + 1] + 1).min(self.next[column] + 1);
                let is_exchanged = row > 0 && column > 0 && one[row - 1] == candidate && other[column - 1] == character;
                if is_exchanged {
                    fewest = fewest.min(self.before[column - 1] + 1);
                }
                self.next.push(fewest);
            }
            if self.next.iter().min().is_none_or(|fewest| *fewest > most) {
                return None;
            }
            std::mem::swap(&mut self.before, &mut self.last);
            std::mem::swap(&mut self.last, &mut self.next);
        }
        self.last.last().copied().filter(|mistakes| *mistakes <= most)
    }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn what_is_near_is_found_and_nothing_else() {
        let keys = ["new-checkout", "old-search", "dark_mode", "on", "off", "Ärger", "a"];
        for (wanted, expected) in [
            ("new-chekout", Some("new-checkout")),
            ("NEW_CHECKOUT ", Some("new-checkout")),
            ("new-chekcout", Some("new-checkout")),
            ("checkout", Some("new-checkout")),
            ("old-search-2", Some("old-search")),
            ("darkmode", Some("dark_mode")),
            ("ärger", Some("Ärger")),
            ("ON", Some("on")),
            ("of", None), // one wrong of two characters is another word
            ("price", None),
            ("b", None),
            ("", None),
        ] {
            assert_eq!(nearest(wanted, keys), expected, "{wanted:?}");
        }
    }

    #[test]
    fn the_nearest_is_preferred_and_of_equals_the_first() {
        assert_eq!(nearest("feature-one", ["feature-onexx", "feature-onx", "feature-ony"]), Some("feature-onx"));
        assert_eq!(nearest("feature", ["feature-two", "feature-one"]), Some("feature-two"));
    }

    #[test]
    fn the_work_is_bounded() {
        let long = "x".repeat(1_000_000);
        assert_eq!(nearest(&long, ["x"]), None);
        let many = std::iter::repeat_n("another-key-altogether", 50_000).chain(["new-checkout"]);
        assert_eq!(nearest("new-chekout", many), None);
    }
}
