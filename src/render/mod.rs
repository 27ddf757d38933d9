//! The wording: what happened becomes the message that people read.
//!
//! First what a phone shows on its lock screen: what, where, how bad; then the error; who and when;
//! then the details as literals; at the end what is searched for and what was hidden. Cutting is not
//! done here but by `fit`.

#[cfg(test)]
pub(crate) mod days;
mod detail;
mod digest;
#[cfg(test)]
pub(crate) mod examples;
#[cfg(test)]
pub(crate) mod golden;
mod incident;
mod missing;
mod storm;
mod task;
#[cfg(test)]
mod tests;
mod words;

use std::time::Duration;

use self::words::{elapsed, grouped, grpc_name, utc};
pub(crate) use self::{
    digest::digest,
    incident::{Tale, incident},
    missing::missing,
    storm::{Storm, StormLine, listed, storm},
    task::{task, task_in_short},
};
use crate::{
    message::{Field, Message},
    redact::Redacted,
    report::{Cause, Kind, Origin, Report, RequestSnapshot, Summary},
    severity::Severity,
    text::{Unit, clean, one_line},
    topic::Topic,
};

/// How often a kind of failure happened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Count {
    /// In all, this time included.
    pub(crate) total: u64,
    /// Since the last message of it; the same as `total` in the first.
    pub(crate) fresh: u64,
    /// The time in which the fresh ones came.
    pub(crate) over: Duration,
}

impl Count {
    /// A single failure.
    pub(crate) const ONCE: Self = Self { total: 1, fresh: 1, over: Duration::ZERO };
}

/// The message for a failure.
pub(crate) fn failure(report: &Redacted<Report>, count: &Count) -> Redacted<Message> {
    report.as_ref().map(|report| {
        let (method, place) = report.request.as_ref().map_or(("", ""), method_and_place);
        let line = line(report.kind, report.code(), method, place);
        Message {
            channel: report.channel.as_deref().map(str::to_owned),
            subject: Some(subject(&line, count, &report.origin)),
            quote: quote(report),
            place: report.cause.as_ref().and_then(|cause| Some(cause.place.as_ref()?.to_string())),
            user: report.user.clone(),
            facts: facts(report),
            fields: fields(report),
            literals: detail::literals(report),
            notes: notes(report, count),
            id: Some(report.fingerprint.short()),
            ..opening(report.kind.topic(report.code()), report.severity)
        }
    })
}

/// What stands of the request in a failure's message.
pub(crate) fn preview(report: &Redacted<Report>) -> String {
    let mut message = Message::new("");
    message.user.clone_from(&report.user);
    message.literals = detail::literals(report);
    message.notes.extend(hidden(&report.hidden_headers));
    message.plain_text()
}

/// The message for an event whose request failed: the event's own words, then the request's. Where
/// both say why, the event does, and the request's cause stands among the fields.
pub(crate) fn completed(event: &Redacted<Message>, report: &Redacted<Report>) -> Redacted<Message> {
    failure(report, &Count::ONCE).map(|request| {
        let mut event = Message::clone(event);
        let own = event.quote.take_if(|own| request.quote.as_ref() != Some(own));
        let other = request.quote.clone().filter(|_| own.is_some());
        let other = other.map(|value| Field { name: "failed with".to_owned(), value });
        event.fields.extend(other.into_iter().chain(request.fields));
        event.notes.extend(request.notes);
        Message {
            facts: request.facts,
            id: request.id,
            literals: request.literals,
            place: request.place.filter(|_| own.is_none()),
            quote: own.or(request.quote),
            subject: request.subject,
            user: event.user.or(request.user),
            ..event
        }
    })
}

