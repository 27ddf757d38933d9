//! stand-in
mod failed;
mod shapes;

pub(crate) use self::failed::Occurrence;
use crate::{delivery::KindFacts, incident::Tally, redact::*, report::*};
use std::sync::{Arc, Mutex, atomic::*};

/// x
#[derive(Clone)]
pub struct Bell(Arc<Core>);
pub(crate) struct Core {
    pub(crate) tally: Tally<KindFacts>,
    origin: Origin,
    redactor: Redactor,
    shapes: shapes::Shapes,
    intake: Intake,
    cancelled: AtomicU64,
    off: bool,
}
pub(crate) struct Intake(Mutex<Vec<(Key, Redacted<Report>)>>);
pub(crate) struct Slot<'a>(&'a Intake);
impl Slot<'_> {
    pub(crate) fn send(self, k: Key, r: Redacted<Report>) {
        self.0.0.lock().unwrap().push((k, r))
    }
}
impl Intake {
    pub(crate) fn slot(&self) -> Option<Slot<'_>> {
        Some(Slot(self))
    }
}
impl Core {
    pub(crate) fn tally(&self) -> &Tally<KindFacts> {
        &self.tally
    }
    pub(crate) fn intake(&self) -> &Intake {
        &self.intake
    }
    pub(crate) fn redactor(&self) -> &Redactor {
        &self.redactor
    }
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }
    pub(crate) fn own_fingerprint(&self) -> Option<&FingerprintFn> {
        None
    }
}
impl Bell {
    pub(crate) fn core(&self) -> &Core {
        &self.0
    }
    pub(crate) fn origin(&self) -> &Origin {
        &self.0.origin
    }
    pub(crate) fn is_off(&self) -> bool {
        self.0.off
    }
    pub(crate) fn count_cancelled(&self) {
        self.0.cancelled.fetch_add(1, Ordering::Relaxed);
    }
    /// x
    pub fn off() -> Self {
        Self::new("off", true)
    }
    /// x
    pub fn on(s: &str) -> Self {
        Self::new(s, false)
    }
    fn new(s: &str, off: bool) -> Self {
        crate::context::panic::install_hook();
        Self(Arc::new(Core {
            tally: Tally::new(),
            origin: Origin { service: s.into(), environment: None, release: None, host: None },
            redactor: Redactor::default(),
            shapes: Default::default(),
            intake: Intake(Default::default()),
            cancelled: 0.into(),
            off,
        }))
    }
    /// x
    pub fn dump(&self) -> String {
        format!("{:#?}", self.0.intake.0.lock().unwrap())
    }
}
