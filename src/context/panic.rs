//! Where a panic happened: only the hook knows, and only `catch_unwind` knows whether it matters.

use std::{cell::RefCell, panic, sync::Once};

use super::{is_inside, ready};
use crate::report::Place;

thread_local! {
    static PLACE: RefCell<Option<Place>> = const { RefCell::new(None) };
}

/// Puts a hook before the one that is there: inside a request it writes the panic's place down, and
/// then the one that was there runs, always. Done once for the process, by the first bell.
pub(crate) fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if is_inside() || ready::is_asking() {
                remember(info.location().map(|at| Place::new(at.file(), at.line())));
            }
            before(info);
        }));
    });
}

/// The place of the panic that was just caught on this thread, if it happened inside a request.
pub(crate) fn take_place() -> Option<Place> {
    PLACE.try_with(|place| place.try_borrow_mut().ok()?.take()).ok()?
}

/// A hook must never panic itself: not while a thread-local is being destroyed, not if borrowed.
fn remember(place: Option<Place>) {
    let _ = PLACE.try_with(|slot| slot.try_borrow_mut().map(|mut slot| *slot = place));
}
