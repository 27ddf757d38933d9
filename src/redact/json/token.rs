//! The tokens of JSON, read leniently.

/// A piece of JSON.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Token {
    Open,
    Close,
    Colon,
    Comma,
    Comment,
    /// A string in quotes.
    Quoted,
    /// A number, a literal, a key without quotes.
    Bare,
}

/// A word that begins like a number may be anything: `5ecret`.
fn is_number(word: &str) -> bool {
    let begins = word.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    begins && word.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b))
}

/// How far it is to this quote or a backslash. Eight bytes are looked at in one step, by the arithmetic
/// of "Bit Twiddling Hacks": a byte that is zero borrows from its highest bit.
fn next_stop(bytes: &[u8], quote: u8) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    let same = |word: u64, byte: u8| {
        let zero = word ^ (ONES * u64::from(byte));
        zero.wrapping_sub(ONES) & !zero & HIGH
    };
    let mut at = 0;
    while let Some(eight) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(*eight);
        let stops = same(word, quote) | same(word, b'\\');
        if stops != 0 {
            // Only the first one is certain.
            return Some(at + stops.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let is_stop = |byte: &u8| *byte == quote || *byte == b'\\';
    bytes[at..].iter().position(is_stop).map(|found| at + found)
}

/// What a byte is in a word without quotes.
#[derive(Clone, Copy)]
enum InWord {
    /// A part of a word that JSON or JavaScript knows.
    Yes,
    No,
    /// A blank, or what JSON is made of.
    End,
}

static IN_WORD: [InWord; 256] = {
    let mut classes = [InWord::No; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'+' | b'-' | b'.' | b'_' | b'$' => {
                InWord::Yes
            }
            b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' | b'{' | b'}' | b'[' | b']' => InWord::End,
            b':' | b',' | b'"' | b'\'' | b'/' => InWord::End,
            _ => InWord::No,
        };
        byte += 1;
    }
    classes
};

