//! What stays, and what stands for what does not. Text that stays is copied in long pieces: only where
//! something is hidden, or left out, is it copied up to there.

use std::borrow::Cow;

use super::{Expect, Key, Machine, token::Tokens};
use crate::redact::{
    encoding::{push_escaped, unescaped},
    keys::KeyRule,
    placeholder::REDACTED,
    scan::{Scan, without_half},
    trail::Why,
};

impl<'r, 't> Machine<'r, 't> {
    /// Names and values can no longer be told apart.
    pub(super) fn give_up(&mut self) {
        self.without_pending_key(self.tokens.start());
        self.end_open_value();
        let in_value = matches!(self.expect, Expect::Value | Expect::ValueOrEnd);
        let in_value = in_value && self.hiding.is_none();
        // Written so that it reads the same the next time.
        let rest = if in_value { "\"[redacted]\"" } else { REDACTED };
        self.out.text.push_str(rest);
        self.out.hidden += 1;
        self.scan.hid(Why::Broken, "");
        self.scan.hid_words(&self.text[self.tokens.start()..]);
    }

    /// Keeps what is up to here, but no key without its colon.
    pub(super) fn without_pending_key(&mut self, end: usize) {
        match self.key {
            Some(Key { without: Some(length), .. }) if self.hiding.is_none() => {
                self.out.text.truncate(length);
            }
            Some(key) => self.keep_to(key.tokens.start()),
            None => self.keep_to(end),
        }
    }

    #[cold]
    pub(super) fn leave_comment_out(&mut self) {
        if let Some(Key { tokens, without: None }) = self.key {
            self.keep_to(tokens.start());
            self.key = Some(Key { tokens, without: Some(self.out.text.len()) });
        }
        self.keep_to(self.tokens.start());
        self.done = self.tokens.at();
    }

    /// Whether anything in what was read last may have to be hidden.
    #[inline]
    pub(super) fn may_find(&self) -> bool {
        let tokens = &self.tokens;
        // A document, or blanks before one.
        let begins = matches!(tokens.first_inside(), Some(b' ' | b'{' | b'[' | b'<'));
        let length = tokens.at() - tokens.start();
        begins
            || !tokens.is_plain()
            || self.scan.may_find(length, || tokens.content())
            || self.cut && !tokens.is_whole()
    }

    /// A key or value that stays, looked through. Its last word may be half of something.
    pub(super) fn shown(&mut self, scan: Scan<'_>) {
        let token = self.tokens;
        let content = token.content();
        let is_whole = token.is_whole() || !self.cut;
        let kept = if is_whole { content } else { without_half(content) };
        if !is_whole {
            scan.cut_text(&read(&token));
        }
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
    pub(super) fn hid(&self, why: Why<'_>, value: &str) {
        if self.scan.is_followed() {
            self.scan.under(&self.last_key_read()).hid(why, value);
        }
    }

    /// Says that it was hidden with what it is in.
    pub(super) fn hid_inside(&self) {
        if self.scan.is_followed() {
            self.scan.hid_too(&read(&self.tokens));
        }
    }

    /// Says what a member is.
    pub(super) fn field(&self, rule: Option<KeyRule<'r>>) {
        if self.depth > 0 && self.frame().object {
            self.scan.field(&self.last_key_read(), &read(&self.tokens), rule, self.depth);
        }
    }

    /// In the place of the last token.
    pub(super) fn redacted(&mut self) {
        self.keep_to(self.tokens.start());
        self.out.text.extend(["\"", REDACTED, "\""]);
        self.out.hidden += 1;
        self.done = self.tokens.at();
    }

    pub(super) fn keep_to(&mut self, end: usize) {
        if self.hiding.is_none() && self.done < end {
            self.out.text.push_str(&self.text[self.done..end]);
            self.done = end;
        }
    }
}

/// What is kept of a key or value as it is to be shown, if something in it is hidden.
fn looked_through(scan: Scan<'_>, token: &Tokens<'_>, kept: &str) -> Option<String> {
    // Written as an escape, what cannot be seen would split what is looked for.
    let plain = if token.is_plain() { Cow::Borrowed(kept) } else { Scan::seen(unescaped(kept)) };
    owned(scan.value(&plain))
}

/// What was changed.
pub(super) fn owned(text: Cow<'_, str>) -> Option<String> {
    match text {
        Cow::Owned(changed) => Some(changed),
        Cow::Borrowed(_) => None,
    }
}

/// The words of the last token.
pub(super) fn read<'t>(tokens: &Tokens<'t>) -> Cow<'t, str> {
    let content = tokens.content();
    if tokens.is_plain() { Cow::Borrowed(content) } else { unescaped(content) }
}
