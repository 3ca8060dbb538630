//! The least that an echo server can cost: epoll, read, write, and nothing else.
//!
//! Promise: it serves until the last connection has gone, then prints how many reads it took and
//! its own processor time, user and system, since the first connection. Its first line is the port.

use rustix::event::epoll;
use rustix::io::Errno;
use rustix::time::{ClockId, clock_gettime};
use std::collections::HashMap;
use std::error::Error;
use std::io::{ErrorKind, Read, Write, stdout};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;

/// As much as asyncio's transports read at a time.
const READ_SIZE: usize = 256 * 1024;

const PAGE: usize = 4096;

/// The event of the listening socket.
const LISTENER: u64 = u64::MAX;

/// A peer, and what it has not taken yet.
struct Peer {
    stream: TcpStream,
    unsent: Vec<u8>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    writeln!(stdout(), "port={}", listener.local_addr()?.port())?;
    stdout().flush()?;
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let flags = epoll::EventFlags::IN;
    epoll::add(&poll, &listener, epoll::EventData::new_u64(LISTENER), flags)?;
    let mut peers: HashMap<u64, Peer> = HashMap::new();
    // A copy from the beginning of a page to 16 bytes into one, where a large block begins that the
    // C library gives, takes several times as long on some processors.
    let mut block = vec![0; READ_SIZE + PAGE];
    let skipped = block.as_ptr().align_offset(PAGE);
    let scratch = &mut block[skipped..skipped + READ_SIZE];
    let mut began = None;
    let (mut accepted, mut reads) = (0, 0_u64);
    while accepted == 0 || !peers.is_empty() {
        let mut events = Vec::with_capacity(256);
        match epoll::wait(&poll, rustix::buffer::spare_capacity(&mut events), None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for event in events {
            let number = event.data.u64();
            if number == LISTENER {
                began.get_or_insert_with(cpu_microseconds);
                let (stream, _) = listener.accept()?;
                stream.set_nodelay(true)?;
                stream.set_nonblocking(true)?;
                epoll::add(&poll, &stream, epoll::EventData::new_u64(accepted), flags)?;
                peers.insert(
                    accepted,
                    Peer {
                        stream,
                        unsent: Vec::new(),
                    },
                );
                accepted += 1;
            } else if let Some(peer) = peers.get_mut(&number) {
                let happened = event.flags;
                let lives = if happened.contains(epoll::EventFlags::OUT) {
                    write(&poll, number, peer, &[])
                } else {
                    reads += 1;
                    read(&poll, number, peer, scratch)
                };
                if !lives? {
                    peers.remove(&number);
                }
            }
        }
    }
    let spent = cpu_microseconds() - began.unwrap_or_default();
    writeln!(stdout(), "reads={reads} cpu_us={spent}")?;
    Ok(())
}

/// Reads once and sends it back; false when the peer has gone.
fn read(
    poll: &OwnedFd,
    number: u64,
    peer: &mut Peer,
    scratch: &mut [u8],
) -> Result<bool, Box<dyn Error>> {
    match peer.stream.read(scratch) {
        Ok(0) => Ok(false),
        Ok(count) => write(poll, number, peer, &scratch[..count]),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(true),
        Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Sends what was kept, then `data`; keeps the rest. It does not read on while there is a rest.
fn write(
    poll: &OwnedFd,
    number: u64,
    peer: &mut Peer,
    data: &[u8],
) -> Result<bool, Box<dyn Error>> {
    let kept = !peer.unsent.is_empty();
    let mut rest = if kept { peer.unsent.as_slice() } else { data };
    while !rest.is_empty() {
        match peer.stream.write(rest) {
            Ok(count) => rest = &rest[count..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => return Err(error.into()),
        }
    }
    peer.unsent = rest.to_vec();
    if kept == peer.unsent.is_empty() {
        let wanted = if kept {
            epoll::EventFlags::IN
        } else {
            epoll::EventFlags::OUT
        };
        epoll::modify(
            poll,
            &peer.stream,
            epoll::EventData::new_u64(number),
            wanted,
        )?;
    }
    Ok(true)
}

fn cpu_microseconds() -> i64 {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    spent.tv_sec * 1_000_000 + spent.tv_nsec / 1000
}
