//! A thread that another library ends with `pthread_exit` while it is inside calls of ours.
//! Promise: after [`park_threads_ended_by`], such a thread is parked for ever instead: nothing of
//! its stack is unwound, no destructor runs. A thread that has none of our calls on its stack ends
//! as before.
//!
//! Why: glibc's `pthread_exit` unwinds the whole stack, and Rust frames stop that with an abort.
//! CPython up to 3.13 ends in this way each thread that wants the interpreter after it has begun
//! to finalise, wherever the thread is in Python code; since 3.14 it parks them itself.
//!
//! How: a library calls `pthread_exit` through a word of its own, which the dynamic linker filled
//! (the relocation of that name). That word is exchanged for [`ended`], which looks at the stack
//! and parks or goes on to the function that was there. So there is one place for every call into
//! Python, those that `PyO3` makes by itself included (`docs/adr/0008-threads-at-exit.md`).
//!
//! Proven by `tests/stress/scenarios/exit_inside_calls.py`. Where the word is not found or cannot
//! be written, everything is as without us.

#![expect(
    unsafe_code,
    reason = "another library's dynamic section, and the unwinder"
)]

use ropewalk_facade::atomic::{AtomicUsize, Ordering};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ops::Range;
use std::{mem, ptr, slice};

/// `pthread_exit`. It unwinds: not the declaration of the libc crate, which says otherwise.
type Exit = unsafe extern "C-unwind" fn(*mut c_void) -> !;

#[repr(C)]
struct UnwindContext {
    _opaque: [u8; 0],
}

type Visit = extern "C" fn(*mut UnwindContext, *mut c_void) -> c_int;

unsafe extern "C-unwind" {
    fn pthread_exit(value: *mut c_void) -> !;
}

// libgcc's, with which std links every program: its own backtraces are made of them.
unsafe extern "C" {
    fn _Unwind_Backtrace(visit: Visit, argument: *mut c_void) -> c_int;
    fn _Unwind_GetIP(context: *mut UnwindContext) -> usize;
}

/// What the exchanged word held: the function that ends a thread.
static BEFORE: AtomicUsize = AtomicUsize::new(0);

/// From now on, a thread that the library around the function `inside` ends by `pthread_exit` is
/// parked for ever if that would unwind frames of this library. False when nothing was changed.
///
/// A second call finds its work done.
pub fn park_threads_ended_by(inside: *const ()) -> bool {
    let Some(library) = Library::around(inside.addr()) else {
        return false;
    };
    let Some(word) = library.word_of(c"pthread_exit") else {
        return false;
    };
    // SAFETY: `word_of` gives a word of a library that is loaded, filled by the dynamic linker;
    // it is aligned, and other threads only ever read it, as a whole.
    let word_cell = unsafe { AtomicUsize::from_ptr(word) };
    let before = word_cell.load(Ordering::Relaxed);
    if before == address_of_ended() {
        return true;
    }
    // A word that is filled at the first call only leads back into the library until then.
    let unfilled = library.bounds().contains(&before);
    let next = if unfilled { 0 } else { before };
    // Relaxed, and so is the exchange below: a thread in which `ended` finds a frame of ours has
    // entered this library after it was loaded; for any other, zero means `pthread_exit` too.
    BEFORE.store(next, Ordering::Relaxed);
    if !library.is_read_only(word.addr()) {
        word_cell.store(address_of_ended(), Ordering::Relaxed);
        return true;
    }
    let page = page_of(word.addr());
    if !protect(page, libc::PROT_READ | libc::PROT_WRITE) {
        return false;
    }
    word_cell.store(address_of_ended(), Ordering::Relaxed);
    // If this fails the page stays writable, as it was until the library had been loaded.
    protect(page, libc::PROT_READ);
    true
}

fn address_of_ended() -> usize {
    ended as extern "C-unwind" fn(*mut c_void) -> ! as usize
}

/// Called in place of `pthread_exit`. Nothing here has a destructor: it may be unwound itself.
extern "C-unwind" fn ended(value: *mut c_void) -> ! {
    if stack_has_ours() {
        loop {
            // SAFETY: no preconditions. A signal's handler may run; then the wait goes on.
            unsafe { libc::pause() };
        }
    }
    let before = BEFORE.load(Ordering::Relaxed);
    let exit: Exit = if before == 0 {
        pthread_exit
    } else {
        // SAFETY: `BEFORE` holds what the linker, or somebody like us, filled in as `pthread_exit`.
        unsafe { mem::transmute::<usize, Exit>(before) }
    };
    // SAFETY: the caller's own call, passed on as it is.
    unsafe { exit(value) }
}

