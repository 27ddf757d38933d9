use proptest::{collection::vec, option, prelude::*};

use super::*;
use crate::{
    message::fit,
    severity::Severity,
    transport::slack::{capabilities, check},
};

fn failure() -> Message {
    let mut message = Message::new(":x: Generic Server Error")
        .severity(Severity::Error)
        .user("alice@example.com")
        .field("plan", "pro")
        .link("Dashboard", "https://grafana.example/d/1?var=a|b&x=<y>");
    message.subject = Some("500 · POST /checkout · shop-api (production)".to_owned());
    message.quote = Some("charge failed: <!channel> :boom:".to_owned());
    message.place = Some("src/checkout.rs:42".to_owned());
    message.facts = vec!["request 7f3a9c1e".to_owned(), "took 1.2 s".to_owned()];
    message.literals = vec![
        literal("Headers", None, "host: shop.example\ncookie: [redacted]", None),
        literal(
            "Payload",
            Some("41 B, 1 value hidden"),
            "{\"card\": \"[redacted]\"}",
            Some("json"),
        ),
        literal("Response", Some("500, empty"), "", None),
    ];
    message.id = Some("a1f3k9q2".to_owned());
    message.notes =
        vec!["2026-11-23 06:40:13 UTC".to_owned(), "hidden headers: x-tenant".to_owned()];
    message
}

fn literal(
    label: &'static str,
    note: Option<&str>,
    text: &str,
    language: Option<&'static str>,
) -> Literal {
    Literal { label, note: note.map(str::to_owned), text: text.to_owned(), language }
}

/// Every text in the payload with the type of the object it stands in.
fn texts(value: &Value, found: &mut Vec<(String, String)>) {
    if let (Some(kind), Some(text)) = (value["type"].as_str(), value["text"].as_str()) {
        found.push((kind.to_owned(), text.to_owned()));
    }
    match value {
        Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        Value::Object(map) => map.values().for_each(|value| texts(value, found)),
        _ => {}
    }
}

fn texts_of(payload: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    texts(payload, &mut found);
    found
}

#[test]
fn a_failure_reads_from_the_heading_to_the_id() {
    let payload = payload(&failure());
    assert_eq!(check(&payload), Ok(()));
    let texts = texts_of(&payload);
    let texts: Vec<_> = texts.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "*:x: Generic Server Error*",
            "500 · POST /checkout · shop-api (production)",
            "charge failed: <!channel> :boom:\n",
            "src/checkout.rs:42",
            "user:alice@example.com · request 7f3a9c1e · took 1.2 s",
            "plan: ",
            "pro",
            "Headers",
            "host: shop.example\ncookie: [redacted]",
            "Payload",
            "  41 B, 1 value hidden",
            "{\"card\": \"[redacted]\"}",
            "Response",
            "  500, empty",
            "<https://grafana.example/d/1?var=a%7Cb&amp;x=%3Cy%3E|Dashboard>",
            "#a1f3k9q2 · 2026-11-23 06:40:13 UTC · hidden headers: x-tenant",
        ]
    );
}

#[test]
fn the_text_is_useful_by_itself() {
    let payload = payload(&failure());
    assert_eq!(
        payload["text"],
        ":x: Generic Server Error · 500 · POST /checkout · shop-api (production)\n\
         charge failed: &lt;!channel&gt; :\u{200b}boom:\n\
         user:alice@example.com · #a1f3k9q2"
    );
}

#[test]
fn a_payload_has_its_language() {
    let payload = payload(&failure());
    assert!(payload.to_string().contains(r#""language":"json""#));
}

#[test]
fn a_message_of_the_apps_own_is_one_plain_section() {
    let payload = payload(&Message::new(":rocket: Nice job, I'm all set up!"));
    assert_eq!(payload["text"], ":rocket: Nice job, I'm all set up!");
    let blocks = payload["blocks"].as_array().unwrap();
    assert_eq!(blocks.len(), 1);
    assert_eq!(blocks[0]["text"]["text"], ":rocket: Nice job, I'm all set up!");
}

#[test]
fn a_name_that_cannot_be_set_goes_before_the_text() {
    let mut payload = payload(&Message::new("hello"));
    say_name(&mut payload, "My <App> :boom: Bot");
    assert_eq!(payload["text"], "My &lt;App&gt; :\u{200b}boom: Bot: hello");
    assert_eq!(payload["blocks"][0]["elements"][0]["text"], "My <App> :boom: Bot");
    assert_eq!(check(&payload), Ok(()));
}

#[test]
fn a_message_of_which_nothing_can_be_seen_still_has_a_text_and_a_block() {
    let mut payload = payload(&Message::new("\u{200b}").field("\u{202e}", ""));
    assert_eq!(check(&payload), Ok(()));
    assert_eq!(payload["blocks"][0]["text"]["text"], "(no text)");
    say_name(&mut payload, "bot");
    assert_eq!(check(&payload), Ok(()));
    assert_eq!(payload["blocks"].as_array().map(Vec::len), Some(2));
}

#[test]
fn only_web_addresses_become_links() {
    let message = Message::new("hello")
        .link("good", "https://x.example/")
        .link("bad", "javascript:alert(1)")
        .link("worse", "not a url|<!channel>")
        .link("", "http://y.example/");
    let payload = payload(&message);
    assert_eq!(check(&payload), Ok(()));
    let texts = texts_of(&payload);
    let texts: Vec<_> = texts.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "hello",
            "<https://x.example/|good> · <http://y.example/|http://y.example/>",
            "bad: javascript:alert(1)",
            "worse: not a url|<!channel>",
        ]
    );
}

