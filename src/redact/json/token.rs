//! The tokens of JSON, read leniently.

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
                let is_end = |b: &u8| b.is_ascii_whitespace() || b"{}[]:,\"'/".contains(b);
                let length = self.text.as_bytes()[self.at..].iter().position(is_end);
                self.at = length.map_or(self.text.len(), |length| self.at + length);
                Token::Bare(&self.text[start..self.at])
            }
        })
    }

    fn quoted(&mut self, quote: u8) -> Token<'t> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        while let Some(byte) = bytes.get(self.at) {
            self.at += 1;
            if *byte == quote {
                let content = &self.text[start..self.at - 1];
                return Token::Quoted { quote, content, closed: true };
            }
            if *byte == b'\\' {
                // What is escaped may be longer than a byte: none of its bytes is a quote.
                self.at = (self.at + 1).min(bytes.len());
            }
        }
        Token::Quoted { quote, content: &self.text[start..], closed: false }
    }

    pub(super) fn blanks(&mut self) -> &'t str {
        let rest = self.rest();
        let blanks = rest.len() - rest.trim_ascii_start().len();
        self.at += blanks;
        &rest[..blanks]
    }

    /// Whether there was one.
    pub(super) fn comment(&mut self) -> bool {
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

    /// Whether the array, or the text, ends behind what was just read.
    pub(super) fn array_ends(&self) -> bool {
        let rest = self.rest().trim_ascii_start();
        rest.is_empty() || rest.starts_with(']')
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
        ahead.rest().get(1..).is_some_and(|rest| rest.starts_with(name))
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }
}
