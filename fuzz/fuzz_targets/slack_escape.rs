//! What Slack is sent of any message: nothing in it is live but the links that the app builds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tower_bell::slack::{check, fuzzing::payload};
use tower_bell_fuzz::{REDACTOR, message};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (message, code) = message(&text);
    let redacted = REDACTOR.message(message);
    let payload = payload(&redacted, &REDACTOR.text(&code));
    assert_eq!(check(&payload), Ok(()), "{payload:#}");
    assert_escaped(payload["text"].as_str().expect("a text"));
    assert_inert(&payload["blocks"]);
});

/// Markup is read only where it is escaped; code is code by its place, which no text can leave.
fn assert_inert(value: &Value) {
    match value {
        Value::Array(all) => all.iter().for_each(assert_inert),
        Value::Object(members) => {
            if value["type"] == "mrkdwn" {
                assert_escaped(&without_links(value["text"].as_str().expect("a text")));
            }
            if value["type"] == "rich_text_preformatted" {
                let only_text = |part: &Value| part["type"] == "text";
                assert!(value["elements"].as_array().expect("parts").iter().all(only_text));
            }
            members.values().for_each(assert_inert);
        }
        _ => {}
    }
}

fn assert_escaped(text: &str) {
    assert!(!text.contains(['<', '>']), "{text:?}");
    for (at, _) in text.match_indices('&') {
        let known = ["&amp;", "&lt;", "&gt;"].iter().any(|escape| text[at..].starts_with(escape));
        assert!(known, "{:?} in {text:?}", &text[at..]);
    }
}

/// `<https://…|label>` is one of ours; its parts are escaped.
fn without_links(text: &str) -> String {
    let mut rest = text;
    let mut without = String::new();
    while let Some((before, link)) = rest.split_once("<http") {
        let (link, after) = link.split_once('>').expect("the end of a link");
        without += before;
        without += &link.replacen('|', "", 1);
        rest = after;
    }
    without + rest
}
