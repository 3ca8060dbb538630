//! Datagrams between a socket and its protocol.
//! Promise: each is one call of the kernel's and, coming in, one call of the protocol's, in the
//! order of arrival; what is unusual is left to the transport's own Python code, and an error that
//! the kernel tells once is told once.

use super::failure::{raised, settled};
use super::host::{self, Family};
use super::plain::{self, descriptor};
use super::view::View;
use crate::asyncio::room;
use crate::names::intern;
use crate::raised::Raised;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView, PyTuple};
use ropewalk_park::ShortLock;
use ropewalk_sys::Address;
use ropewalk_sys::bytes::{self, Channel};
use std::io;

/// The most datagrams that one readiness brings: then others have their turn.
const BURST: usize = 16;

/// After a look for another datagram that found none, so many events pass without a second look:
/// a look for nothing costs half as much as the loop's next turn, a look that finds saves it.
const PATIENCE: u8 = 7;

/// Peers whose addresses are at hand.
const KNOWN: usize = 8;

/// A peer: as the kernel and as Python has it.
struct Peer {
    address: Address,
    told: Py<PyAny>,
}

struct State {
    peers: [Option<Peer>; KNOWN],
    patience: u8,
}

/// The engine of one datagram transport. `connected`: it has one peer, and needs no address.
#[pyclass(frozen, module = "ropewalk._ropewalk.asyncio.sock")]
pub(super) struct Datagrams {
    socket: Py<PyAny>,
    family: Family,
    connected: bool,
    state: ShortLock<State>,
}

/// What came of trying to receive.
enum Got<'py> {
    Nothing,
    Datagram(Bound<'py, PyBytes>, Bound<'py, PyAny>),
}

#[pymethods]
impl Datagrams {
    /// The engine for a socket; None if the engine cannot serve it.
    #[staticmethod]
    #[pyo3(signature = (sock, connected, /))]
    fn of(sock: Bound<'_, PyAny>, connected: bool) -> PyResult<Option<Self>> {
        let methods = [&plain::RECVFROM, &plain::SEND, &plain::SENDTO];
        if !methods.into_iter().all(|method| method.is_original(&sock)) {
            return Ok(None);
        }
        let Some(family) = host::family(&sock)? else {
            return Ok(None);
        };
        let state = State {
            peers: [const { None }; KNOWN],
            patience: 0,
        };
        Ok(Some(Self {
            socket: sock.unbind(),
            family,
            connected,
            state: ShortLock::new(state),
        }))
    }

    /// Sends at once, or says that it did not, and did nothing. The kernel's error is raised.
    #[pyo3(signature = (data, addr, /))]
    fn send(&self, data: &Bound<'_, PyAny>, addr: &Bound<'_, PyAny>) -> PyResult<bool> {
        let py = data.py();
        let receiver = match (self.connected, addr.is_none()) {
            (true, true) => None,
            (false, false) => match self.receiver(addr) {
                Some(receiver) => Some(receiver),
                None => return Ok(false),
            },
            _ => return Ok(false),
        };
        let usual = data.is_exact_instance_of::<PyBytes>()
            || data.is_instance_of::<PyByteArray>()
            || data.is_instance_of::<PyMemoryView>();
        if !usual {
            return Ok(false);
        }
        let Ok(view) = View::to_read(data) else {
            return Ok(false);
        };
        // Whether nothing is sent or ignored is for the running Python to say.
        if view.bytes().is_empty() {
            return Ok(false);
        }
        let descriptor = descriptor(self.socket.bind(py))?;
        let answer = match receiver {
            None => bytes::send(descriptor, Channel::Socket, view.bytes()),
            Some(receiver) => bytes::send_to(descriptor, view.bytes(), &receiver),
        };
        drop(view);
        Ok(settled(py, answer)?.is_some())
    }

    /// Hands what has arrived to the transport's protocol.
    #[pyo3(signature = (transport, /))]
    fn read_ready(&self, transport: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = transport.py();
        for count in 0..BURST {
            if count > 0 && !self.goes_on(transport, count)? {
                return Ok(());
            }
            let protocol = transport.getattr(intern!(py, "_protocol"))?;
            match self.receive(py) {
                Ok(Got::Nothing) => {
                    if count > 0 {
                        self.state.lock().patience = PATIENCE;
                    }
                    return Ok(());
                }
                Ok(Got::Datagram(data, sender)) => {
                    protocol.call_method1(intern!(py, "datagram_received"), (data, sender))?;
                }
                Err(error) => {
                    let error = raised(py, &error).made(py).into_value(py);
                    protocol.call_method1(intern!(py, "error_received"), (error,))?;
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // The addresses are tuples of strings and numbers, which refer to nothing.
        visit.call(&self.socket)
    }
}

impl Datagrams {
    /// Whether to look for one more datagram in the same turn of the loop.
    fn goes_on(&self, transport: &Bound<'_, PyAny>, count: usize) -> PyResult<bool> {
        let py = transport.py();
        if count == 1 {
            let mut state = self.state.lock();
            if state.patience > 0 {
                state.patience -= 1;
                return Ok(false);
            }
        }
        // The protocol may have closed or paused its transport.
        for attribute in [
            intern!(py, "_conn_lost"),
            intern!(py, "_closing"),
            intern!(py, "_paused"),
        ] {
            if let Some(value) = transport.getattr_opt(attribute)?
                && value.is_truthy()?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn receive<'py>(&self, py: Python<'py>) -> io::Result<Got<'py>> {
        let descriptor = descriptor(self.socket.bind(py)).map_err(io::Error::other)?;
        let taken = room::received(py, room::ROOM, false, |room| {
            bytes::receive_from(descriptor, room)
        });
        match taken {
            Ok((data, sender)) => {
                let sender = self.told(py, &sender).map_err(io::Error::other)?;
                Ok(Got::Datagram(data, sender))
            }
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                ) =>
            {
                Ok(Got::Nothing)
            }
            Err(error) => Err(error),
        }
    }

    /// The kernel's address for what was told of a peer, or for a literal address.
    fn receiver(&self, address: &Bound<'_, PyAny>) -> Option<Address> {
        let state = self.state.lock();
        let known = state.peers.iter().flatten();
        let mut same = known.filter(|peer| peer.told.is(address));
        if let Some(peer) = same.next() {
            return Some(peer.address.clone());
        }
        drop(same);
        drop(state);
        host::literal_of(self.family, address)
    }

    /// What Python says of a sender: the same object as long as the peer is known.
    fn told<'py>(&self, py: Python<'py>, sender: &Address) -> PyResult<Bound<'py, PyAny>> {
        let place = place(sender);
        if let Some(peer) = &self.state.lock().peers[place]
            && peer.address == *sender
        {
            return Ok(peer.told.bind(py).clone());
        }
        let told = host::told(py, sender)?;
        // A path of bytes or text, and None, are not worth keeping.
        if told.is_exact_instance_of::<PyTuple>() {
            let peer = Peer {
                address: sender.clone(),
                told: told.clone().unbind(),
            };
            let before = self.state.lock().peers[place].replace(peer);
            drop(before);
        }
        Ok(told)
    }
}

/// Where a peer is kept: peers differ in the last bytes of host and port.
fn place(address: &Address) -> usize {
    let sum = address.bytes().iter().fold(0_usize, |sum, &byte| {
        sum.wrapping_mul(31).wrapping_add(byte.into())
    });
    sum % KNOWN
}
