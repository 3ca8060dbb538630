//! Where a message comes from or goes to, as the kernel writes it.
//! Promise: what is read of an address lies within the length that the kernel gave it.

#![expect(unsafe_code, reason = "the kernel's own layouts of addresses")]

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::ptr;

/// The size of the largest address that the kernel has.
const ROOM: usize = size_of::<libc::sockaddr_storage>();
/// Where the path begins in the address of a UNIX socket.
const PATH_AT: usize = std::mem::offset_of!(libc::sockaddr_un, sun_path);

/// An address of any family.
#[derive(Clone, Copy)]
pub struct Address {
    storage: libc::sockaddr_storage,
    /// How much of `storage` means something; never more than its size.
    length: libc::socklen_t,
}

/// What an address says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning<'a> {
    /// Nothing: the sender has no address, or the kernel does not tell.
    Nothing,
    /// A host and a port.
    Internet(SocketAddr),
    /// The name of a UNIX socket; with a leading zero byte it is none of the file system's.
    Unix(&'a [u8]),
    /// A family that is not known here.
    Foreign,
}

impl Address {
    /// An address that says nothing.
    #[must_use]
    pub fn none() -> Self {
        // SAFETY: a `sockaddr_storage` consists of integers, for which zero is a value.
        let storage = unsafe { std::mem::zeroed() };
        Self { storage, length: 0 }
    }

    /// Where the kernel may write an address, and where its length, which now is all the room.
    pub(crate) fn parts(&mut self) -> (*mut libc::sockaddr, *mut libc::socklen_t) {
        self.length = libc::socklen_t::try_from(ROOM).unwrap_or(0);
        (
            ptr::from_mut(&mut self.storage).cast(),
            ptr::from_mut(&mut self.length),
        )
    }

    pub(crate) fn pointer(&self) -> *const libc::sockaddr {
        ptr::from_ref(&self.storage).cast()
    }

    pub(crate) fn length(&self) -> libc::socklen_t {
        self.length
    }

    /// The bytes of the address: two are the same address if these are the same.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        let length = usize::try_from(self.length).unwrap_or(0).min(ROOM);
        // SAFETY: `length` bytes lie within `storage`, which was zeroed at first, so that each
        // byte has a value; the slice borrows `self`.
        unsafe { std::slice::from_raw_parts(ptr::from_ref(&self.storage).cast(), length) }
    }

    /// What it says.
    #[must_use]
    pub fn meaning(&self) -> Meaning<'_> {
        let bytes = self.bytes();
        if bytes.is_empty() {
            return Meaning::Nothing;
        }
        match libc::c_int::from(self.storage.ss_family) {
            libc::AF_INET if bytes.len() >= size_of::<libc::sockaddr_in>() => {
                // SAFETY: the family says that the storage, aligned for every address and large
                // enough for each, holds this layout; any bytes are a value of it.
                let inner = unsafe { &*ptr::from_ref(&self.storage).cast::<libc::sockaddr_in>() };
                let host = Ipv4Addr::from(u32::from_be(inner.sin_addr.s_addr));
                let port = u16::from_be(inner.sin_port);
                Meaning::Internet(SocketAddrV4::new(host, port).into())
            }
            libc::AF_INET6 if bytes.len() >= size_of::<libc::sockaddr_in6>() => {
                // SAFETY: as above, for the layout of this family.
                let inner = unsafe { &*ptr::from_ref(&self.storage).cast::<libc::sockaddr_in6>() };
                let host = Ipv6Addr::from(inner.sin6_addr.s6_addr);
                let port = u16::from_be(inner.sin6_port);
                let flow = u32::from_be(inner.sin6_flowinfo);
                Meaning::Internet(SocketAddrV6::new(host, port, flow, inner.sin6_scope_id).into())
            }
            libc::AF_UNIX => Meaning::Unix(unix_name(bytes)),
            _ => Meaning::Foreign,
        }
    }
}

/// The name in the address of a UNIX socket: up to its end for an abstract one, up to the first
/// zero byte for a path.
fn unix_name(bytes: &[u8]) -> &[u8] {
    let name = bytes.get(PATH_AT..).unwrap_or(&[]);
    if name.first() == Some(&0) {
        return name;
    }
    let end = name.iter().position(|&byte| byte == 0);
    &name[..end.unwrap_or(name.len())]
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        let mut made = Self::none();
        let length = match address {
            SocketAddr::V4(address) => {
                // SAFETY: the storage is aligned for every address, large enough for this layout,
                // all zero and borrowed by `made` alone.
                let inner =
                    unsafe { &mut *ptr::from_mut(&mut made.storage).cast::<libc::sockaddr_in>() };
                inner.sin_family = family(libc::AF_INET);
                inner.sin_port = address.port().to_be();
                inner.sin_addr.s_addr = u32::from(*address.ip()).to_be();
                size_of::<libc::sockaddr_in>()
            }
            SocketAddr::V6(address) => {
                // SAFETY: as above, for this layout.
                let inner =
                    unsafe { &mut *ptr::from_mut(&mut made.storage).cast::<libc::sockaddr_in6>() };
                inner.sin6_family = family(libc::AF_INET6);
                inner.sin6_port = address.port().to_be();
                inner.sin6_flowinfo = address.flowinfo().to_be();
                inner.sin6_addr.s6_addr = address.ip().octets();
                inner.sin6_scope_id = address.scope_id();
                size_of::<libc::sockaddr_in6>()
            }
        };
        made.length = libc::socklen_t::try_from(length).unwrap_or(0);
        made
    }
}

fn family(family: libc::c_int) -> libc::sa_family_t {
    libc::sa_family_t::try_from(family).unwrap_or(0)
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for Address {}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.meaning(), formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_internet_address_comes_back_as_it_went_in() {
        for text in ["127.0.0.1:80", "[::1]:65535", "[fe80::1%3]:9"] {
            let address: SocketAddr = text.parse().expect("an address");
            assert_eq!(
                Address::from(address).meaning(),
                Meaning::Internet(address),
                "{text}"
            );
        }
    }

    #[test]
    fn nothing_is_said_by_an_empty_address() {
        assert_eq!(Address::none().meaning(), Meaning::Nothing);
    }

    #[test]
    fn a_path_ends_at_its_zero_and_an_abstract_name_does_not() {
        let mut bytes = vec![0; PATH_AT];
        assert_eq!(unix_name(&bytes), b"");
        bytes.extend(b"/tmp/x\0rest");
        assert_eq!(unix_name(&bytes), b"/tmp/x");
        bytes.truncate(PATH_AT);
        bytes.extend(b"\0a\0b");
        assert_eq!(unix_name(&bytes), b"\0a\0b");
    }
}
