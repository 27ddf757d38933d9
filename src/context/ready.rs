//! `poll_ready` has no request and so no scope; all that is known there is whether an inner layer
//! has told already. Asked for each request, so it costs two stores.

use std::cell::Cell;

#[derive(Clone, Copy, Eq, PartialEq)]
enum Asking {
    Not,
    Asked,
    Told,
}

thread_local! {
    static ASKING: Cell<Asking> = const { Cell::new(Asking::Not) };
}

/// Each layer's `poll_ready` begins with this.
#[inline]
pub(crate) fn begin() {
    ASKING.set(Asking::Asked);
}

/// Nothing went wrong.
#[inline]
pub(crate) fn end() {
    ASKING.set(Asking::Not);
}

/// Takes the failure that comes out on; `false` if an inner layer has it.
pub(crate) fn claim() -> bool {
    ASKING.replace(Asking::Told) != Asking::Told
}

/// Whether this thread is inside a `poll_ready`.
pub(super) fn is_asking() -> bool {
    ASKING.try_with(Cell::get).is_ok_and(|asking| asking != Asking::Not)
}
