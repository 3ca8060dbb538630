//! Datagrams. Promise: each is sent or received whole, or not at all.

use super::ready::Source;
use ropewalk_reactor::Direction;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

/// A UDP socket.
///
/// ```
/// use ropewalk::asyncio::{UdpSocket, run};
///
/// run(async {
///     let (one, other) = (UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?);
///     one.send_to(b"ping", other.local_addr()?).await?;
///     let mut text = [0; 16];
///     let (count, from) = other.recv_from(&mut text).await?;
///     assert_eq!((&text[..count], from), (&b"ping"[..], one.local_addr()?));
///     Ok::<_, std::io::Error>(())
/// })
/// # .unwrap();
/// ```
#[derive(Debug)]
pub struct UdpSocket(Source<std::net::UdpSocket>);

impl UdpSocket {
    /// Receives at an address; port 0 lets the kernel choose one.
    ///
    /// Blocking: a name, unlike an address, is looked up first.
    pub fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        let socket = std::net::UdpSocket::bind(address)?;
        socket.set_nonblocking(true)?;
        Ok(Self(Source::new(socket)))
    }

    /// Where it receives.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.get().local_addr()
    }

    /// Sends and receives only to and from this address from now on.
    pub fn connect(&self, address: SocketAddr) -> io::Result<()> {
        self.0.get().connect(address)
    }

    /// Sends one datagram to the connected address.
    pub async fn send(&self, data: &[u8]) -> io::Result<usize> {
        let send = |socket: &std::net::UdpSocket| socket.send(data);
        self.0.call(Direction::Write, send).await
    }

    /// Sends one datagram.
    pub async fn send_to(&self, data: &[u8], address: SocketAddr) -> io::Result<usize> {
        let send = |socket: &std::net::UdpSocket| socket.send_to(data, address);
        self.0.call(Direction::Write, send).await
    }

    /// Receives one datagram; what does not fit into `buffer` is lost.
    pub async fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let receive = |socket: &std::net::UdpSocket| socket.recv_from(buffer);
        self.0.call(Direction::Read, receive).await
    }
}
