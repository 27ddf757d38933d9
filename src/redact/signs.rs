//! What stands in a text at all: one look at each byte, so that most detectors need not run.

/// Which of these characters a text has.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Signs(u16);

impl Signs {
    pub(super) const AT: Self = Self(1);
    pub(super) const BACKSLASH: Self = Self(1 << 1);
    pub(super) const BLANK: Self = Self(1 << 2);
    pub(super) const COLON: Self = Self(1 << 3);
    pub(super) const DASH: Self = Self(1 << 4);
    pub(super) const DIGIT: Self = Self(1 << 5);
    pub(super) const DOT: Self = Self(1 << 6);
    pub(super) const EQUALS: Self = Self(1 << 7);
    pub(super) const LESS: Self = Self(1 << 8);
    /// `{` and `[`.
    pub(super) const OPEN: Self = Self(1 << 9);
    pub(super) const PERCENT: Self = Self(1 << 13);
    /// `"` and `'`.
    pub(super) const QUOTE: Self = Self(1 << 10);
    pub(super) const SLASH: Self = Self(1 << 11);
    /// What may have to be removed: control characters, and whatever is not ASCII.
    pub(super) const UNSEEN: Self = Self(1 << 12);

    pub(super) fn of(text: &str) -> Self {
        Self(text.bytes().fold(0, |signs, byte| signs | TABLE[usize::from(byte)]))
    }

    /// Whether any of `others` is among them.
    pub(super) const fn any(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// These and those.
    pub(super) const fn or(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }
}

static TABLE: [u16; 256] = table();

const fn table() -> [u16; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = sign(byte as u8).0;
        byte += 1;
    }
    table
}

const fn sign(byte: u8) -> Signs {
    match byte {
        b'@' => Signs::AT,
        b'\\' => Signs::BACKSLASH,
        b' ' => Signs::BLANK,
        b':' => Signs::COLON,
        b'-' => Signs::DASH,
        b'0'..=b'9' => Signs::DIGIT,
        b'.' => Signs::DOT,
        b'=' => Signs::EQUALS,
        b'<' => Signs::LESS,
        b'{' | b'[' => Signs::OPEN,
        b'"' | b'\'' => Signs::QUOTE,
        b'%' => Signs::PERCENT,
        b'/' => Signs::SLASH,
        0..=0x1f | 0x7f..=0xff => Signs::UNSEEN,
        _ => Signs(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_what_stands_in_the_text() {
        let signs = Signs::of("user@host: 5");
        assert!(signs.any(Signs::AT) && signs.any(Signs::COLON) && signs.any(Signs::DIGIT));
        assert!(!signs.any(Signs::SLASH.or(Signs::EQUALS).or(Signs::UNSEEN)));
        assert!(Signs::of("é").any(Signs::UNSEEN) && Signs::of("\n").any(Signs::UNSEEN));
        assert_eq!(Signs::of("plain"), Signs::default());
    }
}
