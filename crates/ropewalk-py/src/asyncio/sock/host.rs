//! Addresses of Python's, and the kernel's.
//! Promise: what is told of an address is what a socket's own methods tell; what is not a literal
//! address is left to them.

use crate::names::{import, intern, once};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyString, PyTuple};
use ropewalk_sys::{Address, Meaning};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::sync::OnceLock;

/// The families whose addresses are known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Four,
    Six,
    Unix,
}

/// The numbers that the kernel has for the families.
const UNIX: i32 = 1;
const FOUR: i32 = 2;
const SIX: i32 = 10;

/// The family of a real socket; None if its addresses are not known here.
pub(super) fn family(socket: &Bound<'_, PyAny>) -> PyResult<Option<Family>> {
    // `socket.socket.family` makes an enumeration's member of it each time.
    static GET: OnceLock<Py<PyAny>> = OnceLock::new();
    let py = socket.py();
    let find = || -> PyResult<_> {
        let class = import(py, "_socket")?.getattr("socket")?;
        Ok(class.getattr("family")?.getattr("__get__")?.unbind())
    };
    let number: i32 = once(&GET, find)?.call1(py, (socket,))?.extract(py)?;
    Ok(match number {
        UNIX => Some(Family::Unix),
        FOUR => Some(Family::Four),
        SIX => Some(Family::Six),
        _ => None,
    })
}

/// What Python says of an address.
pub(super) fn told<'py>(py: Python<'py>, address: &Address) -> PyResult<Bound<'py, PyAny>> {
    match address.meaning() {
        Meaning::Nothing => Ok(py.None().into_bound(py)),
        Meaning::Internet(SocketAddr::V4(address)) => {
            let host = address.ip().to_string();
            Ok((host, address.port()).into_pyobject(py)?.into_any())
        }
        Meaning::Internet(SocketAddr::V6(address)) => {
            let (port, flow, scope) = (address.port(), address.flowinfo(), address.scope_id());
            let host = written(*address.ip());
            Ok((host, port, flow, scope).into_pyobject(py)?.into_any())
        }
        Meaning::Unix(name) if name.first() == Some(&0) => Ok(PyBytes::new(py, name).into_any()),
        Meaning::Unix(path) => {
            // As `os.fsdecode`.
            let path = PyBytes::new(py, path);
            import(py, "os")?.call_method1(intern!(py, "fsdecode"), (path,))
        }
        Meaning::Foreign => Err(PyOSError::new_err("an address of an unknown family")),
    }
}

/// An address of IPv6 as the C library writes it: with four decimal numbers at the end where six
/// zeros are before them.
fn written(host: Ipv6Addr) -> String {
    match host.segments() {
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => {
            format!(
                "::{}",
                Ipv4Addr::from(u32::from(high) << 16 | u32::from(low))
            )
        }
        _ => host.to_string(),
    }
}

/// The kernel's address for a tuple with a literal host; None for whatever else it may be.
pub(super) fn literal(socket: &Bound<'_, PyAny>, address: &Bound<'_, PyAny>) -> Option<Address> {
    let family = family(socket).ok()??;
    literal_of(family, address)
}

/// As [`literal`], for a family that is known.
pub(super) fn literal_of(family: Family, address: &Bound<'_, PyAny>) -> Option<Address> {
    let parts = address.cast_exact::<PyTuple>().ok()?;
    let host = parts.get_item(0).ok()?;
    let host = host.cast_exact::<PyString>().ok()?.to_str().ok()?;
    let number = |index| {
        let part = parts.get_item(index).ok()?;
        part.cast_exact::<PyInt>().ok()?.extract::<u32>().ok()
    };
    let port = u16::try_from(number(1)?).ok()?;
    let made: SocketAddr = match (family, host.parse().ok()?, parts.len()) {
        (Family::Four, IpAddr::V4(host), 2) => SocketAddrV4::new(host, port).into(),
        (Family::Six, IpAddr::V6(host), count @ 2..=4) => {
            let flow = if count > 2 { number(2)? } else { 0 };
            let scope = if count > 3 { number(3)? } else { 0 };
            if flow > 0xf_ffff {
                return None;
            }
            SocketAddrV6::new(host, port, flow, scope).into()
        }
        _ => return None,
    };
    Some(Address::from(made))
}
