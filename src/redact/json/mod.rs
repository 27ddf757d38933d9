//! JSON as it is captured: cut anywhere, with mistakes, in one pass that rewrites while it scans.
//!
//! There is no tree and no recursion over the nesting. A small machine walks the grammar, with one
//! [`Frame`] for each open bracket. It is lenient where the meaning is beyond doubt: a byte order
//! mark, several documents in a row, trailing commas, single quotes, keys without quotes, comments
//! (left out), `NaN`, line breaks in strings, lone surrogates. Anywhere else, where a quote or a
//! bracket is missing or one too many, names and values can no longer be told apart: the rest is
//! replaced by `[redacted]`.

mod token;

use std::{borrow::Cow, mem};

use self::token::{Token, Tokens};
use super::{
    encoding::{push_escaped, unescaped},
    rules::{NAME_KEYS, VALUE_KEY},
    scan::{Hiding, OPEN, REDACTED, Scan, without_half},
};
use crate::text::clean;

impl Scan<'_> {
    /// The text with the values of secret keys hidden and the others looked through. `cut` if more
    /// of it was not kept. `None` if it is no JSON from the start.
    pub(super) fn json(self, text: &str, cut: bool) -> Option<Hiding> {
        let text = text.trim_start_matches('\u{feff}');
        Machine::new(self, text, cut).run()
    }
}

/// Whether a string is worth reading as JSON although nobody said that it is: an object, or an array
/// of objects, arrays or strings. `[info] started` is neither.
pub(super) fn looks_like_json(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_ascii_start();
    let inside = text.get(1..).unwrap_or_default().trim_ascii_start();
    match text.bytes().next() {
        Some(b'{') => inside.starts_with(['"', '\'', '}']),
        Some(b'[') => inside.starts_with(['{', '[', '"', ']']) && !inside.starts_with(OPEN),
        _ => false,
    }
}

struct Machine<'r, 't> {
    scan: Scan<'r>,
    tokens: Tokens<'t>,
    cut: bool,
    out: Hiding,
    frames: [Frame; DEEPEST],
    depth: usize,
    expect: Expect,
    /// A key that no colon has followed yet: without one it is no key, and is not shown.
    key: Option<Token<'t>>,
    /// The next value is a secret key's.
    secret: bool,
    /// The depth of the container that is being left out.
    hiding: Option<usize>,
}

/// One open bracket.
#[derive(Clone, Copy, Default)]
struct Frame {
    object: bool,
    /// The last key was `name` or the like.
    naming: bool,
    /// In an object, the name that it gave is a secret's; in an array, its first element is.
    secret_name: bool,
    /// An element of the array has been read.
    begun: bool,
    /// A name has been read.
    named: bool,
    /// The last key was `value`.
    valuing: bool,
    /// A value that is in the output already, should a secret's name follow.
    unnamed: Option<Unnamed>,
}

/// Where such a value begins and ends. The end is the beginning while it is being read.
#[derive(Clone, Copy)]
struct Unnamed {
    start: Mark,
    end: Mark,
}

/// A place in the output, and how much is hidden up to it.
#[derive(Clone, Copy)]
struct Mark {
    text: usize,
    hidden: usize,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Expect {
    /// A first document, or what follows one: only an object or array can.
    Document,
    NextDocument,
    Value,
    ValueOrEnd,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
    Nothing,
}

/// The grammar is broken here.
struct Broken;

impl<'r, 't> Machine<'r, 't> {
    fn new(scan: Scan<'r>, text: &'t str, cut: bool) -> Self {
        Self {
            scan,
            tokens: Tokens::new(text),
            cut,
            out: Hiding { text: String::with_capacity(text.len() + 16), hidden: 0 },
            frames: [Frame::default(); DEEPEST],
            depth: 0,
            expect: Expect::Document,
            key: None,
            secret: false,
            hiding: None,
        }
    }

    fn run(mut self) -> Option<Hiding> {
        while let Some(token) = self.token() {
            if self.accept(token).is_err() {
                if self.expect == Expect::Document {
                    return None;
                }
                self.give_up();
                break;
            }
        }
        self.hide_unnamed();
        (self.expect != Expect::Document).then_some(self.out)
    }

    /// Reads over blanks, which are kept, and comments, which are not.
    fn token(&mut self) -> Option<Token<'t>> {
        loop {
            let blanks = self.tokens.blanks();
            if self.key.is_none() {
                self.push(blanks);
            }
            if !self.tokens.comment() {
                return self.tokens.next();
            }
        }
    }

