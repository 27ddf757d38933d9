//! What Slack's answers mean.
//!
//! A webhook answers `ok` or a bare code as text; the Web API answers 200 with `"ok": false` where
//! it refuses. Pure: no network, no clock.

use serde::Deserialize;

use crate::transport::{Receipt, SendError, http::Answer, retry_after};

/// What was asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Call {
    Webhook,
    Post,
    Edit,
    Reply,
}

impl Call {
    /// Whether it needs a message that stands in Slack already.
    const fn is_anchored(self) -> bool {
        matches!(self, Self::Edit | Self::Reply)
    }
}

/// The receipt, or what the error means for the next attempt.
pub(super) fn read(call: Call, answer: &Answer) -> Result<Receipt, SendError> {
    let reply = Reply::parse(&answer.body);
    if answer.status.is_success() && !reply.refuses(call) {
        return success(call, answer, &reply);
    }
    Err(failure(call, answer, &reply))
}

/// The message's name as edits and replies need it back: channel and time stamp.
pub(super) fn receipt(channel: &str, ts: &str) -> Receipt {
    Receipt::new(format!("{channel}/{ts}"))
}

/// What [`receipt`] put together.
pub(super) fn anchor(receipt: &Receipt) -> Option<(&str, &str)> {
    receipt.id()?.split_once('/')
}

/// The body, in either API's form.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Reply {
    ok: Option<bool>,
    error: Option<String>,
    channel: Option<String>,
    ts: Option<String>,
    retry_after: Option<f64>,
}

impl Reply {
    fn parse(body: &[u8]) -> Self {
        let mut reply = serde_json::from_slice(body).unwrap_or_else(|_| Self::from_text(body));
        // Anything may answer: only what looks like a code of Slack's is one.
        reply.error = reply.error.filter(|code| is_code(code));
        reply
    }

    fn from_text(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        Self { error: Some(text.trim().to_owned()), ..Self::default() }
    }

    /// Whether it says no, whatever the status says.
    fn refuses(&self, call: Call) -> bool {
        let code = self.error.as_deref();
        self.ok == Some(false) || code.is_some_and(|code| known(call, code).is_some())
    }
}

