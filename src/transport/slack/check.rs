//! What every payload must hold: Slack's limits, and that nothing in it is live.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::{
    text,
    transport::slack::{
        BLOCKS, CONTEXT_ELEMENTS, FIELD_TEXT, FIELDS, HEADER_TEXT, OBJECT_TEXT, SECTION_TEXT, TEXT,
        TOTAL, UNIT, escape::BREAK, mention::after_mention,
    },
};

/// Says what is wrong with a payload for a webhook, `chat.postMessage` or `chat.update`: a limit
/// that it breaks, a mention, a link that is not one of ours, an emoji code that would be drawn in
/// foreign text, a character that cannot be seen, previews that are not off. One with a `ts` is for
/// `chat.update`, one with a `thread_ts` is an answer: they must name a channel by its ID and have
/// nothing that is not theirs.
///
/// For tests, ours and yours: the transports of this module send nothing that it refuses.
///
/// # Errors
/// In words, with the place: `blocks[2]: longer than 3000`.
pub fn check(payload: &Value) -> Result<(), String> {
    let payload = payload.as_object().ok_or("is not an object")?;
    top_level(payload)?;
    anchored(payload)?;
    let blocks = match payload.get("blocks") {
        Some(blocks) => blocks.as_array().ok_or("blocks: not an array")?.as_slice(),
        None => &[],
    };
    if blocks.len() > BLOCKS {
        return Err(format!("blocks: more than {BLOCKS}"));
    }
    let mut total = 0;
    for (at, shown) in blocks.iter().enumerate() {
        total += block(&without_mention(at, shown))
            .map_err(|problem| format!("blocks[{at}]: {problem}"))?;
    }
    if total > TOTAL { Err(format!("blocks: longer than {TOTAL} in all")) } else { Ok(()) }
}

/// The heading may begin with the mention of a route.
fn without_mention(at: usize, block: &Value) -> Cow<'_, Value> {
    let text = block["text"]["text"].as_str().filter(|_| at == 0 && block["type"] == "section");
    let Some(rest) = text.and_then(after_mention) else { return Cow::Borrowed(block) };
    let mut without = block.clone();
    without["text"]["text"] = rest.into();
    Cow::Owned(without)
}

fn top_level(payload: &Map<String, Value>) -> Result<(), String> {
    if let Some(key) = payload.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("{key}: not a key of ours"));
    }
    for (key, off) in [
        ("link_names", Value::from(false)),
        ("parse", "none".into()),
        ("unfurl_links", false.into()),
        ("unfurl_media", false.into()),
    ] {
        if payload.get(key) != Some(&off) {
            return Err(format!("{key}: not {off}"));
        }
    }
    let text = payload.get("text").and_then(Value::as_str).ok_or("text: missing")?;
    shown(&text.replace(BREAK, ""), TEXT)
        .and_then(|_| if text.contains(['<', '>']) { Err("live markup".into()) } else { Ok(()) })
        .and_then(|()| escapes(text))
        .map_err(|problem| format!("text: {problem}"))
}

/// What an edit or an answer needs beside what it says, and what they may not have.
///
/// See [chat.update](https://docs.slack.dev/reference/methods/chat.update) and
/// [chat.postMessage](https://docs.slack.dev/reference/methods/chat.postMessage).
fn anchored(payload: &Map<String, Value>) -> Result<(), String> {
    let channel = payload.get("channel").and_then(Value::as_str);
    for key in ["ts", "thread_ts"] {
        let Some(stamp) = payload.get(key) else { continue };
        if !stamp.as_str().is_some_and(is_stamp) {
            return Err(format!("{key}: not a time stamp"));
        }
        if !channel.is_some_and(is_channel) {
            return Err("channel: not an ID".into());
        }
    }
    match (payload.get("thread_ts"), payload.get("reply_broadcast")) {
        (Some(_), Some(shown)) if !shown.is_boolean() => {
            Err("reply_broadcast: not true or false".into())
        }
        (None, Some(_)) => Err("reply_broadcast: without thread_ts".into()),
        _ if payload.contains_key("ts") => edit(payload),
        _ => Ok(()),
    }
}

