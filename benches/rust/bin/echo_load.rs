//! A client that costs little: many connections to an echo server, in one thread, over epoll.
//!
//! Promise: every byte that comes back is held beside what was sent, and a connection that ends
//! early or says something else makes the program fail. It prints one line of `name=value` words.
//!
//! ```text
//! echo_load --port 8888 --connections 10 --size 1024 --messages 100000
//! echo_load --port 8888 --connections 10000 --addresses 4 --every-ms 1000 --seconds 30
//! ```
//!
//! Without `--every-ms` each connection sends its next message when the last has come back whole;
//! with it, each sends one per interval, spread evenly, for `--seconds`. With `--line 1` a message
//! is one line, its end included.

use ropewalk_benches::words::{Words, nothing_left};
use rustix::event::epoll;
use rustix::io::Errno;
use std::collections::VecDeque;
use std::error::Error;
use std::io::{ErrorKind, Read, Write, stdout};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// What the command line asks for.
struct Order {
    port: u16,
    connections: usize,
    addresses: u8,
    size: usize,
    line: bool,
    messages: u64,
    every: Option<Duration>,
    seconds: u64,
}

fn order() -> Result<Order, Box<dyn Error>> {
    let mut words = Words::from_command_line()?;
    let order = Order {
        port: words.number("port", None)?,
        connections: words.number("connections", Some(1))?,
        addresses: words.number("addresses", Some(1))?,
        size: words.number("size", Some(1024))?,
        line: words.number("line", Some(0))? != 0,
        messages: words.number("messages", Some(u64::MAX))?,
        every: match words.number("every-ms", Some(0))? {
            0 => None,
            milliseconds => Some(Duration::from_millis(milliseconds)),
        },
        seconds: words.number("seconds", Some(u64::from(u32::MAX)))?,
    };
    nothing_left(&words)?;
    Ok(order)
}

/// One connection and how far its message has come.
struct Connection {
    stream: TcpStream,
    sent: usize,
    back: usize,
    began: Instant,
    waits_for_room: bool,
}

impl Connection {
    fn idle(&self, size: usize) -> bool {
        self.back == size
    }
}

/// The whole run: its connections, and what they have seen.
struct Load {
    order: Order,
    message: Vec<u8>,
    scratch: Vec<u8>,
    poll: OwnedFd,
    connections: Vec<Connection>,
    started: u64,
    finished: u64,
    slowest: Duration,
}

fn main() -> Result<(), Box<dyn Error>> {
    let order = order()?;
    let mut load = Load::connect(order)?;
    let began = Instant::now();
    if load.order.every.is_some() {
        load.run_paced()?;
    } else {
        load.run_flat_out()?;
    }
    let elapsed = began.elapsed();
    writeln!(
        stdout(),
        "messages={} lost={} seconds={:.6} slowest_ms={:.3}",
        load.finished,
        load.started - load.finished,
        elapsed.as_secs_f64(),
        load.slowest.as_secs_f64() * 1e3,
    )?;
    Ok(())
}