/// The message for a kind of failure whose details never came.
pub(crate) fn lost(summary: &Redacted<Summary>, count: &Count) -> Redacted<Message> {
    summary.as_ref().map(|summary| Message {
        subject: Some(subject(&summary.line, count, &summary.origin)),
        quote: Some(LOST.to_owned()),
        facts: machine(&summary.origin).collect(),
        id: Some(summary.fingerprint.short()),
        ..opening(summary.topic.clone(), summary.severity)
    })
}

/// What failed and where: `500 · POST /checkout`. `code` is 0 if there was none; `method` and
/// `place` (the route, else the path) are empty outside a request.
pub(crate) fn line(kind: Kind, code: u16, method: &str, place: &str) -> String {
    let what = match (kind, code) {
        (Kind::Error, _) => "Err".to_owned(),
        (Kind::Panic, _) => "panic".to_owned(),
        (Kind::Status, _) => code.to_string(),
        (Kind::Body, 0) => "body failed".to_owned(),
        (Kind::Body, _) => format!("{code}, then body failed"),
        (Kind::Grpc, 0) => "gRPC without status".to_owned(),
        (Kind::Grpc, _) => format!("gRPC {code} {}", grpc_name(code)),
        (Kind::Cancelled, _) => "client gone".to_owned(),
    };
    match (kind, place) {
        (_, "") => format!("{what} · outside a request"),
        // Every gRPC call is a POST.
        (Kind::Grpc, _) => format!("{what} · {place}"),
        _ => format!("{what} · {method} {place}"),
    }
}

/// The heading: its words do not change, so that people and chat rules can rely on them.
fn opening(topic: Topic, severity: Severity) -> Message {
    let emoji = match severity {
        Severity::Critical => ":rotating_light:",
        Severity::Error => ":x:",
        Severity::Warning => ":warning:",
        Severity::Info => ":information_source:",
    };
    let heading = match topic {
        Topic::ClientError => "Client Error",
        _ => "Generic Server Error",
    };
    Message::new(format!("{emoji} {heading}")).severity(severity).topic(topic)
}

