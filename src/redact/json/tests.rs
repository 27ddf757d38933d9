use proptest::prelude::*;

use super::{pair::LONGEST_NAME, *};
use crate::redact::{Rules, scan::Tier, tests::leaks};

fn json(text: &str, cut: bool) -> Option<Hiding> {
    Scan::new(&Rules::default(), Tier::Own).json(text, cut)
}

fn shown(text: &str) -> String {
    json(text, false).map_or_else(|| "no JSON".to_owned(), |hiding| hiding.text)
}

/// The text shows as this, and that shows as itself.
#[track_caller]
fn shows(text: &str, expected: &str) {
    assert_eq!(shown(text), expected);
    assert_eq!(shown(expected), expected, "twice");
}

#[test]
fn values_of_secret_keys_hide_with_all_that_is_below() {
    shows(r#"{"password":"hunter2"}"#, r#"{"password":"[redacted]"}"#);
    shows(
        r#"{"pass\u0077ord" : "a\"b" , "x" : 1 }"#,
        r#"{"pass\u0077ord" : "[redacted]" , "x" : 1 }"#,
    );
    shows(r#"{"pin":1234,"x":2}"#, r#"{"pin":"[redacted]","x":2}"#);
    shows(
        r#"{"credentials":{"user":"bob","list":[1,{"a":"b"}]},"x":[{"token":["a","b"]}]}"#,
        r#"{"credentials":"[redacted]","x":[{"token":"[redacted]"}]}"#,
    );
    shows(r#"[{"token":"a"},["x"]]"#, r#"[{"token":"[redacted]"},["x"]]"#);
    shows(r#"{"token":"a","token":"b"}"#, r#"{"token":"[redacted]","token":"[redacted]"}"#);
    // Nothing secret in these.
    shows(r#"{"token":"","pin":null,"session":true}"#, r#"{"token":"","pin":null,"session":true}"#);
}

#[test]
fn everything_else_is_kept_to_the_letter() {
    for text in [
        r#"{"id": 12345678901234567890123456789012, "x": 1.50e+10, "y": -0, "z": 1e999}"#,
        "[1,\n  2 ,3]\n",
        "{\"a\":\"\\ud800 \\u00e9 \\/\"}\n{\"b\":[]}\n{}",
        r#""text""#,
        "42",
        "null",
        r#"{"type":"password","username":"bob","name":"keyboard","value":"x"}"#,
        r#"{"max_tokens":512,"author":"x","key2":"y","fields":["password","email","name"]}"#,
        r#"[["a","b"],{"key":"colour","value":"red"}]"#,
        r#"{"error":"[info] started","x":"[1] {2}","empty":{}}"#,
    ] {
        shows(text, text);
    }
}

#[test]
fn mistakes_with_a_clear_meaning_are_read() {
    shows("\u{feff}{\"pin\":1234}", r#"{"pin":"[redacted]"}"#);
    shows("{'password': 'a\"b', 'x': None,}", "{'password': \"[redacted]\", 'x': None,}");
    shows("{password: hunter2, x: NaN}", "{password: \"[redacted]\", x: NaN}");
    shows("{\"token\":\"a\nb\",\"x\":[1,]}", r#"{"token":"[redacted]","x":[1,]}"#);
    shows("{/* pin: 1 */\"pin\":1234// no\n}//x", "{\"pin\":\"[redacted]\"\n}");
    shows("{\"a\":1}\n{\"pin\":1234}", "{\"a\":1}\n{\"pin\":\"[redacted]\"}");
    shows("{\"pin\":true// no }", r#"{"pin":"[redacted]""#);
    shows("{\"pin\":null /* no */ // no\n", "{\"pin\":\"[redacted]\"  \n");
    shows("{\"pin\":null/* no */}", r#"{"pin":null}"#);
    shows(
        "{\"token\":\"\u{fffd}x\",\"y\":\"\u{fffd}\"}",
        "{\"token\":\"[redacted]\",\"y\":\"\u{fffd}\"}",
    );
}

#[test]
fn pairs_of_name_and_value_hide() {
    shows(r#"{"name":"password","value":"x"}"#, r#"{"name":"password","value":"[redacted]"}"#);
    shows(r#"{"key":"api_key","value":["x"]}"#, r#"{"key":"api_key","value":"[redacted]"}"#);
    shows(r#"{"field":"pin","value":1234}"#, r#"{"field":"pin","value":"[redacted]"}"#);
    shows(r#"{"header":"Cookie","value":"x"}"#, r#"{"header":"Cookie","value":"[redacted]"}"#);
    shows(r#"[["password","x"],["a","b"]]"#, r#"[["password","[redacted]"],["a","b"]]"#);
    shows(r#"["token",{"a":"b"}]"#, r#"["token","[redacted]"]"#);
    shows("{name: password, value: x}", "{name: password, value: \"[redacted]\"}");
}

#[test]
fn a_name_counts_as_it_is_shown_too() {
    let long = format!("x://u:{}@h/pin", "p".repeat(LONGEST_NAME));
    let text = format!(r#"{{"name":"{long}","value":"x y"}}"#);
    shows(&text, r#"{"name":"x://[redacted]@h/pin","value":"[redacted]"}"#);
    let text = format!(r#"{{"value":"x y","name":"{long}"}}"#);
    shows(&text, r#"{"value":"[redacted]","name":"x://[redacted]@h/pin"}"#);
    shows(&format!(r#"["{long}","x y"]"#), r#"["x://[redacted]@h/pin","[redacted]"]"#);
}

#[test]
fn a_value_before_its_name_hides() {
    shows(r#"{"value":"x","name":"password"}"#, r#"{"value":"[redacted]","name":"password"}"#);
    shows(
        r#"[{"value" : 1234 , "id":7,"field":"pin"},{"value":"red","key":"colour"}]"#,
        r#"[{"value" : "[redacted]" , "id":7,"field":"pin"},{"value":"red","key":"colour"}]"#,
    );
    shows(
        r#"{"value":{"a":["x",{"value":"y","name":"colour"}]},"b":[1],"key":"api_key","c":2}"#,
        r#"{"value":"[redacted]","b":[1],"key":"api_key","c":2}"#,
    );
    shows("{value: x, field: pin}", "{value: \"[redacted]\", field: pin}");
    shows(
        r#"{"value":"a","value":"b","name":"token","value":"c"}"#,
        r#"{"value":"[redacted]","name":"token","value":"[redacted]"}"#,
    );
    shows(
        r#"{"value":{"value":"x","name":"pin"},"name":"colour"}"#,
        r#"{"value":{"value":"[redacted]","name":"pin"},"name":"colour"}"#,
    );
    for text in [
        r#"{"value":null,"name":"password"}"#,
        r#"{"value":"","name":"password"}"#,
        r#"{"value":"x","name":"keyboard","values":"password"}"#,
        r#"{"value":"x","a":{"name":"password"}}"#,
        r#"[{"value":"x"},{"name":"password"}]"#,
        r#"["value","x","name","password"]"#,
    ] {
        shows(text, text);
    }
    let text = r#"{"value":["x://a:b@c","4111111111111111"],"a":"x://a:b@c","name":"pin"}"#;
    assert_eq!(json(text, false).unwrap().hidden, 2, "what was hidden in it counts no more");
}

#[test]
fn a_value_whose_name_may_have_been_cut_off_hides() {
    let cut = |text| json(text, true).unwrap().text;
    assert_eq!(cut(r#"{"value":"correct horse","na"#), r#"{"value":"[redacted]","#);
    assert_eq!(cut(r#"{"value":"correct ho"#), r#"{"value":"[redacted]""#);
    assert_eq!(cut("{value: x, name: p"), "{value: \"[redacted]\", name: ");
    assert_eq!(cut(r#"{"value":"x" "name":"pin"}"#), r#"{"value":"[redacted]" [redacted]"#);
    assert_eq!(cut(r#"{"name":"colour","value":"red","i"#), r#"{"name":"colour","value":"red","#);
    // A list of results, as OData has it.
    assert_eq!(cut(r#"{"value":[{"id":1},{"i"#), r#"{"value":[{"id":1},{"#);
}

#[test]
fn names_and_values_are_known_in_any_case() {
    shows(r#"{"Name":"Password","Value":"x"}"#, r#"{"Name":"Password","Value":"[redacted]"}"#);
    shows(r#"{"VALUE":"x","KEY":"apiKey"}"#, r#"{"VALUE":"[redacted]","KEY":"apiKey"}"#);
    shows(r#"{"Key":"colour","Value":"red"}"#, r#"{"Key":"colour","Value":"red"}"#);
}

#[test]
fn a_pair_may_end_with_a_comma_and_comments() {
    shows(r#"["password","x",]"#, r#"["password","[redacted]",]"#);
    shows(r#"["password","x"/*y*/ ,// z"#, r#"["password","[redacted]" ,"#);
    shows(r#"["password",1 /*]*/,"email"]"#, r#"["password",1 ,"email"]"#);
    assert_eq!(json(r#"[["password","x","#, true).unwrap().text, r#"[["password","[redacted]","#);
}

#[test]
fn a_value_that_is_open_where_its_name_is_lost_hides() {
    shows(r#"{"a":1,"value":["x","name":"pin"}"#, r#"{"a":1,"value":"[redacted]"[redacted]"#);
    shows(r#"{"value":[{"value":{"b":["x"},"name":"pin"}"#, r#"{"value":"[redacted]"[redacted]"#);
    shows(r#"{"value":"x","name":""pin"}"#, r#"{"value":"[redacted]","name":""[redacted]"#);
    shows(r#"{"value":"x","name":{"pin"}"#, r#"{"value":"[redacted]","name":{[redacted]"#);
    shows(
        r#"{"name":"colour","value":["x","b":1}"#,
        r#"{"name":"colour","value":["x","b"[redacted]"#,
    );
}

#[test]
fn a_key_that_came_here_before_is_read_like_any_other() {
    shows(
        r#"[{"a":1,"pin":1},{"a":2,"pin":2},{"pin":3,"a":4}]"#,
        r#"[{"a":1,"pin":"[redacted]"},{"a":2,"pin":"[redacted]"},{"pin":"[redacted]","a":4}]"#,
    );
    shows(
        r#"[{"name":"x","value":1},{"name":"pin","value":2},{"name":"y","value":3}]"#,
        r#"[{"name":"x","value":1},{"name":"pin","value":"[redacted]"},{"name":"y","value":3}]"#,
    );
    shows(
        r#"[{"value":1,"name":"x"},{"value":2,"name":"pin"}]"#,
        r#"[{"value":1,"name":"x"},{"value":"[redacted]","name":"pin"}]"#,
    );
    shows(
        r#"[{"a":1},{"token":{"a":1,"b":2}},{"a":1,"b":2}]"#,
        r#"[{"a":1},{"token":"[redacted]"},{"a":1,"b":2}]"#,
    );
    // Between other quotes it is another one, and here none.
    shows(r#"[{'a"b':1},{"a"b":2}]"#, r#"[{'a"b':1},{[redacted]"#);
}

#[test]
fn strings_are_looked_through() {
    shows(
        r#"{"url":"postgres:\/\/u:pw@h\/x","n":4111111111111111}"#,
        r#"{"url":"postgres://[redacted]@h/x","n":"[redacted:card]"}"#,
    );
    shows(
        r#"{"body":"{\"password\":\"x\",\"a\":\"{\\\"pin\\\":1234}\"}"}"#,
        r#"{"body":"{\"password\":\"[redacted]\",\"a\":\"{\\\"pin\\\":\\\"[redacted]\\\"}\"}"}"#,
    );
    shows(r#"{"log":"token=abc\nnext"}"#, r#"{"log":"token=[redacted]\nnext"}"#);
    shows(r#"{"4111 1111 1111 1111":1}"#, r#"{"[redacted:card]":1}"#);
}

#[test]
fn behind_a_broken_place_nothing_shows() {
    for (text, expected) in [
        (r#"{"a":1,"password:"hunter2"}"#, r#"{"a":1,[redacted]"#),
        (r#"{"a":"x"password":"hunter2"}"#, r#"{"a":"x"[redacted]"#),
        (r#"{"a":x","password":"hunter2"}"#, r#"{"a":x[redacted]"#),
        (r#"{"password":,"hunter2":1}"#, r#"{"password":"[redacted]""#),
        (r#"["password":"hunter2"]"#, r#"["password"[redacted]"#),
        (r#""password":"hunter2"}"#, r#""password"[redacted]"#),
        (r#"{"a":1},"password":"hunter2"}"#, r#"{"a":1}[redacted]"#),
        (r#"{"tokens":["a"],"hunter2"]}"#, r#"{"tokens":"[redacted]",[redacted]"#),
        (r#"{"tokens":["a"},"hunter2"]}"#, r#"{"tokens":"[redacted]"[redacted]"#),
        (r#"{"a":'"password":"hunter2"}"#, r#"{"a":"[redacted]""#),
        (r#"{"tokens":[{"a":!"hunter2"}]}"#, r#"{"tokens":"[redacted]"[redacted]"#),
    ] {
        shows(text, expected);
    }
    for text in ["hunter2", "hunter2 {}", "<a>", "", "  ", "}", "password=hunter2", "héllo"] {
        assert_eq!(shown(text), "no JSON", "{text}");
    }
}

#[test]
fn depth_has_an_end() {
    let deep = "[".repeat(DEEPEST + 1) + "\"hunter2\"";
    assert_eq!(shown(&deep), "[".repeat(DEEPEST) + "\"[redacted]\"");
    let hidden = format!("{{\"token\":{}\"hunter2\"", "[".repeat(DEEPEST));
    assert!(!shown(&hidden).contains("hunter2"));
}

#[test]
fn hidden_values_are_counted() {
    let text = r#"{"password":"x","token":{"a":1},"url":"x://a:b@c","pin":null}"#;
    assert_eq!(json(text, false).unwrap().hidden, 3);
}

#[test]
fn of_a_cut_text_the_last_word_is_left_out() {
    let cut = |text| json(text, true).unwrap().text;
    assert_eq!(cut(r#"{"a":"see postgres://u:p"#), r#"{"a":"see "#);
    assert_eq!(cut(r#"{"a":"paid with 4111 1111 1111 "#), r#"{"a":"paid with"#);
    assert_eq!(cut(r#"{"a":true,"n":411111"#), r#"{"a":true,"n":"#);
    assert_eq!(cut(r#"{"a":true,"passwo"#), r#"{"a":true,"#);
    assert_eq!(cut(r#"{"session":tru"#), r#"{"session":"[redacted]""#);
    assert_eq!(cut(r#"{"session":{"a":"hunt"#), r#"{"session":"[redacted]""#);
}

/// A tree of lower-case words, with `SECRET` somewhere at a secret key.
fn tree() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[a-z ,:]{0,6}".prop_map(|text| format!("\"{text}\"")),
        "[0-9]{1,4}",
        Just("null".to_owned()),
        Just("\"\\\"\\\\\\\"\"".to_owned()),
        planted("SECRET".to_owned()),
    ];
    let tree = leaf.prop_recursive(4, 24, 4, |inner| {
        let member = ("[f-k]{0,5}", inner.clone());
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|all| format!("[{}]", all.join(","))),
            prop::collection::vec(
                member.prop_map(|(key, value)| format!("\"{key}\":{value}")),
                0..4
            )
            .prop_map(|all| format!("{{{}}}", all.join(", "))),
            inner.prop_flat_map(planted),
        ]
    });
    (tree, planted("SECRET".to_owned())).prop_map(|(tree, planted)| format!("[{tree},{planted}]"))
}

fn planted(beside: String) -> impl Strategy<Value = String> {
    let keys = ["password", "apiKey", "client_secret", "user.secret", "Authorization", "id_token"];
    prop::sample::select(keys.to_vec()).prop_map(move |key| match beside.as_str() {
        "SECRET" => format!("{{\"{key}\":\"SECRET\"}}"),
        beside => format!("{{\"a\":{beside},\"{key}\": \"SECRET\",\"b\":{beside}}}"),
    })
}

proptest! {
    #[test]
    fn a_secret_never_shows(
        tree in tree(),
        secret in "[A-Z0-9]{8,16}",
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>(), 0usize..7), 0..4),
    ) {
        let mut text = tree.replace("SECRET", &secret);
        for (place, add, which) in changes {
            let place = place.index(text.len());
            if add {
                text.insert(place, char::from(b"{}[]:,\""[which]));
            } else if b"{}[]:,\"".contains(&text.as_bytes()[place]) {
                text.remove(place);
            }
        }
        for cut in 0..=text.len() {
            let shown = json(&text[..cut], cut < text.len()).unwrap_or_default().text;
            prop_assert!(!leaks(&shown, &secret), "{text} cut at {cut} -> {shown}");
        }
    }

    #[test]
    fn a_secret_before_its_name_never_shows(
        (before, between, after) in ("(\"[f-k]{0,3}\":[1-9],){0,2}", "(,\"[f-k]{0,3}\":\\[\\])?", "[ ,}]{0,2}"),
        name in prop::sample::select(&["name", "key", "field", "header"]),
        key in prop::sample::select(&["password", "apiKey", "client_secret", "Authorization"]),
        (secret, listed) in ("[A-Z0-9]{8,16}", any::<bool>()),
        cut in any::<prop::sample::Index>(),
    ) {
        let value = if listed { format!("[\"{secret}\"]") } else { format!("\"{secret}\"") };
        let text = format!("[{{{before}\"value\":{value}{between},\"{name}\":\"{key}\"{after}");
        let shown = json(&text, false).unwrap_or_default().text;
        prop_assert!(!leaks(&shown, &secret), "{text} -> {shown}");
        let text = &text[..cut.index(text.len())];
        let shown = json(text, true).unwrap_or_default().text;
        prop_assert!(listed || !leaks(&shown, &secret), "{text} cut -> {shown}");
        prop_assert_eq!(json(&shown, true).unwrap_or_default().text, shown);
    }

    #[test]
    fn a_tree_without_secrets_is_kept(tree in tree()) {
        let text = tree.replace("SECRET", "");
        prop_assert_eq!(shown(&text), text);
    }

    #[test]
    fn what_was_shown_shows_again(text in "[\\[\\]{}:,'\"a-z0-9 /*\\\\\n]{0,60}") {
        if let Some(once) = json(&text, false) {
            prop_assert_eq!(shown(&once.text), once.text);
        }
    }

    #[test]
    fn any_text_is_read(text in any::<String>(), cut in any::<bool>()) {
        let shown = json(&text, cut).unwrap_or_default().text;
        prop_assert!(shown.len() <= 12 * text.len() + 16);
    }
}