fn is_code(text: &str) -> bool {
    (1..=60).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

fn success(call: Call, answer: &Answer, reply: &Reply) -> Result<Receipt, SendError> {
    let status = answer.status.as_u16();
    if answer.body.trim_ascii_start().starts_with(b"<") {
        return Err(SendError::permanent(format!("Slack: {status} with a web page: not Slack?")));
    }
    match (call, reply) {
        _ if !answer.whole => {
            Err(SendError::unknown_outcome(format!("Slack: {status}, answer cut short")))
        }
        (Call::Webhook, _) => Ok(Receipt::none()),
        (_, Reply { ok: Some(true), channel: Some(channel), ts: Some(ts), .. }) => {
            Ok(receipt(channel, ts))
        }
        (_, Reply { ok: Some(true), .. }) => Ok(Receipt::none()),
        _ => Err(SendError::unknown_outcome(format!("Slack: {status} with a garbled answer"))),
    }
}

fn failure(call: Call, answer: &Answer, reply: &Reply) -> SendError {
    let code = reply.error.as_deref();
    let status = answer.status.as_u16();
    let meaning = match code.and_then(|code| known(call, code)) {
        _ if status == 429 => Meaning::Pause,
        Some(known) => known,
        None => by_status(answer),
    };
    let detail = match (code, code.and_then(hint)) {
        (Some(code), Some(hint)) => format!("Slack: {status} {code}: {hint}"),
        (Some(code), None) => format!("Slack: {status} {code}"),
        (None, _) if answer.status.is_redirection() => {
            format!("Slack: {status}, redirects are not followed")
        }
        (None, _) => format!("Slack: {status}"),
    };
    match meaning {
        Meaning::Pause => {
            let asked = reply.retry_after.and_then(retry_after::from_seconds);
            let pause = answer.retry_after.or(asked);
            SendError::rate_limited(pause.or_else(|| long_pause(code)), detail)
        }
        Meaning::Transient => SendError::transient(detail),
        Meaning::Unknown => SendError::unknown_outcome(detail),
        Meaning::Rejected => SendError::rejected(detail),
        Meaning::Permanent => SendError::permanent(detail),
        Meaning::LostAnchor => SendError::lost_anchor(detail),
    }
}

/// The daily kind of limit does not go away in a minute.
fn long_pause(code: Option<&str>) -> Option<std::time::Duration> {
    (code == Some("message_limit_exceeded")).then_some(retry_after::LONGEST_PAUSE)
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Meaning {
    Pause,
    Transient,
    Unknown,
    Rejected,
    Permanent,
    LostAnchor,
}

fn known(call: Call, code: &str) -> Option<Meaning> {
    if call.is_anchored() && LOST_ANCHOR.contains(&code) {
        return Some(Meaning::LostAnchor);
    }
    let begins = |family: &&str| family.strip_suffix('*').is_some_and(|f| code.starts_with(f));
    CODES
        .iter()
        .find(|(_, codes)| codes.iter().any(|known| *known == code || begins(known)))
        .map(|(meaning, _)| *meaning)
}

fn by_status(answer: &Answer) -> Meaning {
    match answer.status.as_u16() {
        // `"ok": false` with a code that this crate does not know: this message's, likely.
        200..300 => Meaning::Rejected,
        401 | 403 | 404 | 410 | 300..400 => Meaning::Permanent,
        408 => Meaning::Transient,
        400..500 => Meaning::Rejected,
        503 if answer.retry_after.is_some() => Meaning::Pause,
        500.. => Meaning::Transient,
        _ => Meaning::Unknown,
    }
}

/// What to do about it, for the codes of everyone's first day.
fn hint(code: &str) -> Option<&'static str> {
    match code {
        "channel_not_found" => Some("use the channel's ID, and invite the bot"),
        "invalid_auth" | "not_authed" | "invalid_token" => Some("the token or URL is wrong"),
        "missing_scope" => Some("the bot needs chat:write, for names chat:write.customize"),
        "not_in_channel" => Some("invite the bot to the channel"),
        _ => None,
    }
}

/// The message to be edited or answered is gone, or is closed to that: it has to be posted anew.
///
/// `thread_not_found` is in no table of chat.postMessage: it is what Slack answers when the message
/// was deleted, [bolt-js#2307](https://github.com/slackapi/bolt-js/issues/2307). `block_mismatch` says
/// that the blocks that stand there cannot be replaced by these; in a post it says that these are wrong.
const LOST_ANCHOR: &[&str] = &[
    "block_mismatch",
    "cannot_reply_to_message",
    "cant_broadcast_message",
    "cant_update_message",
    "edit_window_closed",
    "is_inactive",
    "message_not_found",
    "restricted_action_non_threadable_channel",
    "restricted_action_thread_locked",
    "thread_not_found",
];

/// See the error tables of
/// [chat.postMessage](https://docs.slack.dev/reference/methods/chat.postMessage#errors),
/// [chat.update](https://docs.slack.dev/reference/methods/chat.update#errors) and
/// [webhooks](https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors).
const CODES: &[(Meaning, &[&str])] = &[
    (Meaning::Pause, &["message_limit_exceeded", "rate_limited", "ratelimited"]),
    (
        Meaning::Transient,
        &[
            "external_channel_migrating",
            "request_timeout",
            "rollup_error",
            "service_unavailable",
            "team_added_to_org",
            "update_failed",
        ],
    ),
    (Meaning::Unknown, &["fatal_error", "internal_error"]),
    (
        Meaning::Rejected,
        &[
            "attachment_payload_limit_exceeded",
            "block_mismatch",
            "invalid_arguments",
            "invalid_attachments",
            "invalid_blocks*",
            "invalid_metadata*",
            "invalid_payload",
            "metadata_too_large",
            "msg_blocks_too_long",
            "msg_too_long",
            "no_text",
            "too_many_attachments",
        ],
    ),
    (
        Meaning::Permanent,
        &[
            "access_denied",
            "accesslimited",
            "account_inactive",
            "action_prohibited",
            "as_user_not_supported",
            "channel_is_archived",
            "channel_not_found",
            "deprecated_endpoint",
            "ekm_access_denied",
            "enterprise_is_restricted",
            "invalid_auth",
            "invalid_token",
            "is_archived",
            "is_bot",
            "messages_tab_disabled",
            "method_deprecated",
            "missing_scope",
            "no_active_hooks",
            "no_permission",
            "no_service*",
            "no_team",
            "not_allowed_token_type",
            "not_authed",
            "not_in_channel",
            "org_login_required",
            "posting_to_general_channel_denied",
            "restricted_action*",
            "team_access_not_granted",
            "team_disabled",
            "team_not_found",
            "token_expired",
            "token_revoked",
            "two_factor_setup_required",
            "unknown_method",
            "user_not_found",
        ],
    ),
];

#[cfg(test)]
mod tests;
