//! A first look at a key: most keys have nothing in them that any rule names, and an automaton of all
//! the names at once says so with one step for each letter.

use std::{
    fmt,
    sync::{Arc, LazyLock},
};

use aho_corasick::{
    Anchored,
    automaton::{Automaton, StateID},
    dfa::DFA,
};

use crate::redact::rules::{PERSONAL_KEYS, STEMS, WORDS};

/// All the names that rules know.
#[derive(Clone)]
pub(super) struct Filter {
    /// And the state to begin with. `None`: there are too many, and every key is looked up.
    names: Option<(Arc<DFA>, StateID)>,
}

impl Filter {
    /// The default names and the app's own.
    pub(super) fn with<'n>(own: impl Iterator<Item = &'n String>) -> Self {
        let own = own.map(String::as_str).filter(|name| !name.is_empty());
        let names = [STEMS, WORDS, PERSONAL_KEYS, &["key"]].into_iter().flatten().copied();
        let names = DFA::builder().ascii_case_insensitive(true).build(names.chain(own)).ok();
        let start = |names: DFA| Some((names.start_state(Anchored::No).ok()?, names));
        Self { names: names.and_then(start).map(|(start, names)| (Arc::new(names), start)) }
    }

    /// Whether a rule may know this key. `false` is certain.
    pub(super) fn may_match(&self, key: &str) -> bool {
        let Some((names, start)) = &self.names else { return true };
        let mut state = *start;
        // A longer one is hidden for its length.
        if key.len() > super::LONGEST {
            return true;
        }
        for byte in key.bytes() {
            match CLASSES[usize::from(byte)] {
                Class::Letter => {
                    state = names.next_state(Anchored::No, state, byte);
                    if names.is_match(state) {
                        return true;
                    }
                }
                Class::Between => {}
                Class::Unclear => return true,
            }
        }
        false
    }
}

#[derive(Clone, Copy)]
enum Class {
    Letter,
    /// What stands between words is not part of any name.
    Between,
    /// Encoded, or compared in another way.
    Unclear,
}

static CLASSES: [Class; 256] = {
    let mut classes = [Class::Between; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => Class::Letter,
            b'%' | 0x80.. => Class::Unclear,
            _ => Class::Between,
        };
        byte += 1;
    }
    classes
};

impl Default for Filter {
    fn default() -> Self {
        static DEFAULT: LazyLock<Filter> = LazyLock::new(|| Filter::with([].iter()));
        DEFAULT.clone()
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filter").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_keys_with_a_name_in_them_are_looked_up() {
        let own = ["tenant".to_owned()];
        let filter = Filter::with(own.iter());
        for key in
            ["password", "PassWord", "p-a-s-s-w-o-r-d", "xpinx", "%70in", "größe", "myTenantId"]
        {
            assert!(filter.may_match(key), "{key}");
        }
        for key in ["sku", "name", "created_at", "quantity", "", "[0].x"] {
            assert!(!filter.may_match(key), "{key}");
        }
        assert!(filter.may_match(&"b".repeat(129)));
    }
}