/// The count stands before the service, where a lock screen still shows it. A long line makes room for
/// it.
fn subject(line: &str, count: &Count, origin: &Origin) -> String {
    let times = times(count);
    let room = times.as_ref().map_or(usize::MAX, |times| SUBJECT.saturating_sub(times.len()));
    let line = match line.len() > room {
        true => format!("{}…", Unit::Bytes.cut(line, room).trim_end()),
        false => line.to_owned(),
    };
    let parts = [Some(line), times, Some(service(origin))];
    one_line(&parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")).into_owned()
}

pub(crate) fn service(origin: &Origin) -> String {
    match &origin.environment {
        Some(environment) => format!("{} ({environment})", origin.service),
        None => origin.service.to_string(),
    }
}

/// `×99 more in 1 min (100 in all)`; nothing for a single failure.
pub(super) fn times(&Count { total, fresh, over }: &Count) -> Option<String> {
    let during = if over.is_zero() { String::new() } else { format!(" in {}", elapsed(over)) };
    match (total, fresh) {
        (0, _) | (1, 1) => None,
        (_, 0) => Some(format!("×{} in all", grouped(total))),
        _ if fresh == total => Some(format!("×{}{during}", grouped(total))),
        _ => Some(format!("×{} more{during} ({} in all)", grouped(fresh), grouped(total))),
    }
}

fn method_and_place(request: &RequestSnapshot) -> (&str, &str) {
    let path = request.target.split('?').next().unwrap_or_default();
    (request.method.as_str(), request.route.as_deref().unwrap_or(path))
}

fn quote(report: &Report) -> Option<String> {
    let quote = chain(report.cause.as_ref()?);
    Some(if report.kind == Kind::Panic { format!("panicked: {quote}") } else { quote })
}

/// The error's own words, with its sources on the same line if that stays short.
pub(crate) fn chain(cause: &Cause) -> String {
    let texts = cause.chain.iter().map(|text| clean(text.trim()));
    let texts: Vec<_> = texts.filter(|text| !text.is_empty()).collect();
    let short = texts.iter().map(|text| text.chars().count()).sum::<usize>() <= SHORT_CHAIN
        && !texts.iter().any(|text| text.contains('\n'));
    let mut quote = texts.join(if short { ": " } else { "\ncaused by: " });
    if quote.is_empty() {
        quote.push_str("an error without words");
    }
    if cause.cut {
        quote.push_str("… (cut)");
    }
    quote
}

/// Clients may choose their request's id, and must not write words of ours with it: it stands among
/// the facts, where `user:…` and `#…` are searched for. Whatever it is, it stands among the headers.
fn is_id(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._/+=-".contains(c);
    !id.is_empty() && id.len() <= 128 && id.chars().all(plain)
}

fn facts(report: &Report) -> Vec<String> {
    let waited = if report.kind == Kind::Cancelled { "waited" } else { "took" };
    let facts = [
        report.user_unknown.then(|| "user unknown".to_owned()),
        report.request_id.as_ref().filter(|id| is_id(id)).map(|id| format!("request {id}")),
        report.request.as_ref().map(|_| format!("{waited} {}", elapsed(report.elapsed))),
        report.cause.as_ref().and_then(error_type).map(|error_type| format!("error {error_type}")),
    ];
    facts.into_iter().flatten().chain(machine(&report.origin)).collect()
}

/// The error's type as people call it, `sqlx_core::Error`, unless its own words say it already, as
/// those of `Debug` do.
fn error_type(cause: &Cause) -> Option<String> {
    let path = cause.error_type?.split('<').next()?;
    let name = path.rsplit("::").next()?;
    // Every second text says `Error`, whatever its type.
    let said = name != "Error" && cause.chain.iter().any(|text| text.contains(name));
    let mut modules = path.split("::");
    let shown = match (modules.next(), modules.next()) {
        // The standard library has several of this name: `std::io::Error`.
        (Some(krate @ ("std" | "core")), Some(module)) if name == "Error" && module != name => {
            format!("{krate}::{module}::{name}")
        }
        (Some(krate), _) if krate != name => format!("{krate}::{name}"),
        _ => name.to_owned(),
    };
    (!said).then_some(shown)
}

fn machine(origin: &Origin) -> impl Iterator<Item = String> {
    let release = origin.release.iter().map(|release| format!("release {release}"));
    let host = origin.host.iter().map(|host| format!("host {host}"));
    release.chain(host)
}

fn fields(report: &Report) -> Vec<Field> {
    let tags = report.tags.iter();
    tags.map(|(name, value)| Field { name: name.to_string(), value: value.clone() }).collect()
}

fn notes(report: &Report, count: &Count) -> Vec<String> {
    // Said once per kind, and only where an error can be attached.
    let bare = report.kind == Kind::Status && report.code() >= 500 && report.cause.is_none();
    let no_cause = bare && count.total == count.fresh;
    let notes =
        [utc(report.at), hidden(&report.hidden_headers), no_cause.then(|| NO_CAUSE.to_owned())];
    notes.into_iter().flatten().collect()
}

fn hidden(names: &[String]) -> Option<String> {
    let shown = &names[..names.len().min(HIDDEN_NAMES)];
    let more = match names.len() - shown.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!names.is_empty())
        .then(|| format!("hidden headers: {}{more} (show with `show_header`)", shown.join(", ")))
}

const NO_CAUSE: &str = "no cause attached: return `ServerError`, or call `.cause::<E>()` on the \
                        layer, see docs.rs/tower-bell";
const LOST: &str = "details were lost: too much failed at once; the next failure of this kind \
                    brings them";
/// Bytes of a line and its count that are shown wherever anything is.
const SUBJECT: usize = 118;
/// Characters of a chain that still stands on one line.
const SHORT_CHAIN: usize = 160;
/// Hidden headers that are named.
const HIDDEN_NAMES: usize = 8;
