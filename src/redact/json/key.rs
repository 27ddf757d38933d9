//! What a key says of its value. The same keys come again and again, and are remembered.

use std::borrow::Cow;

use super::{
    Expect, Machine,
    frame::{Fate, Known},
    show::{owned, read},
};
use crate::redact::{
    encoding::unescaped,
    keys::{KeyRule, Verdict, is_naming, is_valuing},
};

impl<'r, 't> Machine<'r, 't> {
    /// A key that has a colon; it may be in the output already.
    #[inline]
    pub(super) fn read_key(&mut self, is_out: bool) {
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
    pub(super) fn known_key(&mut self) -> Known<'t> {
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

    pub(super) fn fate_of(&self, name: &str) -> Fate {
        match self.scan.verdict(name) {
            Verdict::Plain => Fate::Plain,
            Verdict::Wanted => Fate::Wanted,
            Verdict::Secret(_) => Fate::Secret,
            Verdict::Unlisted => Fate::Unlisted,
        }
    }

    /// Which rule it is that hides the value under the last key.
    pub(super) fn rule(&self, fate: Fate) -> KeyRule<'r> {
        match fate {
            Fate::Unlisted => KeyRule::Unlisted,
            Fate::Secret => match self.scan.verdict(&unescaped(self.last_key())) {
                Verdict::Secret(rule) => rule,
                _ => KeyRule::Named,
            },
            _ => KeyRule::Named,
        }
    }

    /// The key that the next value stands under.
    pub(super) fn last_key(&self) -> &'t str {
        if self.depth == 0 { "" } else { self.frame().key }
    }

    /// The same as it is read, if someone wants to know: most strings need no name.
    pub(super) fn last_key_read(&self) -> Cow<'t, str> {
        if self.scan.needs_names() { unescaped(self.last_key()) } else { Cow::Borrowed("") }
    }
}

/// Keys that are remembered.
pub(super) const KNOWN: usize = 32;