/// Whether frames of this library stand further out than the library that called [`ended`].
fn stack_has_ours() -> bool {
    let Some(library) = Library::around(address_of_ended()) else {
        return false;
    };
    let mut walk = Walk {
        ours: library.bounds(),
        outside: false,
        found: false,
    };
    // SAFETY: `visit` takes its argument for the `Walk` it is. The unwinder reads the stack by the
    // same tables as `pthread_exit`'s, so it sees the frames that this one would meet.
    unsafe { _Unwind_Backtrace(visit, (&raw mut walk).cast()) };
    walk.found
}

struct Walk {
    ours: Range<usize>,
    /// Whether the frames of `ended` and of what it calls have been passed.
    outside: bool,
    found: bool,
}

extern "C" fn visit(context: *mut UnwindContext, walk: *mut c_void) -> c_int {
    const GO_ON: c_int = 0;
    const STOP: c_int = 3;
    // SAFETY: `stack_has_ours` passes its own `Walk`, and waits for the unwinder to return.
    let walk = unsafe { &mut *walk.cast::<Walk>() };
    // SAFETY: the unwinder's own context, during its call.
    let at = unsafe { _Unwind_GetIP(context) };
    let ours = walk.ours.contains(&at);
    walk.outside |= !ours;
    walk.found = ours && walk.outside;
    if walk.found { STOP } else { GO_ON }
}

/// A library, or the program itself, as the dynamic linker loaded it. It must stay loaded: ours
/// and the interpreter's do.
struct Library {
    base: usize,
    segments: &'static [libc::Elf64_Phdr],
}

impl Library {
    /// The one whose memory contains `address`.
    fn around(address: usize) -> Option<Self> {
        struct Search {
            address: usize,
            found: Option<Library>,
        }
        unsafe extern "C" fn look(
            info: *mut libc::dl_phdr_info,
            _size: usize,
            search: *mut c_void,
        ) -> c_int {
            // SAFETY: the linker passes a description that is valid during this call.
            let info = unsafe { &*info };
            // SAFETY: below, `search` is a `Search`, borrowed for the length of the iteration.
            let search = unsafe { &mut *search.cast::<Search>() };
            let count = usize::from(info.dlpi_phnum);
            // SAFETY: the linker's table of that many segments, in memory of the library itself.
            let segments = unsafe { slice::from_raw_parts(info.dlpi_phdr, count) };
            let library = Library {
                base: usize::try_from(info.dlpi_addr).unwrap_or(0),
                segments,
            };
            let found = library.bounds().contains(&search.address);
            if found {
                search.found = Some(library);
            }
            c_int::from(found)
        }
        let mut search = Search {
            address,
            found: None,
        };
        // SAFETY: `look` does not panic and takes its argument for what it is.
        unsafe { libc::dl_iterate_phdr(Some(look), (&raw mut search).cast()) };
        search.found
    }

    /// Where a segment's memory is.
    fn place(&self, segment: &libc::Elf64_Phdr) -> Range<usize> {
        let start = self.base.wrapping_add(word(segment.p_vaddr));
        start..start.wrapping_add(word(segment.p_memsz))
    }

    /// From its lowest to its highest address.
    fn bounds(&self) -> Range<usize> {
        let loaded = self.segments.iter().filter(|it| it.p_type == libc::PT_LOAD);
        let places = loaded.map(|segment| self.place(segment));
        places
            .reduce(|all, one| all.start.min(one.start)..all.end.max(one.end))
            .unwrap_or(0..0)
    }

    /// Whether the linker took the right to write away from the page of `address`, once the page
    /// was filled.
    fn is_read_only(&self, address: usize) -> bool {
        let mut segments = self.segments.iter();
        let sealed = segments.find(|it| it.p_type == libc::PT_GNU_RELRO);
        sealed.is_some_and(|segment| {
            let place = self.place(segment);
            (page_of(place.start)..page_of(place.end)).contains(&address)
        })
    }

