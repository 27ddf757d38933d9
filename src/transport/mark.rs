//! The mark on the bell's own requests, by which a layer round the target knows them: a failure
//! while a ring is received must not ring again.
//!
//! The value is drawn once per process and told to nobody but the targets: with a fixed one, any
//! client could hide its failing requests from the bell.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::OnceLock,
};

use http::{HeaderName, HeaderValue};

/// The header that carries the mark.
pub(crate) const MARK: HeaderName = HeaderName::from_static("x-tower-bell");

/// The value that this process marks its requests with.
pub(crate) fn mark() -> &'static HeaderValue {
    static DRAWN: OnceLock<HeaderValue> = OnceLock::new();
    // `RandomState` is keyed by the system's randomness.
    DRAWN.get_or_init(|| HeaderValue::from(RandomState::new().build_hasher().finish()))
}

/// Whether a request whose header [`MARK`] has this value was sent by this process's own bell.
pub(crate) fn is_mark(value: &[u8]) -> bool {
    value == mark().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_drawn_value_marks_a_request() {
        assert!(!is_mark(b"") && !is_mark(b"1"));
        assert!(is_mark(mark().as_bytes()));
    }
}
