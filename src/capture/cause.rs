//! How the cause of a failing response reaches the layer: attached to the response by hand, or left
//! in its extensions by the app's own error type.

use std::{
    any::{Any, type_name},
    error::Error as StdError,
    fmt::Debug,
    panic::Location,
    sync::Arc,
};

use http::{Extensions, Response};

use crate::report::Place;

/// Any error that can be sent between threads.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// Attaches a cause to a response of your own making, so that the message says why.
///
/// ```
/// use http::{Response, StatusCode};
/// use tower_bell::ResponseExt;
///
/// let error = std::io::Error::other("disk full");
/// let response = Response::builder()
///     .status(StatusCode::INTERNAL_SERVER_ERROR)
///     .body("sorry")?
///     .with_cause(error);
/// # Ok::<_, http::Error>(())
/// ```
pub trait ResponseExt: sealed::Sealed + Sized {
    /// Attaches the cause and the calling line. The response's bytes do not change.
    #[must_use]
    #[track_caller]
    fn with_cause<E: Into<BoxError>>(self, error: E) -> Self;
}

impl<B> ResponseExt for Response<B> {
    #[track_caller]
    fn with_cause<E: Into<BoxError>>(mut self, error: E) -> Self {
        self.extensions_mut().insert(Attached::new(error, Location::caller()));
        self
    }
}

#[allow(unnameable_types, reason = "that is what seals the trait")]
mod sealed {
    pub trait Sealed {}
    impl<B> Sealed for http::Response<B> {}
}

/// A cause in a response's extensions.
#[derive(Clone)]
pub(crate) struct Attached {
    // In an `Arc`, because extensions must be `Clone`.
    error: Arc<dyn StdError + Send + Sync>,
    error_type: Option<&'static str>,
    location: &'static Location<'static>,
    critical: bool,
    answer: Option<&'static str>,
}

impl Attached {
    pub(crate) fn new<E: Into<BoxError>>(error: E, location: &'static Location<'static>) -> Self {
        Self {
            error: error.into().into(),
            error_type: plain_name(type_name::<E>()),
            location,
            critical: false,
            answer: None,
        }
    }

    #[cfg(feature = "axum-08")]
    pub(crate) fn critical(self) -> Self {
        Self { critical: true, ..self }
    }

    /// The response that this is attached to says exactly this.
    #[cfg(feature = "axum-08")]
    pub(crate) fn answering(self, text: &'static str) -> Self {
        Self { answer: Some(text), ..self }
    }

    pub(crate) fn answer(&self) -> Option<&'static str> {
        self.answer
    }

    pub(crate) fn is_critical(&self) -> bool {
        self.critical
    }

    pub(crate) fn error(&self) -> &(dyn StdError + 'static) {
        &*self.error
    }

    pub(crate) fn error_type(&self) -> Option<&'static str> {
        self.error_type
    }

    pub(crate) fn place(&self) -> Place {
        Place::new(self.location.file(), self.location.line())
    }
}

/// A cause of a type that the user named.
#[derive(Clone, Copy)]
pub(crate) enum CauseRef<'a> {
    Error(&'a (dyn StdError + 'static)),
    Debug(&'a dyn Debug),
}

/// Looks for the user's `E` in extensions and in a service's own error.
#[derive(Clone, Copy)]
pub(crate) struct CauseFinder {
    pub(crate) error_type: Option<&'static str>,
    pub(crate) in_extensions: fn(&Extensions) -> Option<CauseRef<'_>>,
    pub(crate) in_error: fn(&dyn Any) -> Option<CauseRef<'_>>,
    pub(crate) in_box: for<'a> fn(&'a (dyn StdError + 'static)) -> Option<CauseRef<'a>>,
}

impl CauseFinder {
    pub(crate) fn of_error<E: StdError + Send + Sync + 'static>() -> Self {
        Self {
            error_type: plain_name(type_name::<E>()),
            in_extensions: |extensions| find::<E>(extensions).map(|e| CauseRef::Error(e)),
            in_error: |error| error.downcast_ref::<E>().map(|e| CauseRef::Error(e)),
            in_box: |error| error.downcast_ref::<E>().map(|e| CauseRef::Error(e)),
        }
    }

    pub(crate) fn of_debug<E: Debug + Send + Sync + 'static>() -> Self {
        Self {
            error_type: plain_name(type_name::<E>()),
            in_extensions: |extensions| find::<E>(extensions).map(|e| CauseRef::Debug(e)),
            in_error: |error| error.downcast_ref::<E>().map(|e| CauseRef::Debug(e)),
            in_box: |_| None,
        }
    }
}

/// `Arc<E>` first: extensions must be `Clone`, most errors are not.
fn find<E: Send + Sync + 'static>(extensions: &Extensions) -> Option<&E> {
    extensions.get::<Arc<E>>().map(|error| &**error).or_else(|| extensions.get::<E>())
}

/// A type's name without generics, or `None` for types that say nothing of the error: strings,
/// boxes and the catch-all errors.
pub(crate) fn plain_name(name: &'static str) -> Option<&'static str> {
    let says_nothing = name.starts_with('&')
        || name.contains("dyn ")
        || ["alloc::string::String", "anyhow::Error", "eyre::Report"].contains(&name);
    (!says_nothing).then(|| name.split('<').next().unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_without_meaning_are_left_out() {
        assert_eq!(plain_name(type_name::<&str>()), None);
        assert_eq!(plain_name(type_name::<String>()), None);
        assert_eq!(plain_name(type_name::<BoxError>()), None);
        assert_eq!(plain_name(type_name::<anyhow::Error>()), None);
        assert_eq!(plain_name(type_name::<std::io::Error>()), Some("std::io::error::Error"));
        assert_eq!(plain_name(type_name::<Vec<u8>>()), Some("alloc::vec::Vec"));
    }

    #[test]
    fn an_error_is_found_bare_and_in_an_arc() {
        #[derive(Clone, Debug, PartialEq)]
        struct Mine(u8);
        let mut extensions = Extensions::new();
        assert_eq!(find::<Mine>(&extensions), None);
        extensions.insert(Mine(1));
        assert_eq!(find::<Mine>(&extensions), Some(&Mine(1)));
        extensions.insert(Arc::new(Mine(2)));
        assert_eq!(find::<Mine>(&extensions), Some(&Mine(2)));
    }
}