    /// The word through which the library calls the function `name`.
    fn word_of(&self, name: &CStr) -> Option<*mut usize> {
        let section = Section::of(self)?;
        let tables = [
            (TABLE_OF_CALLS, SIZE_OF_CALLS),
            (RELOCATIONS, SIZE_OF_RELOCATIONS),
        ];
        for (table, size) in tables {
            let (Some(table), Some(size)) = (section.address(table), section.value(size)) else {
                continue;
            };
            let first: *const Relocation = ptr::with_exposed_provenance(table);
            let count = size / size_of::<Relocation>();
            // SAFETY: the linker has worked through this table of the library by these entries;
            // it is in memory that is readable as long as the library is loaded.
            let relocations = unsafe { slice::from_raw_parts(first, count) };
            let named = relocations
                .iter()
                .find(|it| section.name_of(it.symbol()) == Some(name));
            if let Some(found) = named {
                let at = self.base.wrapping_add(word(found.offset));
                let inside = self.bounds().contains(&at) && at.is_multiple_of(align_of::<usize>());
                return inside.then(|| ptr::with_exposed_provenance_mut(at));
            }
        }
        None
    }
}

// Tags of entries of the dynamic section, as <elf.h> has them.
const TABLE_OF_CALLS: i64 = 23;
const SIZE_OF_CALLS: i64 = 2;
const RELOCATIONS: i64 = 7;
const SIZE_OF_RELOCATIONS: i64 = 8;
const NAMES: i64 = 5;
const SYMBOLS: i64 = 6;
const END: i64 = 0;

#[repr(C)]
struct Entry {
    tag: i64,
    value: u64,
}

/// A word that the linker filled, and with what (`Elf64_Rela`).
#[repr(C)]
struct Relocation {
    offset: u64,
    info: u64,
    addend: i64,
}

impl Relocation {
    fn symbol(&self) -> usize {
        word(self.info >> 32)
    }
}

/// The dynamic section of a library: its table of tables.
struct Section<'a> {
    library: &'a Library,
    first: *const Entry,
}

impl<'a> Section<'a> {
    fn of(library: &'a Library) -> Option<Self> {
        let mut segments = library.segments.iter();
        let segment = segments.find(|it| it.p_type == libc::PT_DYNAMIC)?;
        let first = ptr::with_exposed_provenance(library.place(segment).start);
        Some(Self { library, first })
    }

    fn value(&self, tag: i64) -> Option<usize> {
        let mut entry = self.first;
        loop {
            // SAFETY: the section is in the library's memory, and an entry `END` closes it.
            let Entry { tag: here, value } = unsafe { entry.read() };
            if here == tag {
                return Some(word(value));
            }
            if here == END {
                return None;
            }
            // SAFETY: not the last entry.
            entry = unsafe { entry.add(1) };
        }
    }

    /// An address; glibc has added the library's to most of them already.
    fn address(&self, tag: i64) -> Option<usize> {
        let value = self.value(tag)?;
        let base = self.library.base;
        Some(if value < base { base + value } else { value })
    }

    fn name_of(&self, symbol: usize) -> Option<&CStr> {
        let symbols: *const libc::Elf64_Sym = ptr::with_exposed_provenance(self.address(SYMBOLS)?);
        // SAFETY: a relocation names a symbol of its library's own table.
        let symbol = unsafe { symbols.add(symbol) };
        // SAFETY: as above; the table is never changed.
        let symbol = unsafe { &*symbol };
        let names: *const c_char = ptr::with_exposed_provenance(self.address(NAMES)?);
        // SAFETY: a symbol's name is an offset into this table.
        let name = unsafe { names.add(usize::try_from(symbol.st_name).ok()?) };
        // SAFETY: each name there ends with a zero; the table is never changed.
        Some(unsafe { CStr::from_ptr(name) })
    }
}

/// A number of a 64-bit file in 64-bit memory.
#[expect(
    clippy::cast_possible_truncation,
    reason = "this module is for 64 bits"
)]
const fn word(number: u64) -> usize {
    number as usize
}

fn page_size() -> usize {
    // SAFETY: no preconditions.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(4096)
}

fn page_of(address: usize) -> usize {
    address & !(page_size() - 1)
}

/// Says what may be done with the page at `page`; false when the system refuses.
fn protect(page: usize, rights: c_int) -> bool {
    // SAFETY: `page` is one that the linker mapped for data of a library; it stays readable, and
    // nothing that is executed lies in it.
    let failed =
        unsafe { libc::mprotect(ptr::with_exposed_provenance_mut(page), page_size(), rights) };
    failed == 0
}
