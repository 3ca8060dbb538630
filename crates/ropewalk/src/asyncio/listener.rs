//! Who accepts connections. Promise: an accept that is dropped takes no connection with it.

use super::ready::Source;
use super::stream::{TcpStream, UnixStream};
use ropewalk_reactor::Direction;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;

/// Accepts TCP connections.
///
/// ```
/// use ropewalk::asyncio::{TcpListener, TcpStream, create_task, run};
///
/// run(async {
///     let listener = TcpListener::bind("127.0.0.1:0")?;
///     let address = listener.local_addr()?;
///     let client = create_task(async move {
///         let stream = TcpStream::connect(address).await?;
///         stream.write_all(b"hello").await
///     });
///     let (stream, _) = listener.accept().await?;
///     let mut text = [0; 5];
///     stream.read_exact(&mut text).await?;
///     assert_eq!(&text, b"hello");
///     client.await.unwrap()
/// })
/// # .unwrap();
/// ```
#[derive(Debug)]
pub struct TcpListener(Source<std::net::TcpListener>);

impl TcpListener {
    /// Listens at an address; port 0 lets the kernel choose one.
    ///
    /// Blocking: a name, unlike an address, is looked up first.
    pub fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(Self(Source::new(listener)))
    }

    /// Where it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.get().local_addr()
    }

    /// Waits for the next connection.
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, address) = self
            .0
            .call(Direction::Read, std::net::TcpListener::accept)
            .await?;
        stream.set_nodelay(true)?;
        Ok((TcpStream::from_std(stream)?, address))
    }
}

/// Accepts connections at a path of the file system. The file stays when this is dropped.
#[derive(Debug)]
pub struct UnixListener(Source<std::os::unix::net::UnixListener>);

impl UnixListener {
    /// Listens at a path, which must not exist.
    pub fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        let listener = std::os::unix::net::UnixListener::bind(path)?;
        listener.set_nonblocking(true)?;
        Ok(Self(Source::new(listener)))
    }

    /// Waits for the next connection.
    pub async fn accept(&self) -> io::Result<UnixStream> {
        let accept = std::os::unix::net::UnixListener::accept;
        let (stream, _) = self.0.call(Direction::Read, accept).await?;
        UnixStream::from_std(stream)
    }
}
