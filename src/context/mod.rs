//! The scope of the current request: who it is for, what to say of it and what not, how bad a failure
//! of it would be.
//!
//! Anywhere below the layer (handlers, inner middleware, `join!`):
//!
//! ```
//! use tower_bell::{Severity, context};
//!
//! async fn checkout() {
//!     context::user("alice@example.com");
//!     context::tag("plan", "pro");
//!     context::sensitive("https://shop.example/reset/7f3a9c1e");
//!     context::severity(Severity::Critical);
//! }
//! ```
//!
//! Outside a request these do nothing. A spawned task, a blocking closure and a service behind
//! tower's `Buffer` run elsewhere: hand the scope over with [`carry`] and [`carry_fn`].

mod held;
pub(crate) mod panic;
pub(crate) mod ready;

use std::{
    borrow::Cow,
    cell::Cell,
    fmt,
    future::Future,
    mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use self::held::Held;
pub(crate) use self::held::{HeldEvent, Tell, hold, release};
use crate::{
    sensitive::{self, Sensitive},
    severity::Severity,
    text,
};

/// Tags kept of one request; further ones are left out.
pub const MOST_TAGS: usize = 20;

/// Values that [`sensitive`] keeps of one request.
pub const MOST_SENSITIVE: usize = sensitive::MOST;

/// Says who the current request is for. The last call counts; a blank user is nobody. Shown as it
/// is, never redacted, on one line; what would read as the name of another one (`·`, `user:`) has a `.`
/// in its place.
pub fn user(user: impl Into<String>) {
    let user = text::named(user.into());
    with_tags(|tags| tags.user = user);
}

/// Adds a name and a value to what is said if the current request fails, at most [`MOST_TAGS`]. A
/// name given twice keeps the later value. Values are redacted like everything else.
pub fn tag(name: impl Into<Cow<'static, str>>, value: impl fmt::Display) {
    // Formatted before the lock is taken: it is the app's code.
    let (name, value) = (name.into(), text::shown(&value));
    with_tags(|Said { tags, .. }| {
        let room = tags.len() < MOST_TAGS;
        match tags.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None if room => tags.push((name, value)),
            None => {}
        }
    });
}

/// Names a value that may stand nowhere in what is said of the current request: not in its report,
/// whatever part repeats it, nor in events and messages that it sends from now on; its percent-encoded
/// and JSON-escaped forms neither.
///
/// Fewer than three bytes are not looked for. With more than [`MOST_SENSITIVE`] values, more than 16 KiB
/// of them, or one of more than 4 KiB, every text of the report reads `[redacted]`.
///
/// ```
/// async fn reset(link: String) {
///     tower_bell::context::sensitive(&link);
/// }
/// ```
pub fn sensitive(value: impl fmt::Display) {
    // Formatted before the lock is taken: it is the app's code.
    let value = text::shown_whole(&value);
    with_tags(|said| match value {
        Some(value) => said.sensitive.add(&value),
        None => said.sensitive.overflow(),
    });
}

/// Says how bad a failure of the current request would be. The last call counts.
pub fn severity(severity: Severity) {
    with_tags(|tags| tags.severity = Some(severity));
}

/// Carries the current scope into a future that runs elsewhere.
///
/// ```
/// # async fn handler() {
/// let report = tower_bell::context::carry(async {
///     tower_bell::context::tag("step", "invoice");
/// });
/// tokio::spawn(report);
/// # }
/// ```
pub fn carry<F: Future>(future: F) -> Carried<F> {
    Carried { future, scope: carried_scope() }
}

/// Carries the current scope into a closure that runs elsewhere.
///
/// ```
/// # async fn handler() {
/// let work = tower_bell::context::carry_fn(|| tower_bell::context::user("alice@example.com"));
/// tokio::task::spawn_blocking(work);
/// # }
/// ```
pub fn carry_fn<T>(f: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let mut scope = carried_scope();
    move || scope.enter_elsewhere(f)
}

pin_project! {
    /// The future of [`carry`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Carried<F> {
        #[pin]
        future: F,
        scope: Scope,
    }
}

impl<F> fmt::Debug for Carried<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carried").finish_non_exhaustive()
    }
}

