//! The tokens of JSON, read leniently.

use crate::redact::signs::Signs;

/// A piece of JSON.
#[derive(Clone, Copy)]
pub(super) enum Token<'t> {
    Open(u8),
    Close(u8),
    Colon,
    Comma,
    /// A string in these quotes, and whether it ends.
    Quoted {
        quote: u8,
        content: &'t str,
        closed: bool,
        /// What stands in it, for whoever looks through it.
        signs: Signs,
    },
    /// A number, a literal, a key without quotes.
    Bare(&'t str),
}

impl<'t> Token<'t> {
    pub(super) fn content(self) -> &'t str {
        match self {
            Self::Quoted { content, .. } | Self::Bare(content) => content,
            _ => "",
        }
    }

    pub(super) fn quote(self) -> Option<char> {
        match self {
            Self::Quoted { quote, .. } => Some(char::from(quote)),
            _ => None,
        }
    }

    pub(super) fn signs(self) -> Signs {
        match self {
            Self::Quoted { signs, .. } => signs,
            token => Signs::of(token.content()),
        }
    }

    /// A value that is no secret, whatever its key.
    pub(super) fn is_constant(self) -> bool {
        matches!(self, Token::Bare("null" | "true" | "false"))
    }

    /// Whether a scalar can be a whole document: `secret words` is none.
    pub(super) fn is_document(self) -> bool {
        match self {
            Self::Bare(word) => self.is_constant() || is_number(word),
            _ => true,
        }
    }
}

/// A word that begins like a number may be anything: `5ecret`.
fn is_number(word: &str) -> bool {
    let begins = word.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    begins && word.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b))
}

/// The next quote or backslash and what is behind it; the signs of all that is read are added. Eight
/// bytes at a time as long as there is none.
fn next_stop<'b>(mut bytes: &'b [u8], signs: &mut Signs) -> Option<(u8, &'b [u8])> {
    const STOP: Signs = Signs::QUOTE.and(Signs::BACKSLASH);
    while let Some((eight, behind)) = bytes.split_first_chunk() {
        let found = Signs::of_bytes(*eight);
        if found.any(STOP) {
            break;
        }
        *signs = signs.and(found);
        bytes = behind;
    }
    loop {
        let (byte, behind) = bytes.split_first()?;
        let found = Signs::of_byte(*byte);
        *signs = signs.and(found);
        if found.any(STOP) {
            return Some((*byte, behind));
        }
        bytes = behind;
    }
}

/// What ends a word without quotes: blanks and what JSON is made of.
static ENDS_WORD: [bool; 256] = {
    let mut ends = [false; 256];
    let (bytes, mut at) = (b" \t\n\r\x0c{}[]:,\"'/", 0);
    while at < bytes.len() {
        ends[bytes[at] as usize] = true;
        at += 1;
    }
    ends
};

/// A text, and how far it is read.
pub(super) struct Tokens<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// The next token; blanks and comments have been read over.
    pub(super) fn next(&mut self) -> Option<Token<'t>> {
        let start = self.at;
        let first = *self.text.as_bytes().get(start)?;
        self.at += 1;
        Some(match first {
            b'{' | b'[' => Token::Open(first),
            b'}' | b']' => Token::Close(first),
            b':' => Token::Colon,
            b',' => Token::Comma,
            b'"' | b'\'' => self.quoted(first),
            _ => {
                let is_end = |b: &u8| ENDS_WORD[usize::from(*b)];
                let length = self.text.as_bytes()[self.at..].iter().position(is_end);
                self.at = length.map_or(self.text.len(), |length| self.at + length);
                Token::Bare(&self.text[start..self.at])
            }
        })
    }

    /// Reads over the colon, if that is what comes next.
    pub(super) fn colon(&mut self) -> bool {
        let is_colon = self.text.as_bytes().get(self.at) == Some(&b':');
        self.at += usize::from(is_colon);
        is_colon
    }

    fn quoted(&mut self, quote: u8) -> Token<'t> {
        let start = self.at;
        let mut signs = Signs::default();
        let mut rest = &self.text.as_bytes()[start..];
        while let Some((byte, behind)) = next_stop(rest, &mut signs) {
            rest = behind;
            if byte == quote {
                self.at = self.text.len() - rest.len();
                let content = &self.text[start..self.at - 1];
                return Token::Quoted { quote, content, closed: true, signs };
            }
            // What is escaped may be longer than a byte: none of its bytes is a quote.
            if let (b'\\', [escaped, behind @ ..]) = (byte, rest) {
                signs = signs.and(Signs::of_byte(*escaped));
                rest = behind;
            }
        }
        self.at = self.text.len();
        Token::Quoted { quote, content: &self.text[start..], closed: false, signs }
    }

    /// How far it is read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn blanks(&mut self) {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    /// Whether there was one.
    pub(super) fn comment(&mut self) -> bool {
        if self.text.as_bytes().get(self.at) != Some(&b'/') {
            return false;
        }
        let rest = self.rest();
        let length = match rest.as_bytes() {
            [b'/', b'/', ..] => rest.find('\n'),
            [b'/', b'*', ..] => rest[2..].find("*/").map(|at| at + 4),
            _ => return false,
        };
        self.at += length.unwrap_or(rest.len());
        true
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    /// Whether the array, or the text, ends behind what was just read: also behind comments and a
    /// comma, after which the rest may have been cut off.
    pub(super) fn array_ends(&self) -> bool {
        let mut ahead = Self { ..*self };
        ahead.read_over();
        ahead.at += usize::from(ahead.rest().starts_with(','));
        ahead.read_over();
        ahead.is_at_end() || ahead.rest().starts_with(']')
    }

    /// Blanks and comments.
    fn read_over(&mut self) {
        self.blanks();
        while self.comment() {
            self.blanks();
        }
    }

    /// Whether behind the string that comes next there is a member of that name.
    pub(super) fn value_follows(&self, name: &str) -> bool {
        let mut ahead = Self { ..*self };
        ahead.blanks();
        let Some(Token::Quoted { .. }) = ahead.next() else {
            return false;
        };
        ahead.blanks();
        let Some(Token::Comma) = ahead.next() else {
            return false;
        };
        ahead.blanks();
        let behind = ahead.rest().get(1..).and_then(|rest| rest.get(..name.len()));
        behind.is_some_and(|behind| behind.eq_ignore_ascii_case(name))
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }
}
