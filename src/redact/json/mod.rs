//! JSON as it is captured: cut anywhere, with mistakes, in one pass that rewrites while it scans.
//!
//! There is no tree and no recursion over the nesting. A small machine walks the grammar, with one
//! [`Frame`] for each open bracket. It is lenient where the meaning is beyond doubt: a byte order
//! mark, several documents in a row, trailing commas, single quotes, keys without quotes, comments
//! (left out), `NaN`, line breaks in strings, lone surrogates. Anywhere else, where a quote or a
//! bracket is missing or one too many, names and values can no longer be told apart: the rest is
//! replaced by `[redacted]`.

mod token;

use std::{borrow::Cow, mem, ops::Range};

use self::token::{Token, Tokens};
use super::{
    encoding::{push_escaped, unescaped},
    keys::{KeyRule, Verdict},
    placeholder::{OPEN, REDACTED},
    rules::{NAME_KEYS, VALUE_KEY},
    scan::{Hiding, Scan, without_half},
    signs::Signs,
    trail::Why,
};

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

/// What stays is copied in long pieces: only where something is hidden, or left out, is the text
/// copied up to there.
struct Machine<'r, 't> {
    scan: Scan<'r>,
    text: &'t str,
    tokens: Tokens<'t>,
    /// Where the last token begins.
    start: usize,
    /// How much of the text is in the output, or left out of it.
    done: usize,
    cut: bool,
    out: Hiding,
    frames: [Frame<'t>; DEEPEST],
    depth: usize,
    expect: Expect,
    /// A key that no colon has followed yet: without one it is no key, and is not shown.
    key: Option<Key<'t>>,
    /// What its key says of the next value.
    fate: Fate<'r>,
    /// The depth of the container that is being left out.
    hiding: Option<usize>,
}

#[derive(Clone, Copy)]
struct Key<'t> {
    token: Token<'t>,
    start: usize,
    end: usize,
    /// The length of the output without it, if it is there already.
    without: Option<usize>,
}

#[derive(Clone, Copy, Default)]
enum Fate<'r> {
    #[default]
    Plain,
    Wanted,
    Secret(KeyRule<'r>),
    /// Hidden if it is a scalar.
    Unlisted,
}

