//! Circles in "this one waits for that one", where everybody waits for at most one other.
//! Promise: each circle is told once, beginning with its member of the lowest number.

/// Calls `found` with the first member of each circle among the numbers below `marks.len()`.
///
/// `next` names the one that a number waits for. `marks` is room to work in; its content before
/// means nothing.
pub(crate) fn cycles(
    marks: &mut [u16],
    next: impl Fn(usize) -> Option<usize>,
    mut found: impl FnMut(usize),
) {
    marks.fill(0);
    for start in 0..marks.len() {
        // Everybody met on this walk gets this walk's mark; who has it already closes a circle.
        let mark = u16::try_from(start + 1).unwrap_or(u16::MAX);
        let mut here = start;
        while marks[here] == 0 {
            marks[here] = mark;
            match next(here) {
                Some(there) if there < marks.len() => here = there,
                _ => break,
            }
            if marks[here] == mark {
                found(lowest(here, &next));
                break;
            }
        }
    }
}

fn lowest(member: usize, next: impl Fn(usize) -> Option<usize>) -> usize {
    members(member, next).min().unwrap_or(member)
}

/// Everybody in the circle that `first` is in, in the order of waiting.
pub(crate) fn members(
    first: usize,
    next: impl Fn(usize) -> Option<usize>,
) -> impl Iterator<Item = usize> {
    let mut here = Some(first);
    std::iter::from_fn(move || {
        let this = here?;
        here = next(this).filter(|&there| there != first);
        Some(this)
    })
}

#[cfg(test)]
mod tests {
    use super::{cycles, members};

    fn found(next: &[Option<usize>]) -> Vec<Vec<usize>> {
        let step = |index: usize| next[index];
        let mut circles = Vec::new();
        cycles(&mut vec![9; next.len()], step, |first| {
            circles.push(members(first, step).collect());
        });
        circles
    }

    #[test]
    fn two_that_wait_for_each_other() {
        assert_eq!(found(&[Some(1), Some(0)]), [[0, 1]]);
    }

    #[test]
    fn three_with_others_that_only_lead_there() {
        let next = [Some(2), None, Some(4), Some(2), Some(3), Some(1)];
        assert_eq!(found(&next), [[2, 4, 3]]);
    }

    #[test]
    fn one_that_waits_for_itself_and_two_apart() {
        assert_eq!(found(&[Some(0)]), [[0]]);
        let two = found(&[Some(3), Some(2), Some(1), Some(0)]);
        assert_eq!(two, [[0, 3], [1, 2]]);
    }

    #[test]
    fn a_chain_is_no_circle() {
        assert!(found(&[Some(1), Some(2), None]).is_empty());
        assert!(found(&[]).is_empty());
    }
}
