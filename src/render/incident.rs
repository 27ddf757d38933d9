//! What is said of an incident beside one of its failures: why it is told, whom it hits, when it was.

use std::time::{Duration, SystemTime};

use super::{
    Count, is_id, opening,
    words::{clock, elapsed, grouped, utc},
};
use crate::{
    incident::{People, Reason},
    message::{Field, Message},
    redact::Redacted,
    report::Report,
    severity::Severity,
};

/// An incident as it is now.
#[derive(Clone, Copy)]
pub(crate) struct Tale<'a> {
    pub(crate) why: Reason,
    /// It stands in the place of an earlier message, which keeps its details.
    pub(crate) is_edit: bool,
    pub(crate) count: &'a Count,
    pub(crate) people: &'a People,
    /// When it began and last failed.
    pub(crate) span: (SystemTime, SystemTime),
    /// How long nothing has failed.
    pub(crate) silent: Duration,
    /// Another failure than the one that is told in full.
    pub(crate) latest: Option<&'a Redacted<Report>>,
    /// What failed and where.
    pub(crate) line: &'a str,
    /// It was quiet for so long before.
    pub(crate) after: Option<Duration>,
    /// The worst of its failures.
    pub(crate) severity: Severity,
}

/// As bad as the worst, whichever failure is told.
fn as_severe(message: Message, severity: Severity) -> Message {
    let Some(topic) = message.topic.clone().filter(|_| message.severity < severity) else {
        return message;
    };
    Message { text: opening(topic, severity).text, severity, ..message }
}

/// First what is to be known on a lock screen: that it is no first failure, or no further one.
fn urgent(tale: &Tale<'_>, subject: String) -> String {
    let word = match (tale.why, tale.after) {
        (Reason::Escalated, _) => "escalated".to_owned(),
        (Reason::Worse, _) => "more severe".to_owned(),
        (Reason::Reminder, _) => "still failing".to_owned(),
        (Reason::Quiet, _) => "quiet".to_owned(),
        (_, None) => return subject,
        (_, Some(quiet)) => format!("again after {}", elapsed(quiet)),
    };
    format!("{word} · {subject}")
}

/// The message about one failure becomes the incident's.
pub(crate) fn incident(message: Redacted<Message>, tale: &Tale<'_>) -> Redacted<Message> {
    message.map(|message| {
        let message = as_severe(with_people(message, tale.people), tale.severity);
        let mut message = match tale.why {
            Reason::Quiet => quiet(message, tale),
            _ => message,
        };
        let latest = tale.latest.filter(|_| tale.is_edit).map(|report| latest(report));
        message.fields.extend(latest);
        message.notes.extend(why(tale));
        message.subject = message.subject.map(|subject| urgent(tale, subject));
        message.change = Some(change(&message, tale));
        message
    })
}

/// Whom it hits, if that is more than the message says already. All names stand unbroken, so that
/// searching the chat for one finds the incident.
fn with_people(mut message: Message, people: &People) -> Message {
    let mut names = people.named();
    if people.count() == 1 {
        message.user = message.user.or_else(|| names.next().map(str::to_owned));
        return message;
    }
    message.facts.splice(0..0, people.said());
    let mut fields: Vec<Field> = Vec::new();
    for name in names {
        match fields.last_mut() {
            Some(field) if field.value.chars().count() + name.chars().count() < LONGEST_NAMES => {
                field.value.extend([" · user:", name]);
            }
            _ => fields.push(Field { name: "users".to_owned(), value: format!("user:{name}") }),
        }
    }
    fields.append(&mut message.fields);
    Message { fields, ..message }
}

/// Nothing failed for a while. Whether it is mended nobody knows.
fn quiet(message: Message, tale: &Tale<'_>) -> Message {
    let heading = message.text.split_once(' ').map_or(message.text.as_str(), |(_, words)| words);
    let text = format!("{QUIET} {heading}");
    let sum = quiet_for(tale.silent, &sum(tale));
    if tale.is_edit {
        let mut message = Message { text, ..message };
        message.fields.insert(0, Field { name: "now".to_owned(), value: sum });
        return message;
    }
    let is_users = |field: &Field| field.name == "users";
    Message {
        text,
        quote: Some(sum),
        place: None,
        literals: Vec::new(),
        fields: message.fields.into_iter().filter(is_users).collect(),
        notes: Vec::new(),
        severity: Severity::Info,
        ..message
    }
}

/// `quiet for 10 min; …`
pub(super) fn quiet_for(silent: Duration, sum: &str) -> String {
    // A minute more or less says nothing.
    let minutes = silent.as_secs() / 60;
    let silent = if minutes > 0 { Duration::from_secs(minutes * 60) } else { silent };
    format!("quiet for {}; {sum}", elapsed(silent))
}

/// `180 000 failures, 12 users, 14:02:11-15:02:09 UTC`
fn sum(tale: &Tale<'_>) -> String {
    let failures = failures(tale.count.total);
    let parts = [Some(failures), tale.people.said(), during(tale.span)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// `1 failure`, `180 000 failures`.
pub(super) fn failures(count: u64) -> String {
    if count == 1 { "1 failure".to_owned() } else { format!("{} failures", grouped(count)) }
}

/// From when until when, as far as a calendar has it.
pub(super) fn during((from, to): (SystemTime, SystemTime)) -> Option<String> {
    let (from, to) = (utc(from)?, utc(to)?);
    let ((day, begun), (other, ended)) = (clock(&from)?, clock(&to)?);
    Some(match day == other {
        true if begun == ended => format!("{begun} UTC"),
        true => format!("{begun}-{ended} UTC"),
        false => format!("{day} {begun} - {other} {ended} UTC"),
    })
}

/// The latest failure, in one line.
fn latest(report: &Report) -> Field {
    let request = report.request.as_ref();
    let request = request.map(|request| format!("{} {}", request.method, request.target));
    let user = report.user.as_ref().map(|user| format!("user:{user}"));
    // A client chooses its id, and must not write words of ours with it.
    let id = report.request_id.as_ref().filter(|id| is_id(id)).map(|id| format!("request {id}"));
    let parts = [utc(report.at), user, id, request];
    let value = parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    Field { name: "latest with details".to_owned(), value }
}

/// Why this is said, if it does not say it by itself.
fn why(tale: &Tale<'_>) -> Option<String> {
    Some(match tale.why {
        Reason::Open | Reason::Anew | Reason::Quiet => return None,
        Reason::Again(quiet) => format!("again, after {} of quiet", elapsed(quiet)),
        Reason::Escalated => format!("escalated: {} by now", failures(tale.count.total)),
        Reason::Worse => "escalated: it is more severe now".to_owned(),
        Reason::InFull => "another one with its details".to_owned(),
        Reason::Reminder => "reminder: it still fails".to_owned(),
        Reason::Summary => "summary".to_owned(),
        Reason::Update => match during(tale.span) {
            Some(during) => format!("{}, {during}", failures(tale.count.total)),
            None => failures(tale.count.total),
        },
    })
}

/// The change in one line: `×2 #a1f3k9q2 500 · POST /checkout`.
fn change(message: &Message, tale: &Tale<'_>) -> String {
    let id = message.shown_id();
    let line = format!("{} {}", id.unwrap_or_default(), tale.line);
    match tale.why {
        Reason::Quiet => format!("{}: {}", line.trim(), quiet_for(tale.silent, &sum(tale))),
        _ => format!("×{} {}", grouped(tale.count.total), line.trim()),
    }
}

/// Nobody says that it is mended.
pub(super) const QUIET: &str = ":zzz:";
/// Characters of names in one field.
const LONGEST_NAMES: usize = 800;
