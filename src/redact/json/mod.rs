//! JSON as it is captured: cut anywhere, with mistakes, in one pass that rewrites while it scans.
//!
//! There is no tree and no recursion over the nesting. A small machine walks the grammar, with one
//! [`Frame`] for each open bracket. It is lenient where the meaning is beyond doubt: a byte order
//! mark, several documents in a row, trailing commas, single quotes, keys without quotes, comments
//! (left out), `NaN`, line breaks in strings, lone surrogates. Anywhere else, where a quote or a
//! bracket is missing or one too many, names and values can no longer be told apart: the rest is
//! replaced by `[redacted]`.

mod frame;
mod key;
mod pair;
mod show;
mod token;

use std::mem;

use self::{
    frame::{Fate, Frame, Known},
    key::KNOWN,
    show::read,
    token::{Token, Tokens},
};
use super::{
    placeholder::OPEN,
    scan::{Hiding, Scan},
};

impl Scan<'_> {
    /// The text with the values of secret keys hidden and the others looked through. What cannot be
    /// seen has been removed from it, but for what is escaped. `cut` if more of it was not kept. `None`
    /// if it is no JSON from the start.
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

/// What stays is copied in long pieces: only where something is hidden, or left out, is the text
/// copied up to there.
struct Machine<'r, 't> {
    scan: Scan<'r>,
    text: &'t str,
    tokens: Tokens<'t>,
    /// How much of the text is in the output, or left out of it.
    done: usize,
    cut: bool,
    out: Hiding,
    frames: [Frame<'t>; DEEPEST],
    depth: usize,
    expect: Expect,
    /// A key that no colon has followed yet: without one it is no key, and is not shown.
    key: Option<Key<'t>>,
    /// Keys, what they say, and whether they stay as they are.
    known: [Known<'t>; KNOWN as usize],
    /// The place of the last one.
    last: u8,
    /// What its key says of the next value.
    fate: Fate,
    /// The next value is a member of which nobody needs to know more than what stands in it.
    quiet: bool,
    /// The depth of the container that is being left out.
    hiding: Option<usize>,
}

#[derive(Clone, Copy)]
struct Key<'t> {
    /// With the key as what was read last.
    tokens: Tokens<'t>,
    /// The length of the output without it, if it is there already.
    without: Option<usize>,
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
            text,
            tokens: Tokens::new(text),
            done: 0,
            cut,
            out: Hiding { text: String::with_capacity(text.len() + 16), hidden: 0 },
            frames: [Frame::default(); DEEPEST],
            depth: 0,
            expect: Expect::Document,
            key: None,
            known: [Known::default(); KNOWN as usize],
            last: 0,
            fate: Fate::Plain,
            quiet: false,
            hiding: None,
        }
    }

    fn run(&mut self) -> Option<Hiding> {
        self.fate = self.inherited();
        while let Some(token) = self.token() {
            if self.accept(token).is_err() {
                if self.expect == Expect::Document {
                    return None;
                }
                self.give_up();
                return Some(self.finish());
            }
        }
        self.without_pending_key(self.text.len());
        (self.expect != Expect::Document).then(|| self.finish())
    }

    fn finish(&mut self) -> Hiding {
        self.hide_unnamed();
        mem::take(&mut self.out)
    }

    /// The next one; comments are read over and left out.
    #[inline]
    fn token(&mut self) -> Option<Token> {
        loop {
            let token = self.tokens.next()?;
            if token != Token::Comment {
                return Some(token);
            }
            self.leave_comment_out();
        }
    }

    #[inline]
    fn accept(&mut self, token: Token) -> Result<(), Broken> {
        match (self.expect, token) {
            (Expect::KeyOrEnd, Token::Quoted | Token::Bare) => self.next_key()?,
            (Expect::Value | Expect::ValueOrEnd, Token::Quoted | Token::Bare) => self.scalar()?,
            (Expect::KeyOrEnd | Expect::ValueOrEnd | Expect::CommaOrEnd, Token::Close)
                if self.tokens.first() == self.bracket() =>
            {
                self.close();
            }
            (Expect::CommaOrEnd, Token::Comma) => self.expect_member(),
            (Expect::Value | Expect::ValueOrEnd, Token::Open)
            | (Expect::Document | Expect::NextDocument, Token::Open) => self.open()?,
            (Expect::Colon, Token::Colon) => self.colon(),
            (Expect::Document, Token::Quoted | Token::Bare) => self.scalar()?,
            _ => return Err(Broken),
        }
        Ok(())
    }

    #[inline]
    fn next_key(&mut self) -> Result<(), Broken> {
        self.is_plain()?;
        // As most are written.
        if self.tokens.comes(b':') {
            self.read_key(false);
            self.tokens.takes(b':');
        } else {
            self.key = Some(Key { tokens: self.tokens, without: None });
            self.expect = Expect::Colon;
        }
        Ok(())
    }

    fn colon(&mut self) {
        if let Some(Key { tokens, without }) = self.key.take() {
            let behind = mem::replace(&mut self.tokens, tokens);
            self.read_key(without.is_some());
            self.tokens = behind;
        }
    }

    fn open(&mut self) -> Result<(), Broken> {
        if self.depth == DEEPEST {
            return Err(Broken);
        }
        self.quiet = false;
        let fate = self.begin_value(false);
        if matches!(fate, Fate::Secret | Fate::Named) && self.hiding.is_none() {
            self.hid_by_key(fate, "");
            self.redacted();
            self.hiding = Some(self.depth);
        }
        let object = self.tokens.first() == b'{';
        self.frames[self.depth] = Frame {
            object,
            wanted: matches!(fate, Fate::Wanted),
            unlisted: matches!(fate, Fate::Unlisted),
            key: self.last_key(),
            ..Frame::default()
        };
        self.depth += 1;
        self.expect_member();
        Ok(())
    }

    fn close(&mut self) {
        self.depth -= 1;
        if self.hiding == Some(self.depth) {
            self.hiding = None;
            self.done = self.tokens.at();
        }
        if self.depth == 0 {
            self.frames[0] = Frame::default();
        }
        self.end_value(Expect::NextDocument);
    }

    #[inline]
    fn scalar(&mut self) -> Result<(), Broken> {
        self.is_plain()?;
        if mem::take(&mut self.quiet) && !self.may_find() {
            self.end_member();
            return Ok(());
        }
        if self.expect == Expect::Document && !self.tokens.is_document() {
            return Err(Broken);
        }
        let fate = self.begin_value(true);
        let is_hidden = matches!(fate, Fate::Secret | Fate::Named | Fate::Unlisted);
        let is_asked = self.hiding.is_some() || self.scan.needs_names();
        if is_hidden || is_asked || self.may_find() {
            self.scalar_of_interest(fate, is_hidden);
        }
        self.end_value(Expect::Nothing);
        Ok(())
    }

    fn scalar_of_interest(&mut self, fate: Fate, is_hidden: bool) {
        if self.hiding.is_some() {
            return self.hid_inside();
        }
        let (is_whole, is_wanted) = (self.tokens.is_whole(), matches!(fate, Fate::Wanted));
        if is_whole && self.scan.needs_names() {
            self.field(is_hidden.then(|| self.rule(fate)));
        }
        let is_constant = || self.tokens.is_constant() && self.tokens.is_followed();
        if is_hidden && !self.tokens.content().is_empty() && !is_constant() {
            self.hid_by_key(fate, &read(&self.tokens));
            // As it was sent, should a text repeat that.
            self.scan.hid_too(self.tokens.content());
            return self.redacted();
        }
        let key = self.last_key_read();
        let scan = self.scan.under(&key);
        self.shown(if is_wanted { scan.wanted() } else { scan });
    }

    /// What becomes of the value that begins here.
    #[inline]
    fn begin_value(&mut self, is_scalar: bool) -> Fate {
        let (fate, frame) = (self.fate, self.frame());
        // Most members neither name another one nor are named by one.
        let stands_alone = match frame.object {
            true => !frame.naming && !frame.valuing,
            false => frame.begun && !frame.secret_name,
        };
        if stands_alone { fate } else { self.begin_paired(is_scalar, fate) }
    }

    /// What a value without a key of its own inherits from the array that it is in.
    fn inherited(&self) -> Fate {
        match self.frame() {
            _ if self.depth == 0 && self.scan.shows_only_listed() => Fate::Unlisted,
            Frame { object: false, unlisted: true, .. } => Fate::Unlisted,
            Frame { object: false, wanted: true, .. } => Fate::Wanted,
            _ => Fate::Plain,
        }
    }

    fn end_value(&mut self, at_top: Expect) {
        if self.depth == 0 {
            self.expect = at_top;
            self.fate = self.inherited();
            return;
        }
        if self.frame().valuing {
            self.end_unnamed();
        }
        self.end_member();
    }

    #[inline]
    fn end_member(&mut self) {
        // As most are written.
        if self.tokens.takes(b',') {
            self.expect_member();
        } else {
            self.expect = Expect::CommaOrEnd;
        }
    }

    fn expect_member(&mut self) {
        if self.frame().object {
            self.expect = Expect::KeyOrEnd;
            self.read_same_key();
        } else {
            self.expect = Expect::ValueOrEnd;
            self.fate = self.inherited();
        }
    }

    /// The bracket that closes the innermost one.
    fn bracket(&self) -> u8 {
        if self.frame().object { b'}' } else { b']' }
    }

    /// The innermost bracket; outside of all of them one that says nothing.
    fn frame(&self) -> &Frame<'t> {
        &self.frames[self.depth.saturating_sub(1)]
    }

    fn frame_mut(&mut self) -> &mut Frame<'t> {
        &mut self.frames[self.depth.saturating_sub(1)]
    }

    /// Whether this is a string that ends where it should, or a word that JSON or JavaScript knows.
    #[inline]
    fn is_plain(&self) -> Result<(), Broken> {
        if self.tokens.is_whole_string() { Ok(()) } else { self.is_plain_word() }
    }

    fn is_plain_word(&self) -> Result<(), Broken> {
        let tokens = &self.tokens;
        let plain = match (tokens.is_quoted(), tokens.first()) {
            // What runs to the end over other quotes has lost its own.
            (true, b'\'') => !tokens.content().contains('"'),
            (true, _) => self.cut || self.scan.is_inner(),
            (false, _) => tokens.is_plain(),
        };
        if plain { Ok(()) } else { Err(Broken) }
    }
}

/// Open brackets that are followed; deeper ones are not shown.
const DEEPEST: usize = 64;

#[cfg(test)]
mod tests;
