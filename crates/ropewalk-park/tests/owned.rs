//! A value that one thread may own. Promise: others leave what they bring in the tray meanwhile, and
//! a use within a use is refused.

use ropewalk_park::Owned;

#[test]
fn others_use_the_tray_while_a_thread_owns_the_value() {
    let owned = Owned::new(vec![1], Vec::new());
    owned.with(|value| value.push(2), |_| panic!("nobody owns it"));
    let owning = owned.own().unwrap();
    assert!(owned.own().is_none());
    assert!(!owned.is_filled());
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            assert!(owned.mine(|_| ()).is_none());
            assert!(owned.look(|_, _| ()).is_none());
            owned.with(|_| panic!("it is owned"), |tray| tray.push(3));
        });
        other.join().unwrap();
    });
    assert!(owned.is_filled());
    assert_eq!(owned.take_tray(), [3]);
    assert!(!owned.is_filled());
    assert_eq!(owned.mine(|value| value.clone()), Some(vec![1, 2]));
    drop(owning);
    assert!(owned.mine(|_| ()).is_none());
    assert_eq!(owned.look(|value, _| value.len()), Some(2));
}

#[test]
fn a_use_within_a_use_is_refused() {
    let owned: Owned<u8, ()> = Owned::new(1, ());
    let _owning = owned.own().unwrap();
    assert_eq!(owned.mine(|_| owned.mine(|_| ())), Some(None));
    assert_eq!(owned.mine(|value| *value), Some(1));
}

#[test]
fn what_cannot_be_used_with_the_value_comes_back() {
    let owned: Owned<Vec<u8>, ()> = Owned::new(Vec::new(), ());
    assert_eq!(owned.mine_with(1, Vec::push), Err(1));
    let _owning = owned.own().unwrap();
    assert_eq!(owned.mine_with(2, Vec::push), Ok(()));
    let within = owned.mine(|_| owned.mine_with(3, Vec::push));
    assert_eq!(within, Some(Err(3)));
    assert_eq!(owned.mine(|value| value.clone()), Some(vec![2]));
}
