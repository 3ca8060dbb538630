//! The write buffer against a plain vector, and both sides over real sockets and pipes.

use proptest::collection::vec;
use proptest::prelude::*;
use ropewalk_reactor::stream::{Received, WriteBuffer, receive_now, send_now};
use ropewalk_sys::bytes::Channel;
use std::io::{self, ErrorKind, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;

#[derive(Clone, Debug)]
enum Step {
    Push(Vec<u8>),
    PushRest(Vec<u8>, usize),
    Send(usize),
    WouldBlock,
    Interrupted,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => vec(any::<u8>(), 0..40).prop_map(Step::Push),
        1 => (vec(any::<u8>(), 0..40), 0..40_usize).prop_map(|(piece, gone)| Step::PushRest(piece, gone)),
        4 => (0..90_usize).prop_map(Step::Send),
        1 => Just(Step::WouldBlock),
        1 => Just(Step::Interrupted),
    ]
}

proptest! {
    #[test]
    fn bytes_out_are_bytes_in(steps in vec(step(), 0..400)) {
        let mut buffer = WriteBuffer::new();
        let mut pushed: Vec<u8> = Vec::new();
        let mut out: Vec<u8> = Vec::new();
        for step in steps {
            match step {
                Step::Push(piece) => {
                    pushed.extend_from_slice(&piece);
                    buffer.push(piece);
                }
                Step::PushRest(piece, gone) => {
                    let gone = if buffer.is_empty() { gone } else { 0 };
                    pushed.extend_from_slice(piece.get(gone..).unwrap_or(&[]));
                    buffer.push_rest(piece, gone);
                }
                Step::Send(most) => {
                    let before = buffer.len();
                    let taken = buffer
                        .send_with(|pieces| {
                            let start = out.len();
                            for piece in pieces {
                                let room = most - (out.len() - start);
                                out.extend_from_slice(&piece[..piece.len().min(room)]);
                            }
                            Ok(out.len() - start)
                        })
                        .unwrap();
                    prop_assert_eq!(buffer.len(), before - taken);
                }
                Step::WouldBlock => {
                    let taken = buffer.send_with(|_| Err(ErrorKind::WouldBlock.into())).unwrap();
                    prop_assert_eq!(taken, 0);
                }
                Step::Interrupted => {
                    let taken = buffer.send_with(|_| Err(ErrorKind::Interrupted.into())).unwrap();
                    prop_assert_eq!(taken, 0);
                }
            }
            let waiting: Vec<u8> = buffer.pieces().flatten().copied().collect();
            prop_assert_eq!(waiting.len(), buffer.len());
            prop_assert_eq!(&pushed[out.len()..], &waiting[..]);
        }
        prop_assert_eq!(&pushed[..out.len()], &out[..]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn bytes_through_a_socket_are_bytes_in(sizes in vec(0..30_000_usize, 0..40)) {
        let (near, mut far) = UnixStream::pair().unwrap();
        near.set_nonblocking(true).unwrap();
        far.set_nonblocking(true).unwrap();
        let expected: Vec<u8> = (0..sizes.iter().sum()).map(|i: usize| i.to_le_bytes()[0]).collect();
        let mut buffer = WriteBuffer::new();
        let mut rest = expected.as_slice();
        for size in sizes {
            let (piece, others) = rest.split_at(size);
            buffer.push(piece);
            rest = others;
        }
        let mut seen = Vec::new();
        let mut room = vec![0; 7_001];
        while seen.len() < expected.len() {
            buffer.send(near.as_raw_fd(), Channel::Socket).unwrap();
            if let Ok(taken) = far.read(&mut room) {
                seen.extend_from_slice(&room[..taken]);
            }
        }
        prop_assert!(buffer.is_empty());
        prop_assert_eq!(seen, expected);
    }
}

#[test]
fn a_failed_write_leaves_what_was_waiting() {
    let mut buffer = WriteBuffer::new();
    buffer.push(b"abc");
    let failed = buffer.send_with(|_| Err(ErrorKind::BrokenPipe.into()));
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::BrokenPipe);
    assert_eq!(buffer.len(), 3);
}

#[test]
fn a_piece_is_let_go_as_soon_as_it_is_written() {
    let piece: std::rc::Rc<[u8]> = std::rc::Rc::from(b"abc".as_slice());
    let mut buffer = WriteBuffer::new();
    buffer.push(piece.clone());
    buffer.send_with(|_| Ok(2)).unwrap();
    assert_eq!(std::rc::Rc::strong_count(&piece), 2);
    buffer.send_with(|_| Ok(1)).unwrap();
    assert_eq!(std::rc::Rc::strong_count(&piece), 1);
}

#[test]
#[should_panic(expected = "a rest goes to the front")]
fn a_rest_behind_other_bytes_is_refused() {
    let mut buffer = WriteBuffer::new();
    buffer.push("abc");
    buffer.push_rest("def", 1);
}

#[test]
fn a_gone_reader_is_an_error_and_no_signal() {
    let (near, far) = UnixStream::pair().unwrap();
    drop(far);
    let error = send_now(near.as_raw_fd(), Channel::Socket, b"x").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
}

#[test]
fn a_full_socket_takes_nothing() {
    let (near, _far) = UnixStream::pair().unwrap();
    near.set_nonblocking(true).unwrap();
    let block = vec![0; 100_000];
    while send_now(near.as_raw_fd(), Channel::Socket, &block).unwrap() > 0 {}
    let mut buffer = WriteBuffer::new();
    buffer.push(b"a");
    buffer.push(b"b");
    assert_eq!(buffer.send(near.as_raw_fd(), Channel::Socket).unwrap(), 0);
    assert_eq!(buffer.len(), 2);
}

#[test]
fn reading_tells_bytes_from_nothing_from_the_end() {
    for channel in [Channel::Socket, Channel::File] {
        let (mut near, far) = UnixStream::pair().unwrap();
        far.set_nonblocking(true).unwrap();
        let descriptor = far.as_raw_fd();
        let mut room = [MaybeUninit::uninit(); 8];
        let mut look = || receive_now(descriptor, channel, &mut room).unwrap();
        assert_eq!(look(), Received::Nothing);
        near.write_all(b"0123456789").unwrap();
        assert_eq!(look(), Received::Bytes(8));
        assert_eq!(look(), Received::Bytes(2));
        drop(near);
        assert_eq!(look(), Received::End);
    }
}

#[test]
fn a_number_that_is_no_descriptor_is_an_error() {
    let mut room = [MaybeUninit::uninit(); 8];
    for channel in [Channel::Socket, Channel::File] {
        assert!(receive_now(-1, channel, &mut room).is_err());
        let error: io::Error = send_now(-1, channel, b"x").unwrap_err();
        assert!(error.raw_os_error().is_some());
    }
}
