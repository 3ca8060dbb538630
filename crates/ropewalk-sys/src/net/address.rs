//! Where a message comes from or goes to, as the kernel writes it.
//! Promise: what is read of an address lies within the length that the kernel gave it.

#![expect(unsafe_code, reason = "an address is looked at as bytes")]

use rustix::net::{AddressFamily, SocketAddrAny};
use std::fmt;
use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6};

/// Where the path begins in the address of a UNIX socket.
const PATH_AT: usize = std::mem::offset_of!(libc::sockaddr_un, sun_path);

/// An address of any family.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Option<SocketAddrAny>);

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
    /// The kernel's form; `None` when the address says nothing.
    pub(super) fn known(&self) -> Option<&SocketAddrAny> {
        self.0.as_ref()
    }

    /// The bytes of the address: two are the same address if these are the same.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        let Some(known) = self.known() else {
            return &[];
        };
        let length = usize::try_from(known.addr_len()).unwrap_or(0);
        // SAFETY: the first `length` bytes of a `SocketAddrAny` have a value, which is its promise
        // to the kernel; the slice borrows `self`, which keeps it.
        unsafe { std::slice::from_raw_parts(known.as_ptr().cast(), length) }
    }

    /// What it says.
    #[must_use]
    pub fn meaning(&self) -> Meaning<'_> {
        let Some(known) = self.known() else {
            return Meaning::Nothing;
        };
        let length = self.bytes().len();
        match known.address_family() {
            AddressFamily::INET if length >= size_of::<libc::sockaddr_in>() => {
                SocketAddrV4::try_from(known.clone()).map_or(Meaning::Foreign, |address| {
                    Meaning::Internet(address.into())
                })
            }
            AddressFamily::INET6 if length >= size_of::<libc::sockaddr_in6>() => {
                SocketAddrV6::try_from(known.clone()).map_or(Meaning::Foreign, |address| {
                    Meaning::Internet(address.into())
                })
            }
            AddressFamily::UNIX => Meaning::Unix(unix_name(self.bytes())),
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
        Self(Some(address.into()))
    }
}

impl From<Option<SocketAddrAny>> for Address {
    fn from(address: Option<SocketAddrAny>) -> Self {
        Self(address)
    }
}

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
        assert_eq!(Address::from(None).meaning(), Meaning::Nothing);
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
