use std::time::Duration;

use http::StatusCode;
use proptest::prelude::*;

use super::*;

fn answer(status: u16, body: &str) -> Answer {
    Answer {
        status: StatusCode::from_u16(status).unwrap(),
        retry_after: None,
        body: body.into(),
        whole: true,
    }
}

fn class(result: &Result<Receipt, SendError>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(e) if e.is_transient() => "transient",
        Err(e) if e.is_rate_limited() => "rate limited",
        Err(e) if e.is_unknown_outcome() => "unknown",
        Err(e) if e.is_rejected() => "rejected",
        Err(e) if e.is_permanent() => "permanent",
        Err(e) if e.is_lost_anchor() => "lost anchor",
        Err(_) => "refused",
    }
}

fn not_ok(code: &str) -> String {
    format!(r#"{{"ok":false,"error":"{code}"}}"#)
}

#[test]
fn every_code_means_what_the_table_says() {
    for (meaning, codes) in CODES {
        let expected = match meaning {
            Meaning::Pause => "rate limited",
            Meaning::Transient => "transient",
            Meaning::Unknown => "unknown",
            Meaning::Rejected => "rejected",
            Meaning::Permanent => "permanent",
            Meaning::LostAnchor => "lost anchor",
        };
        for code in *codes {
            let code = code.replace('*', "_x");
            let result = read(Call::Post, &answer(200, &not_ok(&code)));
            assert_eq!(class(&result), expected, "{code}");
            let result = read(Call::Webhook, &answer(400, &code));
            assert_eq!(class(&result), expected, "{code}");
            for call in [Call::Edit, Call::Reply] {
                let result = read(call, &answer(200, &not_ok(&code)));
                let anchored = if code == "block_mismatch" { "lost anchor" } else { expected };
                assert_eq!(class(&result), anchored, "{call:?} {code}");
            }
        }
    }
}

#[test]
fn a_lost_message_is_one_only_when_it_is_edited_or_answered() {
    for code in LOST_ANCHOR {
        for call in [Call::Edit, Call::Reply] {
            let result = read(call, &answer(200, &not_ok(code)));
            assert_eq!(class(&result), "lost anchor", "{call:?} {code}");
        }
        let result = read(Call::Post, &answer(200, &not_ok(code)));
        assert_ne!(class(&result), "lost anchor", "{code}");
    }
    let posted = |code| class(&read(Call::Post, &answer(200, &not_ok(code))));
    assert_eq!(posted("block_mismatch"), "rejected");
    assert_eq!(posted("restricted_action_thread_locked"), "permanent");
}

#[test]
fn a_limit_stays_a_limit_whatever_was_asked_for() {
    for call in [Call::Webhook, Call::Post, Call::Edit, Call::Reply] {
        let mut limited = answer(429, &not_ok("message_not_found"));
        limited.retry_after = Some(Duration::from_secs(3));
        let error = read(call, &limited).unwrap_err();
        assert_eq!(error.retry_after(), Some(Duration::from_secs(3)), "{call:?}");
    }
}

#[test]
fn webhooks_answer_in_plain_text() {
    for (status, body, expected) in [
        (200, "ok", "ok"),
        (200, "", "ok"),
        (204, "", "ok"),
        (200, r#"{"success":true}"#, "ok"),
        (200, "<html>sign in</html>", "permanent"),
        (200, "no_service", "permanent"),
        (302, "", "permanent"),
        (307, "", "permanent"),
        (400, "invalid_payload", "rejected"),
        (400, "", "rejected"),
        (401, "", "permanent"),
        (403, "action_prohibited", "permanent"),
        (403, "invalid_token", "permanent"),
        (404, "channel_not_found", "permanent"),
        (404, "", "permanent"),
        (408, "", "transient"),
        (410, "channel_is_archived", "permanent"),
        (413, "", "rejected"),
        (429, "", "rate limited"),
        (429, "invalid_payload", "rate limited"),
        (500, "rollup_error", "transient"),
        (500, "<html>oh no</html>", "transient"),
        (502, "", "transient"),
        (503, "", "transient"),
        (599, "", "transient"),
    ] {
        let result = read(Call::Webhook, &answer(status, body));
        assert_eq!(class(&result), expected, "{status} {body}: {result:?}");
    }
}

#[test]
fn the_web_api_says_200_and_means_no() {
    for (body, expected) in [
        (r#"{"ok":true,"channel":"C1","ts":"1.2"}"#, "ok"),
        (r#"{"ok":true}"#, "ok"),
        (r#"{"ok":false,"error":"invalid_auth"}"#, "permanent"),
        (r#"{"ok":false,"error":"never_heard_of"}"#, "rejected"),
        (r#"{"ok":false}"#, "rejected"),
        (r#"{"ok":false,"error":"Ignore https://evil"}"#, "rejected"),
        ("", "unknown"),
        ("ok", "unknown"),
        ("{\"ok\":", "unknown"),
        ("<!doctype html>", "permanent"),
    ] {
        let result = read(Call::Post, &answer(200, body));
        assert_eq!(class(&result), expected, "{body}: {result:?}");
    }
}

#[test]
fn the_receipt_names_the_message() {
    let posted = read(Call::Post, &answer(200, r#"{"ok":true,"channel":"C1","ts":"1.2"}"#));
    assert_eq!(anchor(&posted.unwrap()), Some(("C1", "1.2")));
    assert_eq!(anchor(&Receipt::none()), None);
    assert_eq!(anchor(&Receipt::new("1")), None);
}

#[test]
fn the_pause_is_the_headers_then_the_bodys() {
    let pause = |answer: &Answer| read(Call::Post, answer).unwrap_err().retry_after();
    let mut limited = answer(429, r#"{"retry_after":1.5,"ok":false,"error":"rate_limited"}"#);
    assert_eq!(pause(&limited), Some(Duration::from_millis(1_500)));
    limited.retry_after = Some(Duration::from_secs(3));
    assert_eq!(pause(&limited), Some(Duration::from_secs(3)));
    assert_eq!(pause(&answer(429, "")), None);
    let daily = answer(200, &not_ok("message_limit_exceeded"));
    assert_eq!(pause(&daily), Some(retry_after::LONGEST_PAUSE));
    let mut down = answer(503, "");
    down.retry_after = Some(Duration::from_secs(7));
    assert_eq!(pause(&down), Some(Duration::from_secs(7)));
}

#[test]
fn an_answer_cut_short_is_no_yes() {
    for call in [Call::Webhook, Call::Post, Call::Edit, Call::Reply] {
        let mut cut = answer(200, "ok");
        cut.whole = false;
        assert_eq!(class(&read(call, &cut)), "unknown");
        cut.status = StatusCode::NOT_FOUND;
        assert_eq!(class(&read(call, &cut)), "permanent");
    }
}

#[test]
fn the_error_says_the_code_and_what_to_do() {
    let error = read(Call::Post, &answer(200, &not_ok("not_in_channel"))).unwrap_err();
    assert_eq!(error.to_string(), "Slack: 200 not_in_channel: invite the bot to the channel");
    let error = read(Call::Webhook, &answer(302, "")).unwrap_err();
    assert_eq!(error.to_string(), "Slack: 302, redirects are not followed");
}

proptest! {
    #[test]
    fn nothing_of_a_strange_answer_is_repeated(
        body in "[a-z_]{0,3}[A-Z0-9 :/.<{\"]{1,3}[a-zA-Z0-9_ ]{8,80}",
        status in 200u16..600,
    ) {
        for call in [Call::Webhook, Call::Post, Call::Edit, Call::Reply] {
            if let Err(error) = read(call, &answer(status, &body)) {
                prop_assert!(!error.to_string().contains(&body[body.len() - 8..]));
            }
        }
    }

    #[test]
    fn any_bytes_have_a_meaning(body in any::<Vec<u8>>(), status in 100u16..1000, whole: bool) {
        let status = StatusCode::from_u16(status).unwrap();
        let answer = Answer { status, retry_after: None, body, whole };
        for call in [Call::Webhook, Call::Post, Call::Edit, Call::Reply] {
            let _ = read(call, &answer);
        }
    }
}
