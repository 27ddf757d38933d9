//! The mark on the bell's own requests, by which a layer round the target knows them: a failure
//! while a ring is received must not ring again.
//!
//! The value is drawn once per process and told to nobody but the targets: with a fixed one, any
//! client could hide its failing requests from the bell.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::OnceLock,
};

use http::{HeaderMap, HeaderValue};

/// The header that carries the mark.
pub(crate) const MARK: &str = "x-tower-bell";

/// The value that this process marks its requests with.
pub(crate) fn mark() -> &'static HeaderValue {
    static DRAWN: OnceLock<HeaderValue> = OnceLock::new();
    // `RandomState` is keyed by the system's randomness.
    DRAWN.get_or_init(|| HeaderValue::from(RandomState::new().build_hasher().finish()))
}

/// Whether a request with these headers was sent by this process's own bell.
pub(crate) fn is_marked(headers: &HeaderMap) -> bool {
    headers.get(MARK) == Some(mark())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_drawn_value_marks_a_request() {
        let mut headers = HeaderMap::new();
        assert!(!is_marked(&headers));
        headers.insert(MARK, HeaderValue::from_static("1"));
        assert!(!is_marked(&headers));
        headers.insert(MARK, mark().clone());
        assert!(is_marked(&headers));
    }
}
