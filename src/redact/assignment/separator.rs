//! The sign between a key and its value.

/// `=`, `=>`, `:` or `:=`.
pub(super) struct Separator {
    pub(super) end: usize,
    /// `key=value`, with no blank.
    pub(super) tight: bool,
    /// It is no colon and compares nothing: no prose is written like that.
    pub(super) assigns: bool,
}

impl Separator {
    pub(super) fn at(bytes: &[u8], sign: usize) -> Option<Self> {
        let before = sign.checked_sub(1).map(|at| bytes[at]);
        let after = bytes.get(sign + 1).copied();
        match (before, bytes[sign], after) {
            // A comparison, a path of a language, a URL.
            (Some(b'!' | b'<' | b'>' | b'='), b'=', _) => None,
            (Some(b':'), b':', _) | (_, b':', Some(b':')) | (Some(b':'), b'=', _) => None,
            (_, b':', Some(b'/')) if bytes.get(sign + 2) == Some(&b'/') => None,
            (_, b'=', Some(b'=' | b'~')) => {
                Some(Self { end: sign + 2, tight: false, assigns: false })
            }
            (_, b'=', Some(b'>')) | (_, b':', Some(b'=')) => {
                Some(Self { end: sign + 2, tight: false, assigns: true })
            }
            (_, b'=', after) => {
                let tight = after.is_some_and(|after| !after.is_ascii_whitespace());
                Some(Self { end: sign + 1, tight, assigns: true })
            }
            _ => Some(Self { end: sign + 1, tight: false, assigns: false }),
        }
    }
}