impl Load {
    fn connect(order: Order) -> Result<Self, Box<dyn Error>> {
        let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut connections = Vec::with_capacity(order.connections);
        for number in 0..order.connections {
            let last = u8::try_from(number % usize::from(order.addresses))? + 1;
            let address = SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, last), order.port);
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            let data = epoll::EventData::new_u64(number as u64);
            epoll::add(&poll, &stream, data, epoll::EventFlags::IN)?;
            connections.push(Connection {
                stream,
                sent: order.size,
                back: order.size,
                began: Instant::now(),
                waits_for_room: false,
            });
        }
        // No two neighbouring bytes alike, and a period that divides no buffer size.
        let mut message: Vec<u8> = (0..=250).cycle().take(order.size).collect();
        if order.line {
            for byte in message.iter_mut().filter(|byte| **byte == b'\n') {
                *byte = b'\r';
            }
            if let Some(last) = message.last_mut() {
                *last = b'\n';
            }
        }
        Ok(Self {
            message,
            scratch: vec![0; order.size.max(1 << 16)],
            poll,
            connections,
            order,
            started: 0,
            finished: 0,
            slowest: Duration::ZERO,
        })
    }

    fn run_flat_out(&mut self) -> Result<(), Box<dyn Error>> {
        for number in 0..self.connections.len() {
            self.begin(number)?;
        }
        let end = Instant::now() + Duration::from_secs(self.order.seconds);
        while self.finished < self.started {
            let more = Instant::now() < end;
            for number in self.turn(None)? {
                if more && self.started < self.order.messages {
                    self.begin(number)?;
                }
            }
        }
        Ok(())
    }

    fn run_paced(&mut self) -> Result<(), Box<dyn Error>> {
        let every = self.order.every.unwrap_or_default();
        let count = u32::try_from(self.connections.len())?;
        let began = Instant::now();
        let end = began + Duration::from_secs(self.order.seconds);
        let mut due: VecDeque<(Instant, usize)> = (0..count)
            .map(|number| (began + every * number / count, number as usize))
            .collect();
        // One interval of grace for the last answers; what is not back then is lost.
        let last_call = end + every.max(Duration::from_secs(5));
        while !due.is_empty() || self.finished < self.started {
            let now = Instant::now();
            if now >= last_call {
                break;
            }
            while let Some(&(when, number)) = due.front().filter(|(when, _)| *when <= now) {
                due.pop_front();
                if self.connections[number].idle(self.order.size) {
                    self.begin(number)?;
                } else {
                    // Late: this interval's message is sent when its turn comes again.
                    self.slowest = self.slowest.max(self.connections[number].began.elapsed());
                }
                if when + every < end {
                    due.push_back((when + every, number));
                }
            }
            let next = due.front().map_or(last_call, |(when, _)| *when);
            self.turn(Some(next.saturating_duration_since(Instant::now())))?;
        }
        Ok(())
    }

    fn begin(&mut self, number: usize) -> Result<(), Box<dyn Error>> {
        let connection = &mut self.connections[number];
        connection.sent = 0;
        connection.back = 0;
        connection.began = Instant::now();
        self.started += 1;
        self.send(number)
    }

    fn send(&mut self, number: usize) -> Result<(), Box<dyn Error>> {
        let connection = &mut self.connections[number];
        while connection.sent < self.order.size {
            match connection.stream.write(&self.message[connection.sent..]) {
                Ok(count) => connection.sent += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        let waits = connection.sent < self.order.size;
        if waits != connection.waits_for_room {
            connection.waits_for_room = waits;
            let mut wanted = epoll::EventFlags::IN;
            wanted.set(epoll::EventFlags::OUT, waits);
            let data = epoll::EventData::new_u64(number as u64);
            epoll::modify(&self.poll, &connection.stream, data, wanted)?;
        }
        Ok(())
    }

    /// Waits, reads and writes what can be; tells which connections are done with a message.
    fn turn(&mut self, longest: Option<Duration>) -> Result<Vec<usize>, Box<dyn Error>> {
        let mut events = Vec::with_capacity(256);
        let longest = longest.map(rustix::event::Timespec::try_from).transpose()?;
        let room = rustix::buffer::spare_capacity(&mut events);
        match epoll::wait(&self.poll, room, longest.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let mut done = Vec::new();
        for event in events {
            let number = usize::try_from(event.data.u64())?;
            let happened = event.flags;
            if happened.contains(epoll::EventFlags::OUT) {
                self.send(number)?;
            }
            if happened.intersects(!epoll::EventFlags::OUT) && self.receive(number)? {
                done.push(number);
            }
        }
        Ok(done)
    }

    /// Reads once; true when the message is back whole.
    fn receive(&mut self, number: usize) -> Result<bool, Box<dyn Error>> {
        let connection = &mut self.connections[number];
        let count = match connection.stream.read(&mut self.scratch) {
            Ok(0) => return Err(format!("connection {number} was closed").into()),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        let expected = self.message.get(connection.back..connection.back + count);
        if expected != Some(&self.scratch[..count]) {
            return Err(format!("connection {number} got other bytes than it sent").into());
        }
        connection.back += count;
        if connection.back < self.order.size {
            return Ok(false);
        }
        self.slowest = self.slowest.max(connection.began.elapsed());
        self.finished += 1;
        Ok(true)
    }
}