    fn accept(&mut self, token: Token<'t>) -> Result<(), Broken> {
        match (self.expect, token) {
            (Expect::ValueOrEnd, Token::Close(b']')) | (Expect::KeyOrEnd, Token::Close(b'}')) => {
                self.close()
            }
            (Expect::CommaOrEnd, Token::Close(bracket)) if bracket == self.bracket() => {
                self.close()
            }
            (Expect::CommaOrEnd, Token::Comma) => {
                self.push(",");
                self.expect = self.next_member();
            }
            (Expect::KeyOrEnd, token @ (Token::Quoted { .. } | Token::Bare(_))) => {
                self.is_plain(token)?;
                self.key = Some(token);
                self.expect = Expect::Colon;
            }
            (Expect::Colon, Token::Colon) => self.key(),
            (Expect::Document | Expect::NextDocument, Token::Open(bracket))
            | (Expect::Value | Expect::ValueOrEnd, Token::Open(bracket)) => self.open(bracket)?,
            (Expect::Document | Expect::Value | Expect::ValueOrEnd, token) => self.scalar(token)?,
            _ => return Err(Broken),
        }
        Ok(())
    }

    /// Names and values can no longer be told apart.
    fn give_up(&mut self) {
        let in_value = matches!(self.expect, Expect::Value | Expect::ValueOrEnd);
        // Written so that it reads the same the next time.
        let rest = if in_value { "\"[redacted]\"" } else { REDACTED };
        self.out.text.push_str(rest);
        self.out.hidden += 1;
    }

    fn open(&mut self, bracket: u8) -> Result<(), Broken> {
        if self.depth == DEEPEST {
            return Err(Broken);
        }
        if self.begin_value(None) && self.hiding.is_none() {
            self.redacted();
            self.hiding = Some(self.depth);
        }
        self.push(if bracket == b'{' { "{" } else { "[" });
        self.frames[self.depth] = Frame { object: bracket == b'{', ..Frame::default() };
        self.depth += 1;
        self.expect = self.next_member();
        Ok(())
    }

    fn close(&mut self) {
        self.push(if self.bracket() == b'}' { "}" } else { "]" });
        self.depth -= 1;
        if self.hiding == Some(self.depth) {
            self.hiding = None;
        }
        self.end_value(Expect::NextDocument);
    }

    fn key(&mut self) {
        let Some(token) = self.key.take() else {
            return;
        };
        self.expect = Expect::Value;
        if self.hiding.is_some() {
            return;
        }
        let name = unescaped(token.content());
        let is_name = NAME_KEYS.contains(&&*name);
        let paired = self.frame().is_some_and(|f| f.secret_name) && name == VALUE_KEY;
        // In `{"key": "colour", "value": "red"}` the key is a name and hides nothing.
        let has_value = self.frame().is_some_and(|frame| frame.unnamed.is_some());
        let names_value = is_name && (has_value || self.tokens.value_follows(VALUE_KEY));
        self.secret = paired || !names_value && self.scan.rules.keys.is_secret(&name);
        if let Some(frame) = self.frame_mut() {
            frame.naming = is_name;
            frame.valuing = name == VALUE_KEY;
        }
        self.shown(token, true);
        self.out.text.push(':');
    }

    fn scalar(&mut self, token: Token<'t>) -> Result<(), Broken> {
        self.is_plain(token)?;
        if self.expect == Expect::Document && !token.is_document() {
            return Err(Broken);
        }
        let whole = match token {
            Token::Quoted { closed, .. } => closed,
            _ => !self.tokens.is_at_end(),
        };
        let harmless = token.content().is_empty() || token.is_constant() && whole;
        if self.begin_value(Some(token)) && !harmless {
            self.redacted();
        } else {
            self.shown(token, whole);
        }
        self.end_value(Expect::Nothing);
        Ok(())
    }

    /// Whether the value that begins here is a secret one.
    fn begin_value(&mut self, token: Option<Token<'t>>) -> bool {
        let mut secret = mem::take(&mut self.secret);
        let name = token.filter(|token| matches!(token, Token::Quoted { .. }) && self.wants_name());
        let name = name.map(|token| unescaped(token.content()));
        let names = name.is_some_and(|name| self.scan.rules.keys.is_secret(&name));
        // `["password", "x"]`, but not `["password", "email", "name"]`.
        let is_last = token.is_none() || self.tokens.array_ends();
        let mark = self.mark();
        let whole = !matches!(token, Some(Token::Quoted { closed: false, .. }));
        if let Some(frame) = self.frame_mut() {
            secret |= !frame.object && frame.begun && frame.secret_name && is_last;
            frame.secret_name = if frame.object { frame.secret_name || names } else { names };
            frame.begun = true;
            frame.named |= mem::take(&mut frame.naming) && whole;
            if frame.valuing && !secret {
                frame.unnamed.get_or_insert(Unnamed { start: mark, end: mark });
            }
        }
        if names {
            self.hide_value_of(self.depth.saturating_sub(1));
        }
        secret
    }

