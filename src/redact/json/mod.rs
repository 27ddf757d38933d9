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
    keys::{KeyRule, Verdict, is_naming, is_valuing},
    placeholder::{OPEN, REDACTED},
    rules::VALUE_KEY,
    scan::{Hiding, Scan, without_half},
    trail::Why,
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
    known: [Known<'t>; KNOWN],
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

/// What is known of a key.
#[derive(Clone, Copy, Default)]
struct Known<'t> {
    key: &'t str,
    fate: Fate,
    is_name: bool,
    is_value: bool,
    /// Nothing in it is hidden or has to be removed.
    stays: bool,
}

#[derive(Clone, Copy, Default)]
enum Fate {
    #[default]
    Plain,
    Wanted,
    /// Hidden by its key.
    Secret,
    /// Hidden by a name beside it.
    Named,
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
            done: 0,
            cut,
            out: Hiding { text: String::with_capacity(text.len() + 16), hidden: 0 },
            frames: [Frame::default(); DEEPEST],
            depth: 0,
            expect: Expect::Document,
            key: None,
            known: [Known::default(); KNOWN],
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

    #[cold]
    fn leave_comment_out(&mut self) {
        if let Some(Key { tokens, without: None }) = self.key {
            self.keep_to(tokens.start());
            self.key = Some(Key { tokens, without: Some(self.out.text.len()) });
        }
        self.keep_to(self.tokens.start());
        self.done = self.tokens.at();
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

    /// Names and values can no longer be told apart.
    fn give_up(&mut self) {
        self.without_pending_key(self.tokens.start());
        let in_value = matches!(self.expect, Expect::Value | Expect::ValueOrEnd);
        // Written so that it reads the same the next time.
        let rest = if in_value { "\"[redacted]\"" } else { REDACTED };
        self.out.text.push_str(rest);
        self.out.hidden += 1;
        self.scan.hid(Why::Broken, "");
        self.scan.hid_words(&self.text[self.tokens.start()..]);
    }

    /// Keeps what is up to here, but no key without its colon.
    fn without_pending_key(&mut self, end: usize) {
        match self.key {
            Some(Key { without: Some(length), .. }) if self.hiding.is_none() => {
                self.out.text.truncate(length);
            }
            Some(key) => self.keep_to(key.tokens.start()),
            None => self.keep_to(end),
        }
    }

    fn open(&mut self) -> Result<(), Broken> {
        if self.depth == DEEPEST {
            return Err(Broken);
        }
        self.quiet = false;
        let fate = self.begin_value(false);
        if matches!(fate, Fate::Secret | Fate::Named) && self.hiding.is_none() {
            self.hid(Why::Key(self.rule(fate)), "");
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

    /// A key that has a colon; it may be in the output already.
    #[inline]
    fn read_key(&mut self, is_out: bool) {
        self.expect = Expect::Value;
        if self.hiding.is_some() {
            return;
        }
        let Known { key, fate, is_name, is_value, stays } = self.known_key();
        let paired = is_name || is_value || self.frame().secret_name;
        self.fate = if paired { self.fate_of_pair(fate, is_name, is_value) } else { fate };
        self.quiet = !paired && matches!(fate, Fate::Plain) && !self.scan.needs_names();
        let frame = self.frame_mut();
        frame.naming = is_name;
        frame.valuing = is_value;
        frame.key = key;
        if !is_out && !stays {
            self.shown(self.scan);
        }
    }

    /// What is known of the key that was read. The same keys come again and again.
    fn known_key(&mut self) -> Known<'t> {
        let key = self.tokens.content();
        let byte = |at: usize| key.as_bytes().get(at).copied().map_or(0, usize::from);
        let place = (key.len() + 3 * byte(0) + 5 * byte(key.len() / 2)) % KNOWN;
        let known = self.known[place];
        if known.key == key && !key.is_empty() {
            return known;
        }
        let name = read(&self.tokens);
        let known = Known {
            key,
            fate: self.fate_of(&name),
            is_name: is_naming(&name),
            is_value: is_valuing(&name),
            stays: !self.may_find()
                || self.tokens.is_plain() && owned(self.scan.unfollowed().value(key)).is_none(),
        };
        self.known[place] = known;
        known
    }

    fn fate_of(&self, name: &str) -> Fate {
        match self.scan.verdict(name) {
            Verdict::Plain => Fate::Plain,
            Verdict::Wanted => Fate::Wanted,
            Verdict::Secret(_) => Fate::Secret,
            Verdict::Unlisted => Fate::Unlisted,
        }
    }

    /// The same of a key that may name another value, or be named.
    fn fate_of_pair(&self, fate: Fate, is_name: bool, is_value: bool) -> Fate {
        let frame = self.frame();
        if is_value && frame.secret_name {
            return Fate::Named;
        }
        // In `{"key": "colour", "value": "red"}` the key is a name and hides nothing.
        if is_name && (frame.unnamed.is_some() || self.tokens.value_follows(VALUE_KEY)) {
            return Fate::Plain;
        }
        fate
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
        let is_constant = self.tokens.is_constant() && is_whole;
        if is_hidden && !is_constant && !self.tokens.content().is_empty() {
            self.hid(Why::Key(self.rule(fate)), &read(&self.tokens));
            // As it was sent, should a text repeat that.
            self.scan.hid_too(self.tokens.content());
            return self.redacted();
        }
        let key = self.last_key_read();
        let scan = self.scan.under(&key);
        self.shown(if is_wanted { scan.wanted() } else { scan });
    }

    /// Which rule it is that hides the value under the last key.
    fn rule(&self, fate: Fate) -> KeyRule<'r> {
        match fate {
            Fate::Unlisted => KeyRule::Unlisted,
            Fate::Secret => match self.scan.verdict(&unescaped(self.last_key())) {
                Verdict::Secret(rule) => rule,
                _ => KeyRule::Named,
            },
            _ => KeyRule::Named,
        }
    }

    /// Says what a member is.
    fn field(&self, rule: Option<KeyRule<'r>>) {
        if self.depth > 0 && self.frame().object {
            self.scan.field(&self.last_key_read(), &read(&self.tokens), rule, self.depth);
        }
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

    /// The same of one that may be a name, or have one.
    fn begin_paired(&mut self, is_scalar: bool, fate: Fate) -> Fate {
        let quoted = is_scalar && self.tokens.is_quoted();
        let name = (quoted && self.wants_name()).then(|| read(&self.tokens));
        let names =
            name.is_some_and(|name| is_name(&name) && self.scan.rules.keys.is_secret(&name));
        let whole = !quoted || self.tokens.is_whole();
        if self.frame().valuing {
            self.keep_to(self.tokens.start());
        }
        let mark = self.mark();
        let Frame { object, begun, secret_name, .. } = *self.frame();
        // `["password", "x"]`, but not `["password", "email", "name"]`.
        let paired = !object && begun && secret_name && (!is_scalar || self.tokens.array_ends());
        let fate = if paired { Fate::Named } else { fate };
        let secret = matches!(fate, Fate::Secret | Fate::Named);
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

    /// Whether anything in what was read last may have to be hidden.
    #[inline]
    fn may_find(&self) -> bool {
        let tokens = &self.tokens;
        // A document, or blanks before one.
        let begins = matches!(tokens.first_inside(), Some(b' ' | b'{' | b'[' | b'<'));
        let length = tokens.at() - tokens.start();
        begins
            || !tokens.is_plain()
            || self.scan.may_find(length, || tokens.content())
            || self.cut && !tokens.is_whole()
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

    /// Hides the value that stood before the secret's name in this object.
    fn hide_value_of(&mut self, depth: usize) {
        let Some(Unnamed { start, end }) = self.frames[depth].unnamed.take() else {
            return;
        };
        let value = start.text..end.text;
        if !["", "\"\"", "''", "null", "true", "false"].contains(&&self.out.text[value.clone()]) {
            self.hid(Why::Key(KeyRule::Named), "");
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

    /// Where the value ends whose name may follow.
    fn end_unnamed(&mut self) {
        self.keep_to(self.tokens.at());
        let end = self.mark();
        let frame = self.frame_mut();
        frame.valuing = false;
        if let Some(unnamed) = &mut frame.unnamed {
            unnamed.end = end;
        }
    }

    fn expect_member(&mut self) {
        if self.frame().object {
            self.expect = Expect::KeyOrEnd;
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

    /// The key that the next value stands under.
    fn last_key(&self) -> &'t str {
        if self.depth == 0 { "" } else { self.frame().key }
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

    /// The same as it is read, if someone wants to know: most strings need no name.
    fn last_key_read(&self) -> Cow<'t, str> {
        if self.scan.needs_names() { unescaped(self.last_key()) } else { Cow::Borrowed("") }
    }

    /// A key or value that stays, looked through. Its last word may be half of something.
    fn shown(&mut self, scan: Scan<'_>) {
        let token = self.tokens;
        let content = token.content();
        let is_whole = token.is_whole() || !self.cut;
        let kept = if is_whole { content } else { without_half(content) };
        if let Some(shown) = looked_through(scan, &token, kept) {
            // What was a number is none any more.
            let quote = if token.is_quoted() { char::from(token.first()) } else { '"' };
            self.keep_to(token.start());
            self.out.text.push(quote);
            push_escaped(&mut self.out.text, &shown, quote);
            self.out.text.push(quote);
            self.out.hidden += 1;
            self.done = token.at();
        } else if kept.len() < content.len() {
            self.keep_to(token.start() + usize::from(token.is_quoted()) + kept.len());
            self.done = token.at();
        }
    }

    /// Says that a value was hidden.
    fn hid(&self, why: Why<'_>, value: &str) {
        if self.scan.is_followed() {
            self.scan.under(&self.last_key_read()).hid(why, value);
        }
    }

    /// Says that it was hidden with what it is in.
    fn hid_inside(&self) {
        if self.scan.is_followed() {
            self.scan.hid_too(&read(&self.tokens));
        }
    }

    /// In the place of the last token.
    fn redacted(&mut self) {
        self.keep_to(self.tokens.start());
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
fn looked_through(scan: Scan<'_>, token: &Tokens<'_>, kept: &str) -> Option<String> {
    // Written as an escape, what cannot be seen would split what is looked for.
    let plain = if token.is_plain() { Cow::Borrowed(kept) } else { Scan::seen(unescaped(kept)) };
    owned(scan.value(&plain))
}

/// What was changed.
fn owned(text: Cow<'_, str>) -> Option<String> {
    match text {
        Cow::Owned(changed) => Some(changed),
        Cow::Borrowed(_) => None,
    }
}

/// The words of the last token.
fn read<'t>(tokens: &Tokens<'t>) -> Cow<'t, str> {
    let content = tokens.content();
    if tokens.is_plain() { Cow::Borrowed(content) } else { unescaped(content) }
}

/// Keys that are remembered.
const KNOWN: usize = 32;
/// Bytes of the longest value that names another one.
const LONGEST_NAME: usize = 64;
/// Blanks in it.
const MOST_BLANKS: usize = 3;
/// Open brackets that are followed; deeper ones are not shown.
const DEEPEST: usize = 64;

#[cfg(test)]
mod tests;