#[test]
fn what_is_too_long_is_cut_with_a_mark_and_the_id_stays() {
    let mut message = failure();
    message.literals[1].text = "x".repeat(50_000);
    message.quote = Some("<".repeat(50_000));
    let payload = payload(&message);
    assert_eq!(check(&payload), Ok(()));
    let texts = texts_of(&payload);
    assert!(texts.iter().any(|(_, text)| text.starts_with("xxx") && text.ends_with(CUT)));
    assert!(
        texts.iter().any(|(_, text)| text.starts_with("<<<") && text.trim_end().ends_with(CUT))
    );
    assert!(texts.last().unwrap().1.starts_with("#a1f3k9q2 · "));
    assert!(payload["text"].as_str().unwrap().ends_with("user:alice@example.com · #a1f3k9q2"));
}

#[test]
fn more_fields_than_can_be_shown_are_counted() {
    let message = (0..100).fold(Message::new("hello"), |m, at| m.field(format!("f{at}"), at));
    let payload = payload(&message);
    assert_eq!(check(&payload), Ok(()));
    assert!(texts_of(&payload).iter().any(|(_, text)| text.starts_with("60 more fields")));
}

/// Text that someone wants to do harm with.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        // Unlike `any::<String>()`, with control characters.
        vec(any::<char>(), 0..40).prop_map(String::from_iter),
        "[ -~]{0,40}",
        prop::sample::select(vec![
            "<!channel>",
            "<!here|x>",
            "<@U123>",
            "@everyone @here",
            "<https://evil.example|bank>",
            "https://evil.example",
            "&lt;!channel&gt;",
            "```",
            ":boom:",
            "::a::",
            "|",
            "*_~`",
            "\u{202e}",
            "\u{200b}",
            "\r\n",
            "\n",
            "😀",
            "\u{0}",
        ])
        .prop_map(str::to_owned),
        ("[<&:a😀é]", 0usize..6_000).prop_map(|(c, n)| c.repeat(n)),
    ];
    vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

fn url() -> impl Strategy<Value = String> {
    let url = (prop::sample::select(vec!["https://", "http://x.example/", ""]), hostile());
    url.prop_map(|(begin, rest)| format!("{begin}{rest}"))
}

prop_compose! {
    fn message()(
        text in hostile(),
        words in (option::of(hostile()), option::of(hostile()), option::of(hostile())),
        names in (option::of(hostile()), option::of(hostile()), option::of(hostile())),
        facts in vec(hostile(), 0..4),
        notes in vec(hostile(), 0..4),
        fields in vec((hostile(), hostile()), 0..60),
        links in vec((hostile(), url()), 0..30),
        literals in vec((option::of(hostile()), hostile(), prop::bool::ANY), 0..12),
    ) -> Message {
        let mut message = Message::new(text);
        (message.subject, message.quote, message.place) = words;
        (message.user, message.id, message.username) = names;
        message.facts = facts;
        message.notes = notes;
        message.fields = fields.into_iter().map(|(name, value)| Field { name, value }).collect();
        message.links = links.into_iter().map(|(label, url)| Link { label, url }).collect();
        let literals = literals.into_iter().map(|(note, text, json)| Literal {
            label: "Payload",
            note,
            text,
            language: json.then_some("json"),
        });
        message.literals = literals.collect();
        message
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// But for escapes, which `fit` does not count, links, and an id of a length that none has.
    #[test]
    fn what_fits_is_not_cut_again(mut message in message()) {
        message.text = message.text.replace(['<', '>', '&'], "");
        message.id = Some("a1f3k9q2".to_owned());
        message.links = Vec::new();
        message.notes.truncate(2);
        let payload = payload(&fit(message, &capabilities().limits));
        prop_assert!(!payload["blocks"].to_string().contains(CUT), "{}", payload);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_it_says_the_payload_passes(message in message()) {
        let mut payload = payload(&message);
        prop_assert_eq!(check(&payload), Ok(()));
        say_name(&mut payload, message.username.as_deref().unwrap_or("bot"));
        prop_assert_eq!(check(&payload), Ok(()));
    }

    #[test]
    fn foreign_words_stand_only_where_slack_reads_no_markup(noise in hostile()) {
        let mark = "Zq7 :boom: *b*";
        let foreign = format!("{mark}{noise}");
        let mut message = Message::new("app").user(foreign.clone()).field(&foreign, &foreign);
        message = message.link("label", foreign.clone());
        message.subject = Some(foreign.clone());
        message.quote = Some(foreign.clone());
        message.place = Some(foreign.clone());
        message.facts = vec![foreign.clone()];
        message.notes = vec![foreign.clone()];
        message.literals = vec![literal("Payload", Some(&foreign), &foreign, None)];
        for (kind, text) in texts_of(&payload(&message)) {
            prop_assert!(kind != "mrkdwn" || !text.contains("Zq7"), "{}", text);
        }
    }

    #[test]
    fn emoji_codes_of_the_app_stay(before in "[a-z ]{0,9}", after in "[a-z ]{0,9}") {
        let text = format!("{before} :rocket: {after}");
        let payload = payload(&Message::new(&text));
        prop_assert_eq!(payload["text"].as_str(), Some(text.as_str()));
        prop_assert_eq!(payload["blocks"][0]["text"]["text"].as_str(), Some(text.as_str()));
    }
}

#[test]
fn a_heading_is_bold_whatever_its_emoji_is_called() {
    let bold = |text| bold_first_line(text);
    assert_eq!(bold(":rotating_light: Down\nmore"), "*:rotating_light: Down*\nmore");
    for text in ["a _b_ c", ":x: `code`", ":a_b", "*:x:*", ""] {
        assert_eq!(bold(text), text);
    }
}