/// A text, how far it is read, and what was read last.
///
/// That stands here and is asked for piece by piece: handed about as a whole it would be copied more
/// often than it is looked at.
#[derive(Clone, Copy)]
pub(super) struct Tokens<'t> {
    text: &'t str,
    /// Where the last token begins, and where it and the text behind it go on.
    start: usize,
    at: usize,
    /// Its first byte.
    first: u8,
    is_quoted: bool,
    /// A string that ends.
    closed: bool,
    /// A string is read as it is written; a word is one that JSON or JavaScript knows.
    is_plain: bool,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, start: 0, at: 0, first: 0, is_quoted: false, closed: false, is_plain: true }
    }

    /// The next token, behind blanks.
    #[inline(always)]
    pub(super) fn next(&mut self) -> Option<Token> {
        self.blanks();
        self.start = self.at;
        self.first = *self.text.as_bytes().get(self.at)?;
        self.at += 1;
        self.is_quoted = false;
        // First, because most are: the others are told apart by a jump that is hard to foresee.
        if self.first == b'"' {
            return Some(self.quoted());
        }
        if matches!(IN_WORD[usize::from(self.first)], InWord::Yes) {
            return Some(self.bare());
        }
        Some(match self.first {
            b'\'' => self.quoted(),
            b',' => Token::Comma,
            b'{' | b'[' => Token::Open,
            b'}' | b']' => Token::Close,
            b':' => Token::Colon,
            b'/' => self.comment().unwrap_or_else(|| self.bare()),
            _ => self.bare(),
        })
    }

    /// Where the last token begins.
    pub(super) fn start(&self) -> usize {
        self.start
    }

    /// Where it ends, or what was taken behind it.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Its first byte: a bracket, a quote.
    pub(super) fn first(&self) -> u8 {
        self.first
    }

    pub(super) fn is_quoted(&self) -> bool {
        self.is_quoted
    }

    /// Whether it is whole: a string that ends, a word that does not end with the text.
    pub(super) fn is_whole(&self) -> bool {
        if self.is_quoted { self.closed } else { !self.is_at_end() }
    }

    pub(super) fn is_whole_string(&self) -> bool {
        self.is_quoted && self.closed
    }

    /// What stands in it, without quotes.
    pub(super) fn content(&self) -> &'t str {
        let inside = self.start + usize::from(self.is_quoted);
        &self.text[inside..self.at - usize::from(self.is_quoted && self.closed)]
    }

    /// The first byte that stands in it.
    pub(super) fn first_inside(&self) -> Option<u8> {
        self.text.as_bytes().get(self.start + usize::from(self.is_quoted)).copied()
    }

    /// Whether it is read as it is written.
    pub(super) fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// A value that is no secret, whatever its key.
    pub(super) fn is_constant(&self) -> bool {
        !self.is_quoted && matches!(self.content(), "null" | "true" | "false")
    }

    /// Whether a scalar can be a whole document: `secret words` is none.
    pub(super) fn is_document(&self) -> bool {
        self.is_quoted || self.is_constant() || is_number(self.content())
    }

    /// Whether this byte is what comes next.
    #[inline]
    pub(super) fn comes(&self, byte: u8) -> bool {
        self.text.as_bytes().get(self.at) == Some(&byte)
    }

    /// Reads over this byte, if it is what comes next.
    #[inline]
    pub(super) fn takes(&mut self, byte: u8) -> bool {
        let is_next = self.comes(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// Reads over this key in double quotes and its colon, if they are what comes next.
    #[inline]
    pub(super) fn takes_key(&mut self, key: &str) -> bool {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let rest = rest.strip_prefix(b"\"").and_then(|rest| rest.strip_prefix(key.as_bytes()));
        let is_next = rest.is_some_and(|rest| rest.starts_with(b"\":"));
        if is_next {
            self.at += key.len() + 3;
        }
        is_next
    }

    fn bare(&mut self) -> Token {
        let bytes = self.text.as_bytes();
        self.at = self.start;
        self.is_plain = true;
        while let Some(byte) = bytes.get(self.at) {
            match IN_WORD[usize::from(*byte)] {
                InWord::Yes => {}
                InWord::No => self.is_plain = false,
                InWord::End if self.at > self.start => break,
                // A slash that begins no comment.
                InWord::End => self.is_plain = false,
            }
            self.at += 1;
        }
        Token::Bare
    }

    fn quoted(&mut self) -> Token {
        self.is_quoted = true;
        self.closed = false;
        self.is_plain = true;
        let bytes = self.text.as_bytes();
        while let Some(length) = bytes.get(self.at..).and_then(|rest| next_stop(rest, self.first)) {
            self.at += length + 1;
            if bytes[self.at - 1] == self.first {
                self.closed = true;
                return Token::Quoted;
            }
            // What is escaped may be longer than a byte: none of its bytes is a quote.
            self.at += 1;
            self.is_plain = false;
        }
        self.at = bytes.len();
        Token::Quoted
    }

    fn blanks(&mut self) {
        let bytes = self.text.as_bytes();
        let is_blank = |byte: &u8| *byte <= b' ' && byte.is_ascii_whitespace();
        while bytes.get(self.at).is_some_and(is_blank) {
            self.at += 1;
        }
    }

    /// Reads to the end of a comment whose first slash was read, if it is one.
    #[cold]
    fn comment(&mut self) -> Option<Token> {
        let rest = &self.text[self.start..];
        let length = match rest.as_bytes() {
            [b'/', b'/', ..] => rest.find('\n'),
            [b'/', b'*', ..] => rest[2..].find("*/").map(|at| at + 4),
            _ => return None,
        };
        self.at = self.start + length.unwrap_or(rest.len());
        Some(Token::Comment)
    }

    fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    /// Whether the array, or the text, ends behind what was just read: also behind comments and a
    /// comma, after which the rest may have been cut off.
    pub(super) fn array_ends(&self) -> bool {
        let mut ahead = *self;
        let mut next = ahead.next_of_meaning();
        if next == Some(Token::Comma) {
            next = ahead.next_of_meaning();
        }
        next.is_none() || next == Some(Token::Close)
    }

    /// Whether anything but blanks and comments comes behind what was just read: they may not be there
    /// the next time.
    pub(super) fn is_followed(&self) -> bool {
        let mut ahead = *self;
        ahead.next_of_meaning().is_some()
    }

    /// The next token that is no comment.
    fn next_of_meaning(&mut self) -> Option<Token> {
        loop {
            match self.next() {
                Some(Token::Comment) => {}
                next => return next,
            }
        }
    }

    /// Whether behind the colon and the string that come next there is a member of that name.
    pub(super) fn value_follows(&self, name: &str) -> bool {
        let mut ahead = *self;
        ahead.next() == Some(Token::Colon)
            && ahead.next() == Some(Token::Quoted)
            && ahead.next() == Some(Token::Comma)
            && ahead.next() == Some(Token::Quoted)
            && ahead.content().eq_ignore_ascii_case(name)
    }
}
