//! The payload's prefix, copied as the handler reads it. Nothing is ever read ahead.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use bytes::Buf;
use http_body::Body;

/// Bytes that all prefixes of the process may hold together. Beyond it bodies are only counted,
/// and the message says so.
pub const MOST_PREFIX_BYTES: usize = 16 * 1024 * 1024;

static HELD: AtomicUsize = AtomicUsize::new(0);

/// What was read of one request body; shared by the body, which writes, and the capture, which
/// looks if the request fails.
#[derive(Debug, Default)]
pub(crate) struct Prefix(Mutex<Read>);

#[derive(Debug, Default)]
pub(crate) struct Read {
    /// The first bytes.
    pub(crate) kept: Vec<u8>,
    /// How many bytes were read in all.
    pub(crate) read: u64,
    /// The body came to its end.
    pub(crate) complete: bool,
    /// There was no room under [`MOST_PREFIX_BYTES`].
    pub(crate) no_room: bool,
}

impl Prefix {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Read> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Prefix {
    fn drop(&mut self) {
        HELD.fetch_sub(self.lock().kept.capacity(), Relaxed);
    }
}

/// The writing half, inside the body.
#[derive(Debug)]
pub(crate) struct Tee {
    prefix: Arc<Prefix>,
    limit: usize,
    expected: usize,
    /// The end was noted: most bodies are polled once more after it.
    done: bool,
}

impl Tee {
    pub(crate) fn new(prefix: Arc<Prefix>, limit: usize, body: &impl Body) -> Self {
        let expected = body.size_hint().exact().map_or(0, |n| usize::try_from(n).unwrap_or(limit));
        Self { prefix, limit, expected, done: false }
    }

    /// A data frame went by.
    pub(crate) fn data(&mut self, data: &impl Buf, last: bool) {
        self.done |= last;
        let mut read = self.prefix.lock();
        read.complete |= last;
        read.read += data.remaining() as u64;
        let take = data.remaining().min(self.limit.saturating_sub(read.kept.len()));
        if take > 0 && !read.no_room && read.grow(take, self.expected.min(self.limit)) {
            copy(data, take, &mut read.kept);
        }
    }

    /// The body came to its end.
    pub(crate) fn end(&mut self) {
        if !self.done {
            self.done = true;
            self.prefix.lock().complete = true;
        }
    }
}

impl Read {
    /// Makes room for `more` bytes, or for all that is expected at once.
    fn grow(&mut self, more: usize, expected: usize) -> bool {
        let needed = self.kept.len() + more;
        if needed <= self.kept.capacity() {
            return true;
        }
        let capacity = needed.max(expected);
        let additional = capacity - self.kept.capacity();
        if HELD.fetch_add(additional, Relaxed) + additional > MOST_PREFIX_BYTES {
            HELD.fetch_sub(additional, Relaxed);
            self.no_room = true;
            return false;
        }
        self.kept.reserve_exact(capacity - self.kept.len());
        // The allocator may round up; what `drop` gives back must be what was taken.
        HELD.fetch_add(self.kept.capacity() - capacity, Relaxed);
        true
    }
}

/// Copies the first `take` bytes of a buffer that may be in several pieces, without advancing it.
pub(crate) fn copy(data: &impl Buf, take: usize, to: &mut Vec<u8>) {
    let first = data.chunk();
    to.extend_from_slice(&first[..take.min(first.len())]);
    let Some(mut rest) = take.checked_sub(first.len()).filter(|rest| *rest > 0) else { return };
    let mut pieces = [std::io::IoSlice::new(&[]); 16];
    let count = data.chunks_vectored(&mut pieces);
    for piece in pieces.iter().take(count).skip(1) {
        let piece = &piece[..rest.min(piece.len())];
        to.extend_from_slice(piece);
        rest -= piece.len();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use bytes::Bytes;
    use http_body_util::Full;

    use super::*;

    fn read(frames: &[&'static [u8]], limit: usize) -> Arc<Prefix> {
        let prefix = Arc::new(Prefix::default());
        let body = Full::new(Bytes::from_static(b"12345678"));
        let mut tee = Tee::new(Arc::clone(&prefix), limit, &body);
        for frame in frames {
            tee.data(frame, false);
        }
        prefix
    }

    #[test]
    fn only_the_first_bytes_are_kept_and_all_are_counted() {
        let prefix = read(&[b"abc", b"", b"defg"], 5);
        let read = prefix.lock();
        assert_eq!((&read.kept[..], read.read, read.complete), (&b"abcde"[..], 7, false));
        assert!(read.kept.capacity() <= 8);
    }

    #[test]
    fn a_buffer_in_pieces_is_copied_whole() {
        let chain = Bytes::from_static(b"ab").chain(Bytes::from_static(b"cd"));
        let mut to = Vec::new();
        copy(&chain, 3, &mut to);
        assert_eq!(to, b"abc");
        let ring: VecDeque<u8> = (0..9).collect();
        to.clear();
        copy(&ring, 9, &mut to);
        assert_eq!(to, (0..9).collect::<Vec<_>>());
    }
}
