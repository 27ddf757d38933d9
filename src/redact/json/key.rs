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
    trail::Why,
};

impl<'r, 't> Machine<'r, 't> {
    /// A key that has a colon; it may be in the output already.
    #[inline]
    pub(super) fn read_key(&mut self, is_out: bool) {
        self.expect = Expect::Value;
        if self.hiding.is_some() {
            return;
        }
        let Known { key, fate, is_name, is_value, stays, .. } = self.known_key();
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

    /// Reads the next key together with its colon if it is the one that came here the last time, as
    /// in the objects of a list. One that hides nothing need not be looked at otherwise.
    #[inline]
    pub(super) fn read_same_key(&mut self) {
        let next = self.known[usize::from(self.last)].next;
        let Known { key, is_name, is_value, hides_nothing, .. } = self.known[usize::from(next)];
        let may_be = hides_nothing && self.hiding.is_none() && !self.frame().secret_name;
        if may_be && self.tokens.takes_key(key) {
            self.last = next;
            self.expect = Expect::Value;
            self.fate = Fate::Plain;
            self.quiet = !is_name && !is_value;
            let frame = self.frame_mut();
            frame.naming = is_name;
            frame.valuing = is_value;
            frame.key = key;
        }
    }

    /// What is known of the key that was read. The same keys come again and again.
    fn known_key(&mut self) -> Known<'t> {
        let key = self.tokens.content();
        let place = place_of(key);
        self.known[usize::from(self.last)].next = place;
        self.last = place;
        let known = self.known[usize::from(place)];
        if known.key == key && !key.is_empty() {
            return known;
        }
        let known = Known { next: known.next, ..self.unknown_key(key) };
        self.known[usize::from(place)] = known;
        known
    }

    fn unknown_key(&self, key: &'t str) -> Known<'t> {
        let name = read(&self.tokens);
        let fate = self.fate_of(&name);
        let (is_name, is_value) = (is_naming(&name), is_valuing(&name));
        let stays = !self.may_find()
            || self.tokens.is_plain() && owned(self.scan.unfollowed().value(key)).is_none();
        let hides_nothing = self.tokens.is_whole_string()
            && self.tokens.first() == b'"'
            && matches!(fate, Fate::Plain)
            && stays
            && !self.scan.needs_names();
        Known { key, fate, is_name, is_value, stays, hides_nothing, next: 0 }
    }

    pub(super) fn fate_of(&self, name: &str) -> Fate {
        match self.scan.verdict(name) {
            Verdict::Plain => Fate::Plain,
            Verdict::Wanted => Fate::Wanted,
            Verdict::Secret(_) => Fate::Secret,
            Verdict::Unlisted => Fate::Unlisted,
        }
    }

    /// Says that a value was hidden by its key, or by a name beside it.
    pub(super) fn hid_by_key(&self, fate: Fate, value: &str) {
        // Looking the rule up is slow, and mostly nobody asks for it.
        if self.scan.is_followed() {
            self.hid(Why::Key(self.rule(fate)), value);
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

/// Where a key is remembered.
fn place_of(key: &str) -> u8 {
    let byte = |at: usize| key.as_bytes().get(at).copied().unwrap_or_default();
    let length = key.len().to_le_bytes()[0];
    let mixed = byte(0).wrapping_mul(3).wrapping_add(byte(key.len() / 2).wrapping_mul(5));
    length.wrapping_add(mixed) % KNOWN
}

/// Keys that are remembered.
pub(super) const KNOWN: u8 = 64;