fn edit(payload: &Map<String, Value>) -> Result<(), String> {
    if let Some(key) = POSTS_ONLY.iter().find(|key| payload.contains_key(**key)) {
        return Err(format!("{key}: not of an edit"));
    }
    // Without blocks the old ones go, and the message is marked as edited.
    let blocks = payload.get("blocks").unwrap_or(&Value::Null);
    list(blocks).map(|_| ()).map_err(|problem| format!("blocks: {problem}"))
}

/// `1503435956.000247`.
fn is_stamp(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    text.split_once('.').is_some_and(|(seconds, rest)| digits(seconds) && digits(rest))
}

/// A public channel's, a direct message's or a private channel's ID: no name, and no user's.
fn is_channel(text: &str) -> bool {
    let rest = text.strip_prefix(['C', 'D', 'G']).unwrap_or_default();
    !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// Gives the length of the block's text.
fn block(block: &Value) -> Result<usize, String> {
    if block.get("block_id").is_some() {
        return Err("block_id: not set by us".into());
    }
    match block["type"].as_str().unwrap_or_default() {
        "section" if block.get("fields").is_none() => object(&block["text"], SECTION_TEXT),
        "section" => objects(&block["fields"], FIELDS, FIELD_TEXT),
        "header" => object(&block["text"], HEADER_TEXT),
        "context" => objects(&block["elements"], CONTEXT_ELEMENTS, OBJECT_TEXT),
        "rich_text" => rich_text(&block["elements"]),
        other => Err(format!("a block of type {other:?}")),
    }
}

fn objects(objects: &Value, count: usize, most: usize) -> Result<usize, String> {
    let objects = list(objects)?;
    if objects.len() > count {
        return Err(format!("more than {count}"));
    }
    objects.iter().map(|text| object(text, most)).sum()
}

fn object(object: &Value, most: usize) -> Result<usize, String> {
    let text = object["text"].as_str().ok_or("no text")?;
    match object["type"].as_str() {
        Some("plain_text") if object["emoji"] != false => return Err("emoji codes are live".into()),
        Some("mrkdwn") if object["verbatim"] != true => return Err("links are guessed".into()),
        Some("mrkdwn") => markup(text)?,
        Some("plain_text") => {}
        _ => return Err("neither plain_text nor mrkdwn".into()),
    }
    shown(text, most)
}

fn rich_text(parts: &Value) -> Result<usize, String> {
    list(parts)?.iter().map(part).sum()
}

fn part(part: &Value) -> Result<usize, String> {
    match part["type"].as_str().unwrap_or_default() {
        "rich_text_section" | "rich_text_quote" | "rich_text_preformatted" => {
            list(&part["elements"])?.iter().map(leaf).sum()
        }
        other => Err(format!("a part of type {other:?}")),
    }
}

/// Only text: links, users, broadcasts and emoji are live.
fn leaf(leaf: &Value) -> Result<usize, String> {
    match (leaf["type"].as_str(), leaf["text"].as_str()) {
        (Some("text"), Some(text)) => shown(text, TOTAL),
        (kind, _) => Err(format!("an element of type {kind:?}")),
    }
}

fn list(value: &Value) -> Result<&[Value], String> {
    match value.as_array() {
        Some(list) if !list.is_empty() => Ok(list),
        _ => Err("nothing in it".into()),
    }
}

/// The text's length, if it can be shown.
fn shown(text: &str, most: usize) -> Result<usize, String> {
    let length = UNIT.count(text);
    if text.is_empty() {
        Err("empty".into())
    } else if length > most {
        Err(format!("longer than {most}"))
    } else if text::clean(text) != text {
        Err("characters that cannot be seen".into())
    } else {
        Ok(length)
    }
}

/// Text with nothing live in it but links to the web.
fn markup(text: &str) -> Result<(), String> {
    escapes(text)?;
    let mut rest = text;
    while let Some(at) = rest.find(['<', '>']) {
        let inside = rest[at..].strip_prefix('<').ok_or("a stray >")?;
        let (link, after) = inside.split_once('>').ok_or("a stray <")?;
        let (url, label) = link.split_once('|').ok_or("a link without a label")?;
        let web = url.starts_with("http://") || url.starts_with("https://");
        if !web || label.is_empty() || link.contains(['<', '\n']) {
            return Err("live markup".into());
        }
        rest = after;
    }
    Ok(())
}

/// Every `&` begins one of the three escapes.
fn escapes(text: &str) -> Result<(), String> {
    let escaped = |rest: &str| ["amp;", "lt;", "gt;"].iter().any(|name| rest.starts_with(name));
    if text.split('&').skip(1).all(escaped) { Ok(()) } else { Err("an & of its own".into()) }
}

/// What a message keeps when it is edited.
const POSTS_ONLY: [&str; 4] = ["icon_emoji", "icon_url", "thread_ts", "username"];

const KEYS: [&str; 13] = [
    "blocks",
    "channel",
    "icon_emoji",
    "icon_url",
    "link_names",
    "parse",
    "reply_broadcast",
    "text",
    "thread_ts",
    "ts",
    "unfurl_links",
    "unfurl_media",
    "username",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn payload(block: Value) -> Value {
        let mut payload = json!({
            "text": "hello",
            "link_names": false,
            "parse": "none",
            "unfurl_links": false,
            "unfurl_media": false,
        });
        if !block.is_null() {
            payload["blocks"] = Value::Array(vec![block]);
        }
        payload
    }

    fn section(text: &str) -> Value {
        json!({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": true}})
    }

    fn rich(leaf: Value) -> Value {
        let leaves = Value::Array(vec![leaf]);
        let part = json!({"type": "rich_text_section", "elements": leaves});
        json!({"type": "rich_text", "elements": [part]})
    }

    #[test]
    fn what_is_right_passes() {
        for block in [
            Value::Null,
            section("<!here> *:x: Generic Server Error*"),
            section(":tada: a &amp; b &lt;!channel&gt; <https://x.example/?a=1&amp;b|the page>"),
            rich(json!({"type": "text", "text": "<!channel> :boom:"})),
        ] {
            assert_eq!(check(&payload(block.clone())), Ok(()), "{block}");
        }
    }

    #[test]
    fn live_markup_is_found() {
        for text in [
            "<!channel>",
            "<!channel> ",
            "a <!channel> b",
            "<!channel> <!channel> b",
            "<@U123>",
            "<#C123>",
            "<https://x.example>",
            "<mailto:a@b|c>",
            "<https://x.example|a<b>",
            "a > b",
            "a < b",
            "R&D",
            "&nbsp;",
        ] {
            assert!(check(&payload(section(text))).is_err(), "{text}");
            let mut top = payload(Value::Null);
            top["text"] = text.into();
            assert!(check(&top).is_err(), "{text}");
        }
        for leaf in [
            json!({"type": "broadcast", "range": "here"}),
            json!({"type": "emoji", "name": "boom"}),
            json!({"type": "link", "url": "https://x.example", "text": "x"}),
            json!({"type": "user", "user_id": "U123"}),
        ] {
            assert!(check(&payload(rich(leaf.clone()))).is_err(), "{leaf}");
        }
    }

    #[test]
    fn every_limit_is_checked() {
        let plain =
            |most: usize| json!({"type": "plain_text", "emoji": false, "text": "a".repeat(most)});
        let text = |most: usize| json!({"type": "text", "text": "a".repeat(most)});
        let fields = |count: usize, most: usize| json!({"type": "section", "fields": vec![plain(most); count]});
        for (fits, breaks) in [
            (section(&"a".repeat(3_000)), section(&"a".repeat(3_001))),
            (section(&"😀".repeat(1_500)), section(&"😀".repeat(1_501))),
            (fields(10, 5), fields(11, 5)),
            (fields(1, 2_000), fields(1, 2_001)),
            (
                json!({"type": "header", "text": plain(150)}),
                json!({"type": "header", "text": plain(151)}),
            ),
            (
                json!({"type": "context", "elements": vec![plain(5); 10]}),
                json!({"type": "context", "elements": vec![plain(5); 11]}),
            ),
            (rich(text(12_000)), rich(text(12_001))),
            (rich(text(1)), rich(text(0))),
        ] {
            assert_eq!(check(&payload(fits)), Ok(()));
            assert!(check(&payload(breaks)).is_err());
        }
        let many = |count: usize| json!(vec![section("a"); count]);
        let mut crowded = payload(Value::Null);
        crowded["blocks"] = many(50);
        assert_eq!(check(&crowded), Ok(()));
        crowded["blocks"] = many(51);
        assert!(check(&crowded).is_err());
        crowded["blocks"] = json!(vec![section(&"a".repeat(3_000)); 5]);
        assert!(check(&crowded).is_err());
    }

    #[test]
    fn what_slack_would_do_unasked_must_be_off() {
        for key in ["link_names", "parse", "text", "unfurl_links", "unfurl_media"] {
            let mut wrong = payload(Value::Null);
            wrong.as_object_mut().map(|wrong| wrong.remove(key));
            assert!(check(&wrong).is_err_and(|problem| problem.starts_with(key)), "{key}");
        }
        let emoji = json!({"type": "plain_text", "text": ":boom:", "emoji": true});
        assert!(check(&payload(json!({"type": "context", "elements": [emoji]}))).is_err());
        let guessed = json!({"type": "mrkdwn", "text": "https://x.example"});
        assert!(check(&payload(json!({"type": "section", "text": guessed}))).is_err());
    }

    /// A payload with a block and these keys.
    fn with<const N: usize>(keys: [(&str, Value); N]) -> Value {
        let mut payload = payload(section("hello"));
        keys.into_iter().for_each(|(key, value)| payload[key] = value);
        payload
    }

    #[test]
    fn an_edit_names_what_it_replaces_and_has_nothing_of_a_post() {
        let edit = [("channel", json!("C0123")), ("ts", json!("1503435956.000247"))];
        assert_eq!(check(&with(edit.clone())), Ok(()));
        for (key, wrong) in [
            ("channel", json!("#alerts")),
            ("channel", json!("U0123")),
            ("channel", json!("C")),
            ("channel", Value::Null),
            ("ts", json!("1503435956")),
            ("ts", json!(1503435956.000247)),
            ("ts", json!(".1")),
            ("icon_emoji", json!(":bell:")),
            ("icon_url", json!("https://x.example/i.png")),
            ("thread_ts", json!("1503435956.000247")),
            ("username", json!("MyApp Bot")),
            ("blocks", json!([])),
        ] {
            let mut edit = with(edit.clone());
            edit[key] = wrong.clone();
            let problem = check(&edit).expect_err(key);
            assert!(problem.starts_with(key), "{key} {wrong}: {problem}");
        }
        for (length, fits) in [(4_000, true), (4_001, false)] {
            let mut edit = with(edit.clone());
            edit["text"] = "a".repeat(length).into();
            assert_eq!(check(&edit).is_ok(), fits, "{length}");
        }
        let mut bare = with(edit);
        bare.as_object_mut().map(|bare| bare.remove("blocks"));
        assert_eq!(check(&bare), Err("blocks: nothing in it".to_owned()));
    }

    #[test]
    fn an_answer_names_its_thread_and_only_an_answer_is_shown_in_the_channel_too() {
        let answer = [
            ("channel", json!("C0123")),
            ("thread_ts", json!("1503435956.000247")),
            ("reply_broadcast", json!(true)),
            ("username", json!("MyApp Bot")),
        ];
        assert_eq!(check(&with(answer.clone())), Ok(()));
        for (key, wrong) in [
            ("channel", json!("#alerts")),
            ("thread_ts", json!("yesterday")),
            ("reply_broadcast", json!("true")),
        ] {
            let mut answer = with(answer.clone());
            answer[key] = wrong;
            assert!(check(&answer).is_err_and(|problem| problem.starts_with(key)), "{key}");
        }
        let post = with([("channel", json!("#alerts")), ("reply_broadcast", json!(true))]);
        assert_eq!(check(&post), Err("reply_broadcast: without thread_ts".to_owned()));
    }

    #[test]
    fn characters_that_cannot_be_seen_are_found() {
        for text in ["a\u{202e}b", "a\u{0}b", "a\u{200b}b", "a\rb"] {
            assert!(check(&payload(rich(json!({"type": "text", "text": text})))).is_err());
        }
    }
}