    /// Hides the value that stood before the secret's name in this object.
    fn hide_value_of(&mut self, depth: usize) {
        let Some(Unnamed { start, end }) = self.frames[depth].unnamed.take() else {
            return;
        };
        let value = start.text..end.text;
        if !["", "\"\"", "''", "null", "true", "false"].contains(&&self.out.text[value.clone()]) {
            self.out.text.replace_range(value, "\"[redacted]\"");
            self.out.hidden = self.out.hidden + 1 - (end.hidden - start.hidden);
        }
    }

    /// Where the text ends before an object does, the name of its value may have been cut off.
    fn hide_unnamed(&mut self) {
        for depth in (0..self.depth).rev() {
            if !self.frames[depth].named {
                self.hide_value_of(depth);
            }
        }
    }

    fn mark(&self) -> Mark {
        Mark { text: self.out.text.len(), hidden: self.out.hidden }
    }

    /// Whether a string here may be the name of another value.
    fn wants_name(&self) -> bool {
        self.frame().is_some_and(|frame| if frame.object { frame.naming } else { !frame.begun })
    }

    fn end_value(&mut self, at_top: Expect) {
        self.expect = if self.depth == 0 { at_top } else { Expect::CommaOrEnd };
        let end = self.mark();
        if let Some(frame) = self.frame_mut()
            && mem::take(&mut frame.valuing)
            && let Some(unnamed) = &mut frame.unnamed
        {
            unnamed.end = end;
        }
    }

    fn next_member(&self) -> Expect {
        match self.frame() {
            Some(Frame { object: true, .. }) => Expect::KeyOrEnd,
            _ => Expect::ValueOrEnd,
        }
    }

    /// The bracket that closes the innermost one.
    fn bracket(&self) -> u8 {
        if self.frame().is_some_and(|frame| frame.object) { b'}' } else { b']' }
    }

    fn frame(&self) -> Option<Frame> {
        self.depth.checked_sub(1).map(|top| self.frames[top])
    }

    fn frame_mut(&mut self) -> Option<&mut Frame> {
        self.depth.checked_sub(1).map(|top| &mut self.frames[top])
    }

    /// Whether this is a string that ends where it should, or a word that JSON or JavaScript knows.
    fn is_plain(&self, token: Token<'_>) -> Result<(), Broken> {
        let plain = match token {
            // What runs to the end over other quotes has lost its own.
            Token::Quoted { quote: b'\'', content, closed: false } => !content.contains('"'),
            Token::Quoted { closed, .. } => closed || self.cut || self.scan.is_inner(),
            Token::Bare(word) => {
                word.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-._$".contains(&b))
            }
            _ => false,
        };
        if plain { Ok(()) } else { Err(Broken) }
    }

    /// A key or value that stays, looked through. `whole` unless the text ends in it.
    fn shown(&mut self, token: Token<'_>, whole: bool) {
        if self.hiding.is_some() {
            return;
        }
        let quote = match token {
            Token::Quoted { quote, .. } => Some(char::from(quote)),
            _ => None,
        };
        let content = token.content();
        let content = if whole || !self.cut { content } else { without_half(content) };
        let plain = unescaped(content);
        // Written as an escape, what cannot be seen would split what is looked for.
        let plain = clean(&plain);
        if let Cow::Owned(shown) = self.scan.value(&plain) {
            // What was a number is none any more.
            let quote = quote.unwrap_or('"');
            self.out.text.push(quote);
            push_escaped(&mut self.out.text, &shown, quote);
            self.out.text.push(quote);
            self.out.hidden += 1;
        } else {
            self.out.text.extend(quote);
            self.out.text.push_str(content);
            self.out.text.extend(quote.filter(|_| whole));
        }
    }

    fn redacted(&mut self) {
        if self.hiding.is_none() {
            self.out.text.extend(["\"", REDACTED, "\""]);
            self.out.hidden += 1;
        }
    }

    fn push(&mut self, text: &str) {
        if self.hiding.is_none() {
            self.out.text.push_str(text);
        }
    }
}

/// Open brackets that are followed; deeper ones are not shown.
const DEEPEST: usize = 128;

#[cfg(test)]
mod tests;
