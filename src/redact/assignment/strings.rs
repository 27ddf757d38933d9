//! Which quotes close a string: what stands behind one is no value.

use super::key::is_gap;

/// The strings of a text, as far as it was read.
#[derive(Default)]
pub(super) struct Strings {
    read: usize,
    slashes: usize,
    open: bool,
}

impl Strings {
    /// Whether the quote at this place closes one: `user: "token=", password: "x7f3a"`.
    pub(super) fn are_open(&mut self, text: &[u8], quote: usize) -> bool {
        for byte in &text[self.read.min(quote)..quote] {
            self.open ^= *byte == b'"' && self.slashes.is_multiple_of(2);
            self.slashes = if *byte == b'\\' { self.slashes + 1 } else { 0 };
        }
        self.read = quote.max(self.read);
        self.open && text[quote] == b'"' && self.slashes.is_multiple_of(2)
    }
}

/// Where a quote stands in front of a value that may close a string, by what follows.
pub(super) fn closing_quote(text: &str) -> Option<usize> {
    let value = text.trim_start_matches(is_gap).trim_start_matches('\\');
    let behind = value.strip_prefix(['"', '\'', '`'])?;
    let closes = behind.is_empty()
        || behind.starts_with(|c: char| c.is_whitespace() || ",;:.>)]}".contains(c));
    closes.then(|| text.len() - value.len())
}
