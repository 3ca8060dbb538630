//! Byte streams. Promise: a call is made at once and waits only when the kernel says that it would;
//! nothing is buffered here, so nothing that was read or written is lost when a future is dropped.

use super::ready::Source;
use super::task::to_thread;
use crate::futures::Unfinished;
use ropewalk_reactor::Direction;
use socket2::{Domain, Socket, Type};
use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, SocketAddr, ToSocketAddrs};
use std::path::Path;

/// What both kinds of stream can do.
macro_rules! stream {
    ($name:ident, $kind:ty) => {
        impl $name {
            /// Takes over a stream of the standard library.
            pub fn from_std(stream: $kind) -> io::Result<Self> {
                stream.set_nonblocking(true)?;
                Ok(Self(Source::new(stream)))
            }

            /// Reads what is there, waiting until there is something; 0 is the end of the stream.
            pub async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
                self.0
                    .call(Direction::Read, |mut stream| stream.read(buffer))
                    .await
            }

            /// Reads until `buffer` is full.
            ///
            /// # Errors
            /// `UnexpectedEof` when the stream ends before; what came until then is in `buffer`.
            pub async fn read_exact(&self, buffer: &mut [u8]) -> io::Result<()> {
                let mut filled = 0;
                while filled < buffer.len() {
                    let count = self.read(&mut buffer[filled..]).await?;
                    if count == 0 {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    filled += count;
                }
                Ok(())
            }

            /// Reads until the end of the stream, and adds it to `buffer`.
            pub async fn read_to_end(&self, buffer: &mut Vec<u8>) -> io::Result<usize> {
                let mut chunk = vec![0; CHUNK];
                let before = buffer.len();
                loop {
                    let count = self.read(&mut chunk).await?;
                    if count == 0 {
                        return Ok(buffer.len() - before);
                    }
                    buffer.extend_from_slice(&chunk[..count]);
                }
            }

            /// Writes what the kernel takes now, at least one byte.
            pub async fn write(&self, data: &[u8]) -> io::Result<usize> {
                self.0
                    .call(Direction::Write, |mut stream| stream.write(data))
                    .await
            }

            /// Writes several pieces with one call, as much as the kernel takes.
            pub async fn write_vectored(&self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
                self.0
                    .call(Direction::Write, |mut stream| stream.write_vectored(pieces))
                    .await
            }

            /// Writes all of it.
            pub async fn write_all(&self, mut data: &[u8]) -> io::Result<()> {
                while !data.is_empty() {
                    match self.write(data).await? {
                        0 => return Err(io::ErrorKind::WriteZero.into()),
                        count => data = &data[count..],
                    }
                }
                Ok(())
            }

            /// Closes one direction or both.
            pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
                self.0.get().shutdown(how)
            }

            /// The stream below, for its options. Making it block would make the loop block.
            #[must_use]
            pub fn get(&self) -> &$kind {
                self.0.get()
            }
        }
    };
}

/// Bytes that one call reads at most when all is wanted: a pipe's and a socket's usual buffer.
const CHUNK: usize = 64 * 1024;

fn stopped(why: &Unfinished) -> io::Error {
    io::Error::other(why.to_string())
}

/// A TCP connection. Reading and writing need only a shared reference, so one task may do each.
#[derive(Debug)]
pub struct TcpStream(Source<std::net::TcpStream>);
stream!(TcpStream, std::net::TcpStream);

impl TcpStream {
    /// Connects to the first address that answers, trying one after the other.
    ///
    /// A name is looked up in a thread, so that the loop goes on.
    ///
    /// # Errors
    /// The last address's error; `InvalidInput` when the name stands for no address.
    pub async fn connect(address: impl ToSocketAddrs + Send + 'static) -> io::Result<Self> {
        let found = to_thread(move || address.to_socket_addrs().map(Vec::from_iter)).await;
        let mut last = io::Error::new(io::ErrorKind::InvalidInput, "the name has no address");
        for address in found.map_err(|why| stopped(&why))?? {
            match Self::connect_to(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    async fn connect_to(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        socket.set_tcp_nodelay(true)?;
        match socket.connect(&address.into()) {
            Err(error) if !ropewalk_sys::connect_goes_on(&error) => return Err(error),
            _ => {}
        }
        let stream = Self(Source::new(socket.into()));
        stream
            .0
            .call(Direction::Write, |stream: &std::net::TcpStream| {
                if let Some(error) = stream.take_error()? {
                    return Err(error);
                }
                match stream.peer_addr() {
                    Err(error) if error.kind() == io::ErrorKind::NotConnected => {
                        Err(io::ErrorKind::WouldBlock.into())
                    }
                    connected => connected,
                }
            })
            .await?;
        Ok(stream)
    }

    /// Who is at the other end.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.get().peer_addr()
    }
}

/// A connection to a process of this machine.
#[derive(Debug)]
pub struct UnixStream(Source<std::os::unix::net::UnixStream>);
stream!(UnixStream, std::os::unix::net::UnixStream);

impl UnixStream {
    /// Connects to a socket in the file system; in a thread, for the kernel cannot say when a
    /// listener that is full has room again.
    pub async fn connect(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref().to_owned();
        let connected = to_thread(move || std::os::unix::net::UnixStream::connect(path)).await;
        Self::from_std(connected.map_err(|why| stopped(&why))??)
    }

    /// Two ends that are connected to each other.
    pub fn pair() -> io::Result<(Self, Self)> {
        let (one, other) = std::os::unix::net::UnixStream::pair()?;
        Ok((Self::from_std(one)?, Self::from_std(other)?))
    }
}