impl<F: Future> Future for Carried<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.scope.enter_elsewhere(|| this.future.poll(cx))
    }
}

/// Shared with what was carried elsewhere; `None` until something is said.
pub(crate) type SharedTags = Option<Arc<Mutex<Tags>>>;

/// What the app did in the current request.
#[derive(Debug, Default)]
pub(crate) struct Tags {
    said: Said,
    held: Held,
}

/// What the app said about the current request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    pub(crate) user: Option<String>,
    pub(crate) severity: Option<Severity>,
    pub(crate) tags: Vec<(Cow<'static, str>, String)>,
    pub(crate) sensitive: Sensitive,
}

/// What a layer took on itself for the current request, so that nested layers ring once.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Claim {
    /// Nobody has anything yet.
    #[default]
    Free,
    /// An inner layer watches the body of a good response: no second watch, but if the response
    /// becomes a failure further out, that one is told there.
    Watched,
    /// An inner layer counted a page that is not there. That is no failure: one further out is told.
    Counted,
    /// Both of these.
    WatchedAndCounted,
    /// An inner layer told the failure, or tells it with the body.
    Told,
}

impl Claim {
    /// What is claimed then; `None` if that is claimed already.
    fn with(self, wanted: Self) -> Option<Self> {
        match (self, wanted) {
            (Self::Told, _) => None,
            (Self::Free, _) | (_, Self::Told) => Some(wanted),
            (Self::Watched, Self::Counted) | (Self::Counted, Self::Watched) => {
                Some(Self::WatchedAndCounted)
            }
            _ => None,
        }
    }
}

/// The scope of one request. Costs no allocation until something is said in it.
///
/// It lives in the outermost layer's future and is moved into the thread-local for `call` and for
/// each `poll`, so that it follows the request from thread to thread.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    tags: SharedTags,
    claim: Claim,
}

/// A copy of what the app said.
pub(crate) fn said(tags: &SharedTags) -> Said {
    tags.as_ref().map(|tags| lock(tags).said.clone()).unwrap_or_default()
}

/// What the app called sensitive in the current request.
pub(crate) fn called_sensitive() -> Sensitive {
    let Some(scope) = take_current() else { return Sensitive::default() };
    let tags = scope.tags.clone();
    install(&mut { scope });
    tags.map(|tags| lock(&tags).said.sensitive.clone()).unwrap_or_default()
}

/// How bad the app said a failure would be.
pub(crate) fn said_severity(tags: &SharedTags) -> Option<Severity> {
    lock(tags.as_ref()?).said.severity
}

/// What `f` makes of whom the app named, if it did. `f` must not run the app's code.
pub(crate) fn with_user<T>(tags: &SharedTags, f: impl FnOnce(&str) -> T) -> Option<T> {
    lock(tags.as_ref()?).said.user.as_deref().map(f)
}

/// The events that waited for this request's failure, which is told now; `None` if there is none.
pub(crate) fn events_of(tags: &SharedTags) -> Option<Vec<HeldEvent>> {
    let events = held::take(tags.as_ref()?);
    (!events.is_empty()).then_some(events)
}

/// Whether the current thread is inside a request.
pub(crate) fn is_inside() -> bool {
    let looked = CURRENT.try_with(|current| {
        let scope = current.take();
        let is_inside = scope.is_some();
        current.set(scope);
        is_inside
    });
    looked.unwrap_or(false)
}

fn with_tags(f: impl FnOnce(&mut Said)) {
    if let Some(tags) = current_tags() {
        f(&mut lock(&tags).said);
    }
}

fn carried_scope() -> Scope {
    Scope::of(current_tags())
}

fn current_tags() -> SharedTags {
    let mut scope = take_current()?;
    let tags = scope.tags.get_or_insert_default().clone();
    install(&mut scope);
    Some(tags)
}

fn lock(tags: &Mutex<Tags>) -> MutexGuard<'_, Tags> {
    tags.lock().unwrap_or_else(PoisonError::into_inner)
}

thread_local! {
    static CURRENT: Cell<Option<Scope>> = const { Cell::new(None) };
}

impl Scope {
    /// Takes the failure on: gives what the app said, or `None` if an inner layer has it.
    pub(crate) fn claim_failure(&mut self) -> Option<SharedTags> {
        self.claim(Claim::Told)
    }

