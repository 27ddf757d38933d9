//! Where a panic happened: only the hook knows, and only `catch_unwind` knows whether it matters.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    hash::{DefaultHasher, Hash, Hasher},
    panic::{self, AssertUnwindSafe, catch_unwind},
    sync::Once,
    thread,
};

use super::{is_inside, ready};
use crate::report::{Place, panic_text};

thread_local! {
    static PLACE: RefCell<Option<Seen>> = const { RefCell::new(None) };
    static IN_JOB: Cell<bool> = const { Cell::new(false) };
}

/// A panic that the hook saw. The app may have caught it; `resume_unwind` calls no hook, and must
/// not be given the place of such another one.
struct Seen {
    place: Place,
    what: u64,
}

/// Puts a hook before the one that is there: inside a request or a job it writes the panic's place down, and
/// then the one that was there runs, always. Done once for the process, by the first bell.
pub(crate) fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if is_watched() {
                remember(info.location().map(|at| Seen {
                    place: Place::new(at.file(), at.line()),
                    what: what(info.payload()),
                }));
            }
            before(info);
        }));
    });
}

/// The place of the panic that was just caught on this thread, if it happened inside a request or a
/// job.
pub(crate) fn take_place(payload: &(dyn Any + Send)) -> Option<Place> {
    let seen = PLACE.try_with(|seen| seen.try_borrow_mut().ok()?.take()).ok()??;
    (seen.what == what(payload)).then_some(seen.place)
}

/// Runs the code of a scheduled job and catches its panic. A job is no request: it has no scope.
pub(crate) fn caught_in_job<T>(job: impl FnOnce() -> T) -> thread::Result<T> {
    let outer = IN_JOB.replace(true);
    let caught = catch_unwind(AssertUnwindSafe(job));
    IN_JOB.set(outer);
    caught
}

/// The place of the panic that was just caught from a job. It goes on, and whoever catches it next
/// finds the place too.
pub(crate) fn place_in_job(payload: &(dyn Any + Send)) -> Option<Place> {
    let place = take_place(payload)?;
    if is_watched() {
        remember(Some(Seen { place: place.clone(), what: what(payload) }));
    }
    Some(place)
}

fn is_watched() -> bool {
    is_inside() || ready::is_asking() || IN_JOB.get()
}

/// The payload is another box when it is caught; its type and text stay.
fn what(payload: &(dyn Any + Send)) -> u64 {
    let text = panic_text(payload).as_bytes();
    let mut hasher = DefaultHasher::new();
    (payload.type_id(), text.len(), &text[..text.len().min(LOOKED_AT)]).hash(&mut hasher);
    hasher.finish()
}

/// A hook must never panic itself: not while a thread-local is being destroyed, not if borrowed.
fn remember(seen: Option<Seen>) {
    let _ = PLACE.try_with(|slot| slot.try_borrow_mut().map(|mut slot| *slot = seen));
}

/// Bytes of a panic's text that tell it from others.
const LOOKED_AT: usize = 256;
