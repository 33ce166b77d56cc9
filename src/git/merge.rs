//! Merges text three ways, line by line, as `git merge-file` does without a strategy option.
//!
//! Input: a base and two versions of it. Output: the text with the changes of both, or `None` if both changed
//! the same or adjacent lines in different ways. No merge driver or attribute can change the result.

use std::ops::Range;

use gix_imara_diff::{Algorithm, Diff, InternedInput, sources::byte_lines};

/// A range of lines of the base, and the range of lines of a version that replaces it.
#[derive(Clone)]
struct Hunk {
    base: Range<usize>,
    new: Range<usize>,
}

/// Merges the changes that two versions make to a base; `None` if the changes conflict.
pub(super) fn merge_text(base: &[u8], ours: &[u8], theirs: &[u8]) -> Option<Vec<u8>> {
    let [ours_hunks, theirs_hunks] = [ours, theirs].map(|new| hunks(base, new));
    let [base, ours, theirs] = [base, ours, theirs].map(|text| byte_lines(text).collect::<Vec<_>>());
    let (mut ours_left, mut theirs_left) = (&ours_hunks[..], &theirs_hunks[..]);
    let (mut merged, mut at) = (Vec::new(), 0);
    while let Some(mut region) = first(ours_left, theirs_left) {
        // Hunks that overlap or touch are one region.
        let (mut by_ours, mut by_theirs) =
            (take(&mut ours_left, &mut region), take(&mut theirs_left, &mut region));
        loop {
            let more = take(&mut ours_left, &mut region);
            let others = take(&mut theirs_left, &mut region);
            if more.is_empty() && others.is_empty() {
                break;
            }
            by_ours.extend(more);
            by_theirs.extend(others);
        }
        let lines = match (replacement(&by_ours, &region), replacement(&by_theirs, &region)) {
            (Some(new), None) => ours.get(new)?,
            (None, Some(new)) => theirs.get(new)?,
            (Some(one), Some(other)) => {
                // The same change on both sides is one change.
                let (one, other) = (ours.get(one)?, theirs.get(other)?);
                if one != other {
                    return None;
                }
                one
            }
            (None, None) => return None,
        };
        merged.extend(base.get(at..region.start)?.iter().copied().flatten());
        merged.extend(lines.iter().copied().flatten());
        at = region.end;
    }
    merged.extend(base.get(at..)?.iter().copied().flatten());
    Some(merged)
}

/// Returns the lines of the base that the first of the remaining hunks replaces, whichever version it comes from.
fn first(ours: &[Hunk], theirs: &[Hunk]) -> Option<Range<usize>> {
    let both = ours.first().into_iter().chain(theirs.first());
    both.map(|hunk| hunk.base.clone()).min_by_key(|base| (base.start, base.end))
}

/// Takes from `left` the hunks that overlap or touch a region, and extends the region by them.
fn take(left: &mut &[Hunk], region: &mut Range<usize>) -> Vec<Hunk> {
    let mut taken = Vec::new();
    while let Some((hunk, rest)) = left.split_first()
        && hunk.base.start <= region.end
    {
        region.end = region.end.max(hunk.base.end);
        taken.push(hunk.clone());
        *left = rest;
    }
    taken
}

/// Returns the lines of a version that replace a region. `hunks` are the version's hunks in that region; `None` if
/// there are none.
fn replacement(hunks: &[Hunk], region: &Range<usize>) -> Option<Range<usize>> {
    let (first, last) = (hunks.first()?, hunks.last()?);
    let start = first.new.start.checked_sub(first.base.start - region.start)?;
    Some(start..last.new.end + (region.end - last.base.end))
}

fn hunks(base: &[u8], new: &[u8]) -> Vec<Hunk> {
    let input = InternedInput::new(byte_lines(base), byte_lines(new));
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    let range = |range: Range<u32>| {
        usize::try_from(range.start).unwrap_or(usize::MAX)..usize::try_from(range.end).unwrap_or(usize::MAX)
    };
    diff.hunks().map(|hunk| Hunk { base: range(hunk.before), new: range(hunk.after) }).collect()
}

#[cfg(test)]
mod tests {
    use super::merge_text;

    #[test]
    fn changes_apart_are_merged_and_changes_of_the_same_or_the_next_line_conflict() {
        let base = b"a\nb\nc\nd\ne\n";
        for (ours, theirs, merged) in [
            ("A\nb\nc\nd\ne\n", "a\nb\nc\nd\nE\n", Some("A\nb\nc\nd\nE\n")),
            ("A\nb\nc\nd\ne\n", "A\nb\nc\nd\ne\n", Some("A\nb\nc\nd\ne\n")),
            ("A\nb\nc\nd\ne\n", "a\nB\nc\nd\ne\n", None),
            ("A\nb\nc\nd\ne\n", "x\nb\nc\nd\ne\n", None),
            ("A\nb\nc\nd\ne\n", "a\nb\nC\nd\ne\n", Some("A\nb\nC\nd\ne\n")),
            ("a\nb\nc\nd\ne\nf", "x\na\nb\nc\nd\ne\n", Some("x\na\nb\nc\nd\ne\nf")),
            ("a\nb\nc\nd\ne", "A\nb\nc\nd\ne\n", Some("A\nb\nc\nd\ne")),
            ("", "a\nb\nc\nd\ne\n", Some("")),
            ("", "a\nb\nc\nd\n", None),
            ("a\nx\ny\nd\ne\n", "a\nx\ny\nd\ne\n", Some("a\nx\ny\nd\ne\n")),
            ("a\nc\nd\ne\n", "a\nb\nc\nd\n", Some("a\nc\nd\n")),
        ] {
            let found = merge_text(base, ours.as_bytes(), theirs.as_bytes());
            assert_eq!(found.as_deref(), merged.map(str::as_bytes), "{ours:?} and {theirs:?}");
        }
    }
}
