//! The request and the answer, as literals.

use http::StatusCode;

use crate::{
    message::Literal,
    report::{Header, Kind, Payload, Report, RequestSnapshot, ResponseSnapshot},
    text::{Size, one_line},
};

/// Request, headers, payload and response, as far as there is something to say of each.
pub(super) fn literals(report: &Report) -> Vec<Literal> {
    let request = report.request.as_ref();
    let parts = [
        request.map(request_line),
        request.and_then(headers),
        request.and_then(|request| payload(&request.payload)),
        report.response.as_ref().and_then(|response| answer(report, response)),
    ];
    parts.into_iter().flatten().collect()
}

/// `POST https://shop.example.com/checkout?plan=pro HTTP/1.1`, without a scheme where none is known.
fn request_line(request: &RequestSnapshot) -> Literal {
    let RequestSnapshot { method, target, version, .. } = request;
    let base = match (&request.scheme, &request.authority) {
        // `*` and `host:port` are targets without a base.
        _ if !target.starts_with('/') => String::new(),
        (Some(scheme), Some(authority)) => format!("{scheme}://{authority}"),
        (_, authority) => authority.clone().unwrap_or_default(),
    };
    plain("Request", None, format!("{method} {base}{target} {version:?}"))
}

fn headers(request: &RequestSnapshot) -> Option<Literal> {
    let line = |Header { name, value, .. }: &Header| {
        let value = value.as_deref().unwrap_or("[redacted]");
        one_line(format!("{name}: {value}").trim_end()).into_owned()
    };
    let lines: Vec<_> = request.headers.iter().map(line).collect();
    let cut = request.head_cut.then(|| "cut: the head was too long to keep".to_owned());
    (cut.is_some() || !lines.is_empty()).then(|| plain("Headers", cut, lines.join("\n")))
}

fn payload(payload: &Payload) -> Option<Literal> {
    let note = |note| Some(plain("Payload", Some(note), String::new()));
    match payload {
        Payload::None => None,
        Payload::NotShown(why) => note(format!("not shown: {why}")),
        Payload::NotRead { length: Some(length) } => {
            note(format!("not read (content-length {length})"))
        }
        Payload::NotRead { length: None } => note("not read".to_owned()),
        // Not for the likes of us: the redactor has not seen it.
        Payload::Raw { read, .. } => note(format!("not shown: {}", Size(*read))),
        Payload::Shown { text, hidden, read, kept, complete, language } => {
            let parts = [
                Some(how_much(*kept, *read, *complete)),
                (*hidden > 0).then(|| plural(*hidden, "value") + " hidden"),
            ];
            let note = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
            Some(Literal { language: *language, ..plain("Payload", Some(note), text.clone()) })
        }
    }
}

fn how_much(kept: u64, read: u64, complete: bool) -> String {
    match (kept < read, complete) {
        (true, _) if kept == 0 => format!("{} read, none kept", Size(read)),
        (true, _) => format!("first {} of {} read", Size(kept), Size(read)),
        (false, true) => Size(read).to_string(),
        (false, false) => format!("{} read, not to its end", Size(read)),
    }
}

fn answer(report: &Report, response: &ResponseSnapshot) -> Option<Literal> {
    let text = response.text.as_deref().unwrap_or_default().trim();
    if let Some(ending) = ending(report, response) {
        return Some(plain("Response", Some(ending), text.to_owned()));
    }
    // A status alone stands in the heading.
    if response.length.is_none() && text.is_empty() {
        return None;
    }
    let quoted = report.cause.as_ref().is_some_and(
        |cause| matches!(cause.chain.as_slice(), [only] if !text.is_empty() && only.trim() == text),
    );
    let parts = [
        report.status.map(|status| status.to_string()),
        response.length.map(|length| match length {
            0 => "empty".to_owned(),
            length => Size(length).to_string(),
        }),
        response.text_cut.then(|| format!("first {} shown", Size(text.len() as u64))),
        quoted.then(|| "quoted above".to_owned()),
    ];
    let note = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let text = if quoted { String::new() } else { text.to_owned() };
    Some(plain("Response", Some(note), text))
}

/// How a response went wrong after its head was out.
fn ending(report: &Report, response: &ResponseSnapshot) -> Option<String> {
    let how = match (report.kind, report.grpc) {
        (Kind::Body, _) => "failed",
        (Kind::Panic, _) if response.sent.is_some() => "panicked",
        (Kind::Grpc, Some(None)) => "ended without a grpc-status",
        _ => return None,
    };
    let head = report.status.map_or_else(|| "the head".to_owned(), status_in_words);
    let after = match response.sent {
        None => String::new(),
        Some(0) if report.kind == Kind::Grpc => String::new(),
        Some(0) => " before its first byte".to_owned(),
        Some(sent) => format!(" after {}", Size(sent)),
    };
    Some(format!("{head} was sent, then the body {how}{after}"))
}

/// `200 OK`
fn status_in_words(status: u16) -> String {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    reason.map_or_else(|| status.to_string(), |reason| format!("{status} {reason}"))
}

fn plural(many: usize, what: &str) -> String {
    if many == 1 { format!("1 {what}") } else { format!("{many} {what}s") }
}

fn plain(label: &'static str, note: Option<String>, text: String) -> Literal {
    Literal { label, note, text, language: None }
}
