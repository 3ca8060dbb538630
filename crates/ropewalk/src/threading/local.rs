//! A value of each thread's own. Promise: a thread sees only its own value, which is made when it
//! first asks; so the value's type need not be `Send`.

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::{Arc, OnceLock, Weak};

thread_local! {
    static VALUES: RefCell<Values> = RefCell::default();
}

/// The current thread's values, by the address of their `Local`'s token.
#[derive(Default)]
struct Values {
    values: HashMap<usize, Entry>,
    /// So many entries are let be; when there are more, those without a `Local` go.
    patience: usize,
}

struct Entry {
    /// Says whether the `Local` is still there, and keeps its address from being used again.
    token: Weak<()>,
    value: Rc<dyn Any>,
}

/// A value for each thread, made by the thread when it first asks.
///
/// Take it for buffers, caches, connections that threads must not share. Unlike a
/// `thread_local!`, it may be a field as well as a static.
///
/// ```
/// use ropewalk::threading::{Local, Thread};
/// use std::cell::Cell;
///
/// static VISITS: Local<Cell<u32>> = Local::new(|| Cell::new(0));
///
/// VISITS.with(|visits| visits.set(7));
/// let thread = Thread::new(|| VISITS.with(Cell::get)).start()?;
/// assert_eq!(thread.join().expect("no panic"), 0);
/// assert_eq!(VISITS.with(Cell::get), 7);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// A value goes when its thread ends. When the `Local` goes first, the value of the thread that
/// drops it goes with it, those of other threads when they have made some more values, or end.
///
/// Fork: in a forked child the thread that forked has its values; the others' are never dropped.
pub struct Local<T: 'static, F: Fn() -> T = fn() -> T> {
    token: OnceLock<Arc<()>>,
    make: F,
    value: PhantomData<fn() -> T>,
}

impl<T: 'static, F: Fn() -> T> Local<T, F> {
    /// A local whose values `make` makes.
    pub const fn new(make: F) -> Self {
        Self {
            token: OnceLock::new(),
            make,
            value: PhantomData,
        }
    }

    /// Calls `action` with the current thread's value.
    ///
    /// # Panics
    ///
    /// Panics when the thread is ending and has dropped its values.
    pub fn with<R>(&self, action: impl FnOnce(&T) -> R) -> R {
        let value = self.value().unwrap_or_else(|| {
            let value = Rc::new((self.make)());
            self.put(Rc::clone(&value) as Rc<dyn Any>);
            value
        });
        action(&value)
    }

    /// A copy of the current thread's value.
    ///
    /// # Panics
    ///
    /// As [`Local::with`].
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }

    /// Gives the current thread another value.
    ///
    /// ```
    /// let user = ropewalk::threading::Local::new(|| "nobody");
    /// user.set("somebody");
    /// assert_eq!(user.get(), "somebody");
    /// ```
    ///
    /// # Panics
    ///
    /// As [`Local::with`].
    pub fn set(&self, value: T) {
        self.put(Rc::new(value));
    }

    fn token(&self) -> &Arc<()> {
        self.token.get_or_init(Arc::default)
    }

    fn value(&self) -> Option<Rc<T>> {
        let key = Arc::as_ptr(self.token()).addr();
        let value = VALUES.with_borrow(|values| Some(Rc::clone(&values.values.get(&key)?.value)));
        value.map(|value| value.downcast().expect("the token is this local's alone"))
    }

    /// Stores a value. What it replaces is dropped when the values can be reached again: a
    /// destructor may use them.
    fn put(&self, value: Rc<dyn Any>) {
        let key = Arc::as_ptr(self.token()).addr();
        let token = Arc::downgrade(self.token());
        let replaced = VALUES.with_borrow_mut(|values| {
            let replaced = values.values.insert(key, Entry { token, value });
            (replaced, values.take_orphans())
        });
        drop(replaced);
    }
}

impl Values {
    /// Takes the values out whose `Local` is gone; now and then, so that the cost stays small.
    fn take_orphans(&mut self) -> Vec<Entry> {
        if self.values.len() <= self.patience {
            return Vec::new();
        }
        let gone = |_: &usize, entry: &mut Entry| entry.token.strong_count() == 0;
        let orphans = self
            .values
            .extract_if(gone)
            .map(|(_, entry)| entry)
            .collect();
        self.patience = 2 * self.values.len();
        orphans
    }
}

impl<T: 'static, F: Fn() -> T> Drop for Local<T, F> {
    fn drop(&mut self) {
        if let Some(token) = self.token.get() {
            let key = Arc::as_ptr(token).addr();
            // A thread that is ending has dropped its values already.
            let own = VALUES.try_with(|values| values.borrow_mut().values.remove(&key));
            drop(own);
        }
    }
}

impl<T: 'static, F: Fn() -> T> fmt::Debug for Local<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local").finish_non_exhaustive()
    }
}