/// One open bracket.
#[derive(Clone, Copy, Default)]
struct Frame<'t> {
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
    /// In an array: its key says that what is in it is wanted, or not listed.
    wanted: bool,
    unlisted: bool,
    /// The last key; in an array, the one that it stands under.
    key: &'t str,
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
            text,
            tokens: Tokens::new(text),
            start: 0,
            done: 0,
            cut,
            out: Hiding { text: String::with_capacity(text.len() + 16), hidden: 0 },
            frames: [Frame::default(); DEEPEST],
            depth: 0,
            expect: Expect::Document,
            key: None,
            fate: Fate::Plain,
            hiding: None,
        }
        .with_fate()
    }

    fn with_fate(self) -> Self {
        Self { fate: self.inherited(), ..self }
    }

    fn run(mut self) -> Option<Hiding> {
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

    fn finish(mut self) -> Hiding {
        self.hide_unnamed();
        self.out
    }

    /// Reads over blanks, which are kept, and comments, which are not.
    fn token(&mut self) -> Option<Token<'t>> {
        loop {
            self.tokens.blanks();
            self.start = self.tokens.at();
            if !self.tokens.comment() {
                return self.tokens.next();
            }
            self.leave_comment_out();
        }
    }

    fn leave_comment_out(&mut self) {
        let before = self.key.map(|key| (key.start, key.without));
        if let Some((key, None)) = before {
            self.keep_to(key);
            let without = Some(self.out.text.len());
            self.key = self.key.map(|key| Key { without, ..key });
        }
        self.keep_to(self.start);
        self.done = self.tokens.at();
    }

    fn accept(&mut self, token: Token<'t>) -> Result<(), Broken> {
        match (self.expect, token) {
            (Expect::ValueOrEnd, Token::Close(b']')) | (Expect::KeyOrEnd, Token::Close(b'}')) => {
                self.close()
            }
            (Expect::CommaOrEnd, Token::Close(bracket)) if bracket == self.bracket() => {
                self.close()
            }
            (Expect::CommaOrEnd, Token::Comma) => self.expect_member(),
            (Expect::KeyOrEnd, token @ (Token::Quoted { .. } | Token::Bare(_))) => {
                self.is_plain(token)?;
                let (start, end) = (self.start, self.tokens.at());
                let key = Key { token, start, end, without: None };
                if self.tokens.colon() {
                    self.key(key);
                } else {
                    self.key = Some(key);
                    self.expect = Expect::Colon;
                }
            }
            (Expect::Colon, Token::Colon) => {
                if let Some(key) = self.key.take() {
                    self.key(key);
                }
            }
            (Expect::Document | Expect::NextDocument, Token::Open(bracket))
            | (Expect::Value | Expect::ValueOrEnd, Token::Open(bracket)) => self.open(bracket)?,
            (Expect::Document | Expect::Value | Expect::ValueOrEnd, token) => self.scalar(token)?,
            _ => return Err(Broken),
        }
        Ok(())
    }

    /// Names and values can no longer be told apart.
    fn give_up(&mut self) {
        self.without_pending_key(self.start);
        self.end_open_value();
        let in_value = matches!(self.expect, Expect::Value | Expect::ValueOrEnd);
        let in_value = in_value && self.hiding.is_none();
        // Written so that it reads the same the next time.
        let rest = if in_value { "\"[redacted]\"" } else { REDACTED };
        self.out.text.push_str(rest);
        self.out.hidden += 1;
        self.scan.hid(Why::Broken, "");
        self.scan.hid_words(&self.text[self.start..]);
    }

    /// A value that is still being read ends here, should its name have followed.
    fn end_open_value(&mut self) {
        let end = self.mark();
        let outer = self.depth.saturating_sub(1);
        let is_open = |frame: &Frame<'_>| frame.valuing && !frame.named;
        if let Some(depth) = self.frames[..outer].iter().position(is_open)
            && let Some(unnamed) = &mut self.frames[depth].unnamed
        {
            unnamed.end = end;
            self.depth = depth + 1;
            self.expect = Expect::CommaOrEnd;
        }
    }

    /// Keeps what is up to here, but no key without its colon.
    fn without_pending_key(&mut self, end: usize) {
        match self.key {
            Some(Key { without: Some(length), .. }) if self.hiding.is_none() => {
                self.out.text.truncate(length);
            }
            Some(key) => self.keep_to(key.start),
            None => self.keep_to(end),
        }
    }

    fn open(&mut self, bracket: u8) -> Result<(), Broken> {
        if self.depth == DEEPEST {
            return Err(Broken);
        }
        let fate = self.begin_value(None);
        if let Fate::Secret(rule) = fate
            && self.hiding.is_none()
        {
            self.hid(Why::Key(rule), None);
            self.redacted();
            self.hiding = Some(self.depth);
        }
        let object = bracket == b'{';
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

    fn key(&mut self, key: Key<'t>) {
        self.expect = Expect::Value;
        if self.hiding.is_some() {
            return;
        }
        let token = key.token;
        let name = read(token);
        let is_name = name.len() <= LONGEST_NAME_KEY && NAME_KEYS.contains(&&*name);
        let is_value = name == VALUE_KEY;
        let frame = self.frame();
        let names_value =
            is_name && (frame.unnamed.is_some() || self.tokens.value_follows(VALUE_KEY));
        // In `{"key": "colour", "value": "red"}` the key is a name and hides nothing.
        let fate = match self.scan.verdict(&name) {
            _ if is_value && frame.secret_name => Fate::Secret(KeyRule::Named),
            _ if names_value => Fate::Plain,
            Verdict::Plain => Fate::Plain,
            Verdict::Wanted => Fate::Wanted,
            Verdict::Secret(rule) => Fate::Secret(rule),
            Verdict::Unlisted => Fate::Unlisted,
        };
        self.fate = fate;
        let frame = self.frame_mut();
        frame.naming = is_name;
        frame.valuing = is_value;
        frame.key = token.content();
        if key.without.is_none() && self.may_find(token) {
            self.shown(self.scan, token, key.start..key.end, true);
        }
    }

    fn scalar(&mut self, token: Token<'t>) -> Result<(), Broken> {
        self.is_plain(token)?;
        if self.expect == Expect::Document && !token.is_document() {
            return Err(Broken);
        }
        let whole = self.is_whole(token);
        let harmless = token.content().is_empty() || token.is_constant() && whole;
        let fate = self.begin_value(Some(token));
        let rule = match fate {
            Fate::Secret(rule) => Some(rule),
            Fate::Unlisted => Some(KeyRule::Unlisted),
            Fate::Plain | Fate::Wanted => None,
        };
        if whole && self.hiding.is_none() && self.scan.needs_names() {
            self.field(token, rule);
        }
        match rule.filter(|_| !harmless) {
            _ if self.hiding.is_some() => self.hid_inside(token),
            Some(rule) => {
                self.hid(Why::Key(rule), Some(token));
                self.redacted();
            }
            None if whole && !self.may_find(token) && !self.scan.needs_names() => {}
            None => {
                let key = self.last_key_read();
                let scan = self.scan.under(&key);
                let scan = if matches!(fate, Fate::Wanted) { scan.wanted() } else { scan };
                self.shown(scan, token, self.start..self.tokens.at(), whole);
            }
        }
        self.end_value(Expect::Nothing);
        Ok(())
    }

    /// Says what a member is.
    fn field(&self, token: Token<'t>, rule: Option<KeyRule<'r>>) {
        if self.depth > 0 && self.frame().object {
            self.scan.field(&self.last_key_read(), &read(token), rule, self.depth);
        }
    }

    /// What becomes of the value that begins here.
    fn begin_value(&mut self, token: Option<Token<'t>>) -> Fate<'r> {
        let (fate, frame) = (self.fate, self.frame());
        // Most members neither name another one nor are named by one.
        let stands_alone = match frame.object {
            true => !frame.naming && !frame.valuing,
            false => frame.begun && !frame.secret_name,
        };
        if stands_alone { fate } else { self.begin_paired(token, fate) }
    }

    /// The same of one that may be a name, or have one.
    fn begin_paired(&mut self, token: Option<Token<'t>>, fate: Fate<'r>) -> Fate<'r> {
        let name = token.filter(|_| self.wants_name()).map(read);
        let names =
            name.is_some_and(|name| is_name(&name) && self.scan.rules.keys.is_secret(&name));
        let whole = token.is_some_and(|token| self.is_whole(token));
        if self.frame().valuing {
            self.keep_to(self.start);
        }
        let mark = self.mark();
        let Frame { object, begun, secret_name, .. } = *self.frame();
        // `["password", "x"]`, but not `["password", "email", "name"]`.
        let paired =
            !object && begun && secret_name && (token.is_none() || self.tokens.array_ends());
        let fate = if paired { Fate::Secret(KeyRule::Named) } else { fate };
        let secret = matches!(fate, Fate::Secret(_));
        let frame = self.frame_mut();
        frame.secret_name = names || object && secret_name;
        frame.begun = true;
        frame.named |= mem::take(&mut frame.naming) && whole;
        if frame.valuing && !secret {
            frame.unnamed.get_or_insert(Unnamed { start: mark, end: mark });
        }
        if names {
            self.hide_value_of(self.depth.saturating_sub(1));
        }
        fate
    }

    /// Whether the text does not end in this scalar.
    fn is_whole(&self, token: Token<'t>) -> bool {
        match token {
            Token::Quoted { closed, .. } => closed,
            _ => !self.tokens.is_at_end(),
        }
    }

    /// Whether anything in this token may have to be hidden.
    fn may_find(&self, token: Token<'t>) -> bool {
        match token {
            Token::Quoted { content, signs, .. } => self.scan.may_find(content.len(), signs),
            // Words of letters and digits.
            token => self.scan.may_find(token.content().len(), Signs::default()),
        }
    }

    /// What a value without a key of its own inherits from the array that it is in.
    fn inherited(&self) -> Fate<'r> {
        match self.frame() {
            _ if self.depth == 0 && self.scan.shows_only_listed() => Fate::Unlisted,
            Frame { object: false, unlisted: true, .. } => Fate::Unlisted,
            Frame { object: false, wanted: true, .. } => Fate::Wanted,
            _ => Fate::Plain,
        }
    }

    /// Hides the value that stood before the secret's name in this object.
    fn hide_value_of(&mut self, depth: usize) {
        let Some(Unnamed { start, end }) = self.frames[depth].unnamed.take() else {
            return;
        };
        let value = start.text..end.text;
        if !["", "\"\"", "''", "null", "true", "false"].contains(&&self.out.text[value.clone()]) {
            self.hid(Why::Key(KeyRule::Named), None);
            self.scan.hid_words(&self.out.text[value.clone()]);
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
        let frame = self.frame();
        self.depth > 0 && if frame.object { frame.naming } else { !frame.begun }
    }

    fn end_value(&mut self, at_top: Expect) {
        self.expect = if self.depth == 0 { at_top } else { Expect::CommaOrEnd };
        if self.depth == 0 || !self.frame().object {
            self.fate = self.inherited();
        } else if self.frame().valuing {
            self.keep_to(self.tokens.at());
            let end = self.mark();
            let frame = self.frame_mut();
            frame.valuing = false;
            if let Some(unnamed) = &mut frame.unnamed {
                unnamed.end = end;
            }
        }
    }

    fn expect_member(&mut self) {
        self.expect = if self.frame().object { Expect::KeyOrEnd } else { Expect::ValueOrEnd };
        self.fate = self.inherited();
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

    /// The key that the next value stands under.
    fn last_key(&self) -> &'t str {
        if self.depth == 0 { "" } else { self.frame().key }
    }

    /// Whether this is a string that ends where it should, or a word that JSON or JavaScript knows.
    fn is_plain(&self, token: Token<'_>) -> Result<(), Broken> {
        let plain = match token {
            // What runs to the end over other quotes has lost its own.
            Token::Quoted { quote: b'\'', content, closed: false, .. } => !content.contains('"'),
            Token::Quoted { closed, .. } => closed || self.cut || self.scan.is_inner(),
            Token::Bare(word) => {
                word.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-._$".contains(&b))
            }
            _ => false,
        };
        if plain { Ok(()) } else { Err(Broken) }
    }

    /// The same as it is read, if someone wants to know: most strings need no name.
    fn last_key_read(&self) -> Cow<'t, str> {
        if self.scan.needs_names() { unescaped(self.last_key()) } else { Cow::Borrowed("") }
    }

    /// A key or value that stays, looked through. `whole` unless the text ends in it.
    fn shown(&mut self, scan: Scan<'_>, token: Token<'t>, at: Range<usize>, whole: bool) {
        if self.hiding.is_some() {
            return;
        }
        let content = token.content();
        let kept = if whole || !self.cut { content } else { without_half(content) };
        if let Some(shown) = looked_through(scan, token, kept) {
            // What was a number is none any more.
            let quote = token.quote().unwrap_or('"');
            self.keep_to(at.start);
            self.out.text.push(quote);
            push_escaped(&mut self.out.text, &shown, quote);
            self.out.text.push(quote);
            self.out.hidden += 1;
            self.done = at.end;
        } else if kept.len() < content.len() {
            self.keep_to(at.start + usize::from(token.quote().is_some()) + kept.len());
            self.done = at.end;
        }
    }

    /// Says that a value was hidden.
    fn hid(&self, why: Why<'_>, token: Option<Token<'t>>) {
        if self.scan.is_followed() {
            let value = token.map(read).unwrap_or_default();
            self.scan.under(&self.last_key_read()).hid(why, &value);
        }
    }

    /// Says that it was hidden with what it is in.
    fn hid_inside(&self, token: Token<'t>) {
        if self.scan.is_followed() {
            self.scan.hid_too(&read(token));
        }
    }

    /// In the place of the last token.
    fn redacted(&mut self) {
        self.keep_to(self.start);
        self.out.text.extend(["\"", REDACTED, "\""]);
        self.out.hidden += 1;
        self.done = self.tokens.at();
    }

    fn keep_to(&mut self, end: usize) {
        if self.hiding.is_none() && self.done < end {
            self.out.text.push_str(&self.text[self.done..end]);
            self.done = end;
        }
    }
}

