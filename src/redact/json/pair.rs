//! Values that stand beside their name: `{"name": "password", "value": "x"}`, in any order, and
//! `["password", "x"]`.

use std::{borrow::Cow, mem};

use super::{
    Expect, Machine,
    frame::{Fate, Frame, Mark, Unnamed},
    show::read,
};
use crate::redact::{
    keys::{KeyRule, is_naming},
    rules::VALUE_KEY,
    scan::Scan,
    trail::Why,
};

impl<'r, 't> Machine<'r, 't> {
    /// The same of a key that may name another value, or be named.
    pub(super) fn fate_of_pair(&self, fate: Fate, is_name: bool, is_value: bool) -> Fate {
        let frame = self.frame();
        if is_value && frame.secret_name {
            return Fate::Named;
        }
        // In `{"key": "colour", "value": "red"}` the key is a name and hides nothing. What hides
        // nothing anyway spares the look ahead.
        let may_hide = !matches!(fate, Fate::Plain);
        if is_name && may_hide && (frame.unnamed.is_some() || self.tokens.value_follows(VALUE_KEY))
        {
            return Fate::Plain;
        }
        fate
    }

    /// The same of one that may be a name, or have one.
    pub(super) fn begin_paired(&mut self, is_scalar: bool, fate: Fate) -> Fate {
        let name = (is_scalar && self.wants_name()).then(|| read(&self.tokens));
        let names = name.is_some_and(|name| self.names_secret(&name));
        let whole = is_scalar && self.tokens.is_whole();
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

    /// Whether a value is the name of a secret.
    fn names_secret(&self, name: &str) -> bool {
        is_name(name) && self.scan.rules.keys.is_secret(name)
            || self.scan.stays_secret(&Scan::seen(Cow::Borrowed(name)), is_name)
    }

    /// A value that is still being read ends here, should its name have followed.
    pub(super) fn end_open_value(&mut self) {
        // A name that the grammar breaks behind need not be whole.
        if self.expect == Expect::CommaOrEnd && is_naming(self.last_key()) {
            self.frame_mut().named = false;
        }
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

    /// Hides the value that stood before the secret's name in this object.
    pub(super) fn hide_value_of(&mut self, depth: usize) {
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
    pub(super) fn hide_unnamed(&mut self) {
        for depth in (0..self.depth).rev() {
            if !self.frames[depth].named {
                self.hide_value_of(depth);
            }
        }
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { text: self.out.text.len(), hidden: self.out.hidden }
    }

    /// Whether a string here may be the name of another value.
    pub(super) fn wants_name(&self) -> bool {
        let frame = self.frame();
        self.depth > 0 && if frame.object { frame.naming } else { !frame.begun }
    }

    /// Where the value ends whose name may follow.
    pub(super) fn end_unnamed(&mut self) {
        self.keep_to(self.tokens.at());
        let end = self.mark();
        let frame = self.frame_mut();
        frame.valuing = false;
        if let Some(unnamed) = &mut frame.unnamed {
            unnamed.end = end;
        }
    }
}

/// Whether a value may be the name of another one: `card number`, but no sentence.
fn is_name(text: &str) -> bool {
    text.len() <= LONGEST_NAME && text.bytes().filter(|byte| *byte == b' ').count() <= MOST_BLANKS
}

/// Bytes of the longest value that names another one.
pub(super) const LONGEST_NAME: usize = 64;
/// Blanks in it.
const MOST_BLANKS: usize = 3;
