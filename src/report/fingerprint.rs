//! The two names of a failure's kind: the quick one for this process and the stable one for people.

use std::{
    fmt,
    hash::{BuildHasher, Hash, Hasher},
    sync::OnceLock,
};

use foldhash::fast::RandomState;
use siphasher::sip128::{Hasher128, SipHasher13};

use crate::severity::Severity;

/// Process-local, cheap hash of one failure's kind. Never shown, never sent: its seed is random.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Key(u64);

impl Key {
    /// The key of these parts within one layer's service, with or without the text. What is more
    /// severe goes elsewhere: it is counted apart, under the same fingerprint.
    pub(crate) fn of(
        service: &str,
        channel: Option<&str>,
        severity: Severity,
        parts: &FingerprintParts<'_>,
    ) -> Self {
        let mut hasher = seed().build_hasher();
        (service, parts.method, parts.route, parts.kind, parts.code, severity).hash(&mut hasher);
        // Most failures have none of these.
        for (which, part) in
            [channel.unwrap_or_default(), parts.error_type, parts.text].into_iter().enumerate()
        {
            if !part.is_empty() {
                (which, part).hash(&mut hasher);
            }
        }
        Self(hasher.finish())
    }

    pub(crate) const fn bits(self) -> u64 {
        self.0
    }
}

/// Length first, so that `("ab", "c")` and `("a", "bc")` differ.
fn write_part(hasher: &mut impl Hasher, part: &str) {
    // As little-endian bytes, because `write_u64` would use the machine's own order.
    hasher.write(&(part.len() as u64).to_le_bytes());
    hasher.write(part.as_bytes());
}

fn seed() -> &'static RandomState {
    static SEED: OnceLock<RandomState> = OnceLock::new();
    SEED.get_or_init(RandomState::default)
}

/// The stable name of a failure's kind: 128 bits, the same across replicas and restarts of one
/// build, and across releases unless the failing code moved to another file.
///
/// Its [short id](Fingerprint::short) is in every message: eight characters to search for.
///
/// Made by SipHash-1-3 with fixed keys over `v1`, service, environment, kind, method, route,
/// status, error type and the normalised text.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Fingerprint(u128);

/// What a fingerprint is made of; what the user's own function sees.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct FingerprintParts<'a> {
    /// `error`, `panic`, `status`, `body`, `grpc` or `cancelled`.
    pub kind: &'a str,
    /// The request's method.
    pub method: &'a str,
    /// The route's template; else the gRPC path; else the path with its ids collapsed.
    pub route: &'a str,
    /// The HTTP status, or the gRPC code where `kind` is `grpc`; 0 if there is none.
    pub code: u16,
    /// The error's type without generics, or a panic's file from its last `src/` on.
    pub error_type: &'a str,
    /// The cause's text with ids, numbers, addresses and quoted values collapsed, at most 128
    /// characters.
    pub text: &'a str,
}

/// The user's own grouping: sees the parts and the default, gives the fingerprint.
pub(crate) type FingerprintFn =
    dyn Fn(&FingerprintParts<'_>, Fingerprint) -> Fingerprint + Send + Sync;

impl Fingerprint {
    /// The default fingerprint of these parts.
    pub(crate) fn of(service: &str, environment: &str, parts: &FingerprintParts<'_>) -> Self {
        let code = parts.code.to_string();
        Self::from_text_parts([
            "v1",
            service,
            environment,
            parts.kind,
            parts.method,
            parts.route,
            &code,
            parts.error_type,
            parts.text,
        ])
    }

    /// A fingerprint of your own words: equal words, equal fingerprint.
    ///
    /// ```
    /// use tower_bell::Fingerprint;
    ///
    /// let all_database_errors = Fingerprint::new(["database"]);
    /// assert_eq!(all_database_errors, Fingerprint::new(["database"]));
    /// assert_ne!(Fingerprint::new(["ab", "c"]), Fingerprint::new(["a", "bc"]));
    /// ```
    #[must_use]
    pub fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        Self::from_text_parts(["own"].into_iter().chain(words))
    }

    fn from_text_parts<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hasher = SipHasher13::new_with_keys(0x746f_7765_722d_6265, 0x6c6c_2066_7020_7631);
        for part in parts {
            write_part(&mut hasher, part);
        }
        Self(hasher.finish128().as_u128())
    }

    /// The short id that stands in every message: eight characters of `0-9a-z` without `i l o u`.
    #[must_use]
    pub fn short(self) -> String {
        const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        (0..8).map(|i| char::from(LETTERS[(self.0 >> (123 - 5 * i)) as usize & 31])).collect()
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({:032x})", self.0)
    }
}

/// All 128 bits in 32 hexadecimal digits.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> FingerprintParts<'static> {
        FingerprintParts {
            kind: "status",
            method: "POST",
            route: "/checkout",
            code: 500,
            error_type: "",
            text: "charge failed",
        }
    }

    #[test]
    fn the_fingerprint_never_changes() {
        let fingerprint = Fingerprint::of("shop-api", "production", &parts());
        // Written down: replicas, restarts and releases must agree with it.
        assert_eq!(fingerprint.to_string(), "3ae97b4ab5684de1439f4e1f24215da8");
        assert_eq!(fingerprint.short().len(), 8);
    }

    #[test]
    fn every_part_counts() {
        let base = parts();
        let variants = [
            FingerprintParts { kind: "panic", ..base },
            FingerprintParts { method: "GET", ..base },
            FingerprintParts { route: "/checkout/{id}", ..base },
            FingerprintParts { code: 503, ..base },
            FingerprintParts { error_type: "io::Error", ..base },
            FingerprintParts { text: "", ..base },
        ];
        let print = |parts| Fingerprint::of("s", "e", &parts);
        let key = |parts| Key::of("s", None, Severity::Error, &parts);
        for variant in variants {
            assert_ne!(print(variant), print(base), "{variant:?}");
            assert_ne!(key(variant), key(base), "{variant:?}");
        }
        assert_ne!(Fingerprint::of("admin", "e", &base), print(base));
        assert_ne!(Fingerprint::of("s", "staging", &base), print(base));
        assert_ne!(Key::of("admin", None, Severity::Error, &base), key(base));
        assert_ne!(Key::of("s", Some("#admin"), Severity::Error, &base), key(base));
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let base = parts();
        let left = FingerprintParts { method: "GE", route: "T/", ..base };
        let right = FingerprintParts { method: "GET", route: "/", ..base };
        assert_ne!(Fingerprint::of("s", "", &left), Fingerprint::of("s", "", &right));
        assert_ne!(
            Key::of("s", None, Severity::Error, &left),
            Key::of("s", None, Severity::Error, &right)
        );
    }
}
