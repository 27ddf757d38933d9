//! A service that fails before it takes a request: `poll_ready` errs or panics. There is no request
//! to show, and every caller will meet the same.

use std::{
    any::Any,
    fmt::Display,
    time::{Duration, SystemTime},
};

use super::{config::Shared, future::why_of_error, tell::Why};
use crate::{
    bell::{Occurrence, Witness},
    context::{panic, ready},
    report::{Fingerprint, Kind, Report},
    sensitive::Sensitive,
    severity::Severity,
};

pub(crate) fn tell_error<E: Display + 'static>(shared: &Shared, error: &E) {
    tell(shared, Kind::Error, &why_of_error(&shared.config, error));
}

pub(crate) fn tell_panic(shared: &Shared, payload: &(dyn Any + Send + 'static)) {
    tell(shared, Kind::Panic, &Why::Panic(payload, panic::take_place(payload)));
}

fn tell(shared: &Shared, kind: Kind, why: &Why<'_>) {
    if shared.bell.is_off() || !ready::claim() {
        return;
    }
    let text = why.text();
    let what = Occurrence {
        service: shared.service(),
        channel: shared.config.channel.as_ref(),
        kind,
        severity: Severity::Error,
        code: 0,
        status: None,
        method: "",
        route: Some(""),
        path: "",
        is_grpc: false,
        error_type: why.error_type(),
        text: text.as_ref().map(|text| text as &dyn Display),
    };
    shared.bell.failed(&what, &Outside { shared, kind, why });
}

/// A failure outside of any request: nobody is hit by it.
struct Outside<'a> {
    shared: &'a Shared,
    kind: Kind,
    why: &'a Why<'a>,
}

impl Witness for Outside<'_> {
    fn report(&self, fingerprint: Fingerprint) -> Report {
        let Self { shared, kind, why } = *self;
        Report {
            kind,
            severity: Severity::Error,
            fingerprint,
            origin: shared.origin(),
            status: None,
            grpc: None,
            cause: why.cause(),
            request: None,
            response: None,
            request_id: None,
            user: None,
            user_unknown: false,
            hidden_headers: Vec::new(),
            tags: Vec::new(),
            sensitive: Sensitive::default(),
            elapsed: Duration::ZERO,
            at: SystemTime::now(),
            channel: shared.config.channel.clone(),
        }
    }

    fn knows_user(&self) -> bool {
        false
    }

    fn user_hash(&self) -> Option<u64> {
        None
    }

    fn user(&self) -> Option<(String, Sensitive)> {
        None
    }
}