    /// Takes the watch of a good response's body on.
    pub(crate) fn claim_watch(&mut self) -> Option<SharedTags> {
        self.claim(Claim::Watched)
    }

    /// Takes the count of a page that is not there on; `false` if an inner layer has it.
    pub(crate) fn claim_count(&mut self) -> bool {
        self.claim(Claim::Counted).is_some()
    }

    fn claim(&mut self, wanted: Claim) -> Option<SharedTags> {
        self.shared(|scope| {
            scope.claim = scope.claim.with(wanted)?;
            Some(scope.tags.clone())
        })
    }

    /// How bad the app said a failure would be, so far.
    pub(crate) fn said_severity(&mut self) -> Option<Severity> {
        self.shared(|scope| said_severity(&scope.tags))
    }

    /// A scope with the same words, for the response body: what is claimed is not carried on.
    pub(crate) fn of(tags: SharedTags) -> Self {
        Self { tags, claim: Claim::Free }
    }

    /// The answer is a good one, or there will be none: events need not wait for a failure any more.
    /// In an enclosing scope they still do.
    pub(crate) fn answered(&self) {
        if let Some(tags) = &self.tags {
            held::let_go(tags);
        }
    }

    /// What was said in this scope.
    pub(crate) fn tags(&self) -> &SharedTags {
        &self.tags
    }

    /// The scope that counts: the enclosing one while an outer layer's is in place, else this.
    /// `f` must not run the app's code.
    fn shared<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        let Some(mut outer) = take_current() else {
            return f(self);
        };
        let done = f(&mut outer);
        // Nothing ran in between that could have put another one there.
        install(&mut outer);
        done
    }

    /// Runs `f` in this scope; in an enclosing one, if there is one: nested layers share.
    pub(crate) fn enter<T>(&mut self, f: impl FnOnce() -> T) -> T {
        if !install(self) {
            return f();
        }
        // Taken back also if `f` panics.
        let _leave = Leave(self);
        f()
    }

    /// Runs what was carried: in this scope also where another request's is in place. A scope of
    /// the same request stays, with what was claimed in it.
    fn enter_elsewhere<T>(&mut self, f: impl FnOnce() -> T) -> T {
        let Some(mut outer) = take_current() else {
            return self.enter(f);
        };
        let same = match (&self.tags, &outer.tags) {
            (Some(own), Some(others)) => Arc::ptr_eq(own, others),
            // Carried from outside of any request: there is nothing to mix up.
            (own, _) => own.is_none(),
        };
        if same {
            install(&mut outer);
            return f();
        }
        let _back = Back(outer);
        self.enter(f)
    }
}

/// Puts the scope back that was in place, also if there was a panic.
struct Back(Scope);

impl Drop for Back {
    fn drop(&mut self) {
        install(&mut self.0);
    }
}

/// Moves the scope into the thread-local, unless there is one (or no thread-local any more).
#[inline]
fn install(scope: &mut Scope) -> bool {
    CURRENT
        .try_with(|current| {
            let outer = current.take();
            let free = outer.is_none();
            current.set(outer.or_else(|| Some(mem::take(scope))));
            free
        })
        .unwrap_or(false)
}

#[inline]
fn take_current() -> Option<Scope> {
    CURRENT.try_with(Cell::take).ok()?
}

thread_local! {
    static GIVEN_UP: Cell<bool> = const { Cell::new(false) };
}

/// Whether an outer layer's request is being given up, which has counted it.
pub(crate) fn is_given_up() -> bool {
    GIVEN_UP.get()
}

/// Gives up what is inside a request whose client went away. Not a part of the scope, because that
/// is moved for each request.
pub(crate) fn give_up(drop_inside: impl FnOnce()) {
    struct Back(bool);
    impl Drop for Back {
        fn drop(&mut self) {
            GIVEN_UP.set(self.0);
        }
    }
    let _back = Back(GIVEN_UP.replace(true));
    drop_inside();
}

struct Leave<'a>(&'a mut Scope);

impl Drop for Leave<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(scope) = take_current() {
            *self.0 = scope;
        }
    }
}
