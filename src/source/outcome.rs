//! What a job may end with, and what is said of it.

use std::{
    any::type_name,
    error::Error,
    ops::Deref,
    panic::{AssertUnwindSafe, catch_unwind},
};

pub(super) use self::sealed::Told;
use crate::{
    report::{Cause, job::Summary},
    text::discard,
};

/// What a job that went well has to say. For a type of your own:
///
/// ```
/// use tower_bell::{Summarize, Summary};
///
/// struct Sent {
///     mails: u64,
/// }
///
/// impl Summarize for Sent {
///     fn summarize(&self) -> Summary {
///         Summary::new().count("mails", self.mails)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what a job did",
    note = "return `()` or `tower_bell::Summary`, or implement `tower_bell::Summarize`"
)]
pub trait Summarize {
    /// Called once, when the job has ended. A panic in it is caught, and noted.
    fn summarize(&self) -> Summary;
}

impl Summarize for () {
    fn summarize(&self) -> Summary {
        Summary::new()
    }
}

impl Summarize for Summary {
    fn summarize(&self) -> Summary {
        self.clone()
    }
}

/// What a job may give: something that is [`Summarize`], or a `Result` of that. Its error is shown
/// with its sources if it implements [`Error`] or is a box of one (`Box<dyn Error>`,
/// `anyhow::Error`, `eyre::Report`); it may be a `String` or `&str` too.
///
/// Sealed. `M` says which of these it is; the compiler finds it.
#[diagnostic::on_unimplemented(
    message = "a job cannot end with `{Self}`",
    label = "this job does",
    note = "it may end with `()`, `tower_bell::Summary` or what implements `tower_bell::Summarize`, \
            or with a `Result` of these",
    note = "the error of a `Result` may implement `Error`, be a box of one (anyhow's and eyre's \
            too), a `String` or a `&'static str`"
)]
pub trait Outcome<M> {
    #[doc(hidden)]
    fn told(&self) -> Told;
}

impl<T: Summarize> Outcome<sealed::Plain> for T {
    fn told(&self) -> Told {
        Told(Ok(summary(self)))
    }
}

impl<T: Summarize, E: Error + 'static> Outcome<sealed::Erring> for Result<T, E> {
    fn told(&self) -> Told {
        let error_type = Some(type_name::<E>());
        told(self, |error| Cause { error_type, ..Cause::of_error(error) })
    }
}

impl<T, E> Outcome<sealed::Boxed> for Result<T, E>
where
    T: Summarize,
    E: Deref<Target = dyn Error + Send + Sync + 'static>,
{
    fn told(&self) -> Told {
        told(self, |error| Cause::of_error(&**error))
    }
}

impl<T, E> Outcome<sealed::BoxedLocal> for Result<T, E>
where
    T: Summarize,
    E: Deref<Target = dyn Error + 'static>,
{
    fn told(&self) -> Told {
        told(self, |error| Cause::of_error(&**error))
    }
}

impl<T: Summarize, E: Deref<Target = str>> Outcome<sealed::Text> for Result<T, E> {
    fn told(&self) -> Told {
        told(self, |error| Cause::of_text(&&**error))
    }
}

fn told<T: Summarize, E>(result: &Result<T, E>, cause: impl FnOnce(&E) -> Cause) -> Told {
    Told(result.as_ref().map(summary).map_err(cause))
}

/// The app's own code may panic.
fn summary(of: &impl Summarize) -> Summary {
    catch_unwind(AssertUnwindSafe(|| of.summarize())).unwrap_or_else(|payload| {
        discard(payload);
        Summary::new().note("[its Summarize panicked]")
    })
}

/// Nobody need name these: what a job ended with, and the five ways of telling it.
#[allow(unnameable_types, reason = "that is what seals the trait")]
mod sealed {
    use crate::report::{Cause, job::Summary};

    #[derive(Debug)]
    pub struct Told(pub(crate) Result<Summary, Cause>);

    #[derive(Debug)]
    pub enum Plain {}
    #[derive(Debug)]
    pub enum Erring {}
    #[derive(Debug)]
    pub enum Boxed {}
    #[derive(Debug)]
    pub enum BoxedLocal {}
    #[derive(Debug)]
    pub enum Text {}
}
