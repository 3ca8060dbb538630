//! Byte streams. Promise: a call is made at once and waits only when the kernel says that it would;
//! nothing is buffered here, so nothing that was read or written is lost when a future is dropped.

use super::ready::Source;
use super::task::to_thread;
use ropewalk_reactor::Direction;
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

/// A TCP connection. Reading and writing need only a shared reference, so one task may do each.
#[derive(Debug)]
pub struct TcpStream(Source<std::net::TcpStream>);
stream!(TcpStream, std::net::TcpStream);

impl TcpStream {
    /// Connects to the first address that answers.
    ///
    /// Names are looked up and connections are made in a thread, so that the loop goes on.
    pub async fn connect(
        address: impl ToSocketAddrs + Send + 'static,
    ) -> io::Result<Self> {
        let stream = to_thread(move || std::net::TcpStream::connect(address))
            .await
            .map_err(io::Error::other)??;
        stream.set_nodelay(true)?;
        Self::from_std(stream)
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
    /// Connects to a socket in the file system.
    pub async fn connect(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref().to_owned();
        let stream = to_thread(move || std::os::unix::net::UnixStream::connect(path))
            .await
            .map_err(io::Error::other)??;
        Self::from_std(stream)
    }

    /// Two ends that are connected to each other.
    pub fn pair() -> io::Result<(Self, Self)> {
        let (one, other) = std::os::unix::net::UnixStream::pair()?;
        Ok((Self::from_std(one)?, Self::from_std(other)?))
    }
}
