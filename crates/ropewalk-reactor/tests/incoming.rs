//! What a stream received, against a plain vector.

#![expect(clippy::unwrap_used, reason = "a test may end here")]

use proptest::collection::vec;
use proptest::prelude::*;
use ropewalk_reactor::incoming::{Find, Incoming, Search, Separators, Taken};

fn read(buffer: &mut Incoming<Vec<u8>>, count: usize) -> Vec<u8> {
    match buffer.take(count, <[u8]>::to_vec) {
        Taken::Whole(chunk) => chunk,
        Taken::Copy(copy, _) => copy,
    }
}

#[test]
fn a_chunk_that_is_read_as_one_is_handed_on() {
    let mut buffer = Incoming::default();
    let chunk = b"whole".to_vec();
    let place = chunk.as_ptr();
    assert_eq!(buffer.push(chunk), [None, None]);
    let Taken::Whole(chunk) = buffer.take(5, <[u8]>::to_vec) else {
        panic!("it was copied");
    };
    assert_eq!(chunk.as_ptr(), place);
    assert!(buffer.is_empty());
}

#[test]
fn a_chunk_that_is_read_in_parts_is_given_back_with_the_last() {
    let mut buffer = Incoming::default();
    assert_eq!(buffer.push(b"parts".to_vec()), [None, None]);
    assert_eq!(
        buffer.take(2, <[u8]>::to_vec),
        Taken::Copy(b"pa".to_vec(), None)
    );
    assert_eq!(
        buffer.take(9, <[u8]>::to_vec),
        Taken::Copy(b"rts".to_vec(), Some(b"parts".to_vec()))
    );
}

#[test]
fn a_second_chunk_is_joined_to_the_first() {
    let mut buffer = Incoming::default();
    buffer.push(b"one".to_vec());
    assert_eq!(read(&mut buffer, 1), b"o");
    assert_eq!(
        buffer.push(b"two".to_vec()),
        [Some(b"one".to_vec()), Some(b"two".to_vec())]
    );
    assert_eq!(read(&mut buffer, 100), b"netwo");
}

#[test]
fn separators_must_not_be_empty() {
    assert_eq!(Separators::one(b""), None);
    assert_eq!(Separators::any(vec![]), None);
    assert_eq!(
        Separators::any(vec![Box::from(&b"x"[..]), Box::default()]),
        None
    );
}

#[test]
fn the_separator_that_ends_first_is_found() {
    let mut buffer = Incoming::default();
    buffer.push(b"a-->b\n".to_vec());
    let separators = Separators::any(vec![Box::from(&b"\n"[..]), Box::from(&b"-->"[..])]).unwrap();
    let found = buffer.find(&mut Search::default(), &separators, 9);
    assert_eq!(found, Find::Line(4));
}

#[test]
fn a_second_search_reports_an_overrun_again() {
    let mut buffer = Incoming::default();
    let newline = Separators::one(b"\n").unwrap();
    buffer.push(b"too long".to_vec());
    for _ in 0..2 {
        let found = buffer.find(&mut Search::default(), &newline, 3);
        assert_eq!(found, Find::Overrun(8));
    }
    buffer.push(b"\n".to_vec());
    let found = buffer.find(&mut Search::default(), &newline, 3);
    assert_eq!(found, Find::TooLong(8));
}

#[derive(Clone, Debug)]
enum Step {
    Push(Vec<u8>),
    Extend(Vec<u8>),
    Take(usize),
    Clear,
    /// With which separators, and whether as a new search.
    Find(usize, bool),
}

fn step() -> impl Strategy<Value = Step> {
    let some = || vec(prop::sample::select(b"ab;".to_vec()), 0..12);
    prop_oneof![
        4 => some().prop_map(Step::Push),
        2 => some().prop_map(Step::Extend),
        3 => (0_usize..16).prop_map(Step::Take),
        1 => Just(Step::Clear),
        6 => (0_usize..4, any::<bool>()).prop_map(|(which, anew)| Step::Find(which, anew)),
    ]
}

/// The search as its rule says, from the very beginning each time.
fn find_plainly(data: &[u8], offset: &mut usize, separators: &[&[u8]], limit: usize) -> Find {
    let longest = separators.iter().map(|s| s.len()).max().unwrap();
    let shortest = separators.iter().map(|s| s.len()).min().unwrap();
    if data.len() - *offset < shortest {
        return Find::NotYet;
    }
    for end in 0..=data.len() {
        let matching = separators.iter().filter(|s| data[..end].ends_with(s));
        if let Some(separator) = matching.min_by_key(|s| s.len()) {
            let start = end - separator.len();
            return if start > limit {
                Find::TooLong(start)
            } else {
                Find::Line(end)
            };
        }
    }
    *offset = (data.len() + 1).saturating_sub(longest);
    if *offset > limit {
        Find::Overrun(*offset)
    } else {
        Find::NotYet
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_is_a_vector(steps in vec(step(), 1..80), limit in 1_usize..20) {
        let all: [&[&[u8]]; 4] = [&[b";"], &[b"a;"], &[b"b;", b"aa"], &[b"bab"]];
        let mut buffer = Incoming::default();
        let mut model: Vec<u8> = Vec::new();
        let mut searches = [(Search::default(), 0_usize); 4];
        for step in steps {
            match step {
                Step::Push(chunk) => {
                    model.extend(&chunk);
                    buffer.push(chunk);
                }
                Step::Extend(chunk) => {
                    model.extend(&chunk);
                    buffer.extend(&chunk);
                }
                Step::Take(count) => {
                    searches = Default::default();
                    let count_there = count.min(model.len());
                    let expected: Vec<u8> = model.drain(..count_there).collect();
                    prop_assert_eq!(read(&mut buffer, count), expected);
                }
                Step::Clear => {
                    searches = Default::default();
                    model.clear();
                    buffer.clear();
                }
                Step::Find(which, anew) => {
                    let (search, offset) = &mut searches[which];
                    if anew {
                        (*search, *offset) = Default::default();
                    }
                    let plain = all[which].iter().map(|s| Box::from(*s)).collect();
                    let separators = Separators::any(plain).unwrap();
                    let expected = find_plainly(&model, offset, all[which], limit);
                    prop_assert_eq!(buffer.find(search, &separators, limit), expected);
                }
            }
            prop_assert_eq!(buffer.as_slice(), model.as_slice());
            prop_assert_eq!(buffer.len(), model.len());
        }
    }
}
