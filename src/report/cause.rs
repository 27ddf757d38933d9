//! Why it happened: the chain of errors, or a panic's text, with its place in the code.

use std::{
    any::Any,
    error::Error as StdError,
    fmt::{self, Display, Write as _},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use crate::text::{Bounded, discard};

/// How deep a chain of sources is followed.
const CHAIN: usize = 16;
/// Bytes kept of one error's text.
const TEXT: usize = 4 * 1024;
/// Bytes kept of a whole chain.
const WHOLE: usize = 16 * 1024;

/// Why it happened, copied out of the error within bounds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cause {
    /// The error's type, where it is known.
    pub(crate) error_type: Option<&'static str>,
    /// The error's text, then its sources', outermost first.
    pub(crate) chain: Vec<String>,
    /// Something was left out: a text too long, a chain too deep.
    pub(crate) cut: bool,
    pub(crate) place: Option<Place>,
}

/// A line of code.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Place {
    pub(crate) file: Arc<str>,
    pub(crate) line: u32,
}

impl Place {
    pub(crate) fn new(file: &str, line: u32) -> Self {
        Self { file: file.into(), line }
    }

    /// The file from its last `src/` on: the same on every machine that builds it.
    pub(crate) fn short_file(&self) -> &str {
        let after_slash = self.file.rfind("/src/").map(|at| at + 1);
        let start = after_slash.or_else(|| self.file.rfind("\\src\\").map(|at| at + 1));
        &self.file[start.unwrap_or(0)..]
    }
}

impl Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.short_file(), self.line)
    }
}

impl Cause {
    /// An error with its sources. A source whose text the one before already ends with is not said
    /// twice, because many errors print their source.
    pub(crate) fn of_error(error: &(dyn StdError + 'static)) -> Self {
        let mut cause = Self::of_text(&error);
        let mut next = source(error);
        // Counted by links, not by texts: a chain that goes round in a circle says nothing new.
        for _ in 0..CHAIN {
            let Some(error) = next else { return cause };
            let (text, cut) = say(&error);
            cause.cut |= cut;
            if !cause.chain.last().is_some_and(|last| last.ends_with(&text)) {
                cause.chain.push(text);
            }
            let so_far: usize = cause.chain.iter().map(String::len).sum();
            next = source(error).filter(|_| so_far < WHOLE);
        }
        cause.cut |= next.is_some();
        cause
    }

    /// A single text.
    pub(crate) fn of_text(text: &dyn Display) -> Self {
        let (text, cut) = say(text);
        Self { chain: vec![text], cut, ..Self::default() }
    }

    /// A panic's payload. Most are `&str` or `String`; of others only that there was one is known.
    pub(crate) fn of_panic(payload: &(dyn Any + Send), place: Option<Place>) -> Self {
        Self { place, ..Self::of_text(&panic_text(payload)) }
    }
}

/// What a panic said.
pub(crate) fn panic_text(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&'static str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic with a payload that is no text")
}

/// The text of the app's own `Display`, which may panic, fail or never end.
fn say(text: &dyn Display) -> (String, bool) {
    let mut sink = Bounded::new(TEXT);
    let written = catch_unwind(AssertUnwindSafe(|| write!(sink, "{text}").is_ok()));
    let (said, cut) = sink.finish();
    match written {
        Ok(_) => (said, cut),
        Err(payload) => {
            discard(payload);
            (format!("{said}[its Display panicked]"), cut)
        }
    }
}

/// The next error of the chain; `source` is the app's code too.
fn source<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    catch_unwind(AssertUnwindSafe(|| error.source())).unwrap_or_else(|payload| {
        discard(payload);
        None
    })
}