/// Whether a value may be the name of another one: `card number`, but no sentence.
fn is_name(text: &str) -> bool {
    text.len() <= LONGEST_NAME && text.bytes().filter(|byte| *byte == b' ').count() <= MOST_BLANKS
}

/// What is kept of a key or value as it is to be shown, if something in it is hidden.
fn looked_through(scan: Scan<'_>, token: Token<'_>, kept: &str) -> Option<String> {
    // Written as an escape, what cannot be seen would split what is looked for.
    let plain = if token.signs().any(Signs::BACKSLASH.and(Signs::UNSEEN)) {
        Scan::seen(unescaped(kept))
    } else {
        Cow::Borrowed(kept)
    };
    owned(scan.value(&plain))
}

/// What was changed.
fn owned(text: Cow<'_, str>) -> Option<String> {
    match text {
        Cow::Owned(changed) => Some(changed),
        Cow::Borrowed(_) => None,
    }
}

/// The words of a key or value.
fn read(token: Token<'_>) -> Cow<'_, str> {
    match token {
        Token::Quoted { content, signs, .. } if !signs.any(Signs::BACKSLASH) => {
            Cow::Borrowed(content)
        }
        token => unescaped(token.content()),
    }
}

/// Bytes of the longest value that names another one.
const LONGEST_NAME: usize = 64;
/// Blanks in it.
const MOST_BLANKS: usize = 3;
/// Characters of the longest of [`NAME_KEYS`].
const LONGEST_NAME_KEY: usize = 6;
/// Open brackets that are followed; deeper ones are not shown.
const DEEPEST: usize = 128;

#[cfg(test)]
mod tests;
