use super::*;
use crate::redact::{Rules, scan::Tier};

fn hide(text: &str) -> String {
    super::hide(Scan::new(&Rules::default(), Tier::Own), text).into_owned()
}

fn beside(text: &str) -> String {
    hide_beside(Scan::new(&Rules::default(), Tier::Own), text).into_owned()
}

#[test]
fn values_beside_the_names_of_secrets_hide() {
    for (text, shown) in [
        ("psql --password hunter2 --port 80", "psql --password [redacted] --port 80"),
        ("--api-key 1234567", "--api-key [redacted]"),
        (
            "[(\"a\", \"b\"), (\"token\", \"x7, y\")]",
            "[(\"a\", \"b\"), (\"token\", \"[redacted]\")]",
        ),
        (r#"(\"token\", \"x7\", 1)"#, r#"(\"token\", \"[redacted]\", 1)"#),
    ] {
        assert_eq!(beside(text), shown);
        assert_eq!(beside(shown), shown, "twice");
    }
    for text in [
        "--password <PASSWORD> --port 80, --token is required, --token=abc, '--token' 17",
        "the token -- abc123, -- token abc123",
        "(\"name\", \"bob7\") (token, \"b7\") (\"token\") (\"token\", 5) (\"token\", \"\")",
        "--",
        "-",
        "(",
        "(\"",
        "(\"token\", \"",
        "--token ",
        "--é x7",
        "(\"é",
    ] {
        assert_eq!(beside(text), text);
    }
}

#[test]
fn arguments_and_pairs_hide_whoever_quotes_them() {
    for (text, shown) in [
        (
            r#"run "mysql" "--user" "root" "--password" "hunter2x": exit status: 1"#,
            r#"run "mysql" "--user" "root" "--password" "[redacted]": exit status: 1"#,
        ),
        (r#"args: ["--password", "x7Fq9"]"#, r#"args: ["--password", "[redacted]"]"#),
        (r#"args: [\"--password\",\"x7Fq9\"]"#, r#"args: [\"--password\",\"[redacted]\"]"#),
        ("a '--token' 'x7Fq9' b", "a '--token' '[redacted]' b"),
        (r#"--token "swordfish x7" --id 1"#, r#"--token "[redacted]" --id 1"#),
        ("--token 'x7Fq9'", "--token '[redacted]'"),
        (r#"--token \"x7Fq9\" b"#, r#"--token \"[redacted]\" b"#),
        (r#"body: ["password","x7Fq9"] b"#, r#"body: ["password","[redacted]"] b"#),
        (r#"body: [\"password\", \"x7\"] b"#, r#"body: [\"password\", \"[redacted]\"] b"#),
        (r#"[("client_secret", Some("x7)"))] b"#, r#"[("client_secret", [redacted])] b"#),
        (r#"[("client_secret", b"x7")]"#, r#"[("client_secret", b"[redacted]")]"#),
        (r#"[["token", ["x7"]], ["id", "1"]]"#, r#"[["token", [redacted]], ["id", "1"]]"#),
    ] {
        assert_eq!(beside(text), shown);
        assert_eq!(beside(shown), shown, "twice");
    }
    for text in [
        r#"unexpected argument '--password' found, "--token" "--user" "id", '--token' is "x7""#,
        r#"["password", "email", "name"], ["password"]"#,
        r#"--token "<TOKEN>", --token "", "--token"  x7, "--token""#,
        r#"["password", 5], ("token", None)"#,
    ] {
        assert_eq!(beside(text), text);
    }
}

#[test]
fn values_of_secret_keys_hide() {
    for (text, shown) in [
        ("password=hunter2", "password=[redacted]"),
        ("password = hunter2", "password = [redacted]"),
        ("password: hunter2", "password: [redacted]"),
        ("password:hunter2!", "password:[redacted]!"),
        ("password=swordfish", "password=[redacted]"),
        ("--api-key=abc --port=80", "--api-key=[redacted] --port=80"),
        ("host=db user=bob password=p,w port=1", "host=db user=bob password=[redacted] port=1"),
        ("Server=x;Pwd=a;b", "Server=x;Pwd=[redacted];b"),
        ("a=1&token=abc&b=2", "a=1&token=[redacted]&b=2"),
        ("?%70assword=abc", "?%70assword=[redacted]"),
        ("User=sa;Password=abc x7 y;Encrypt=yes b", "User=sa;Password=[redacted];Encrypt=yes b"),
        ("Pwd=abc x7;User Id=sa", "Pwd=[redacted];User Id=sa"),
        ("password=abc failed; retry=3", "password=[redacted] failed; retry=3"),
        ("password=abc id=1;a=2", "password=[redacted] id=1;a=2"),
        ("{\"password\":\"a\\\"b\",\"x\":1}", "{\"password\":\"[redacted]\",\"x\":1}"),
        (r#"{\"password\":\"ab\",\"x\":1}"#, r#"{\"password\":\"[redacted]\",\"x\":1}"#),
        ("\"pin\": 1234, \"x\": 1", "\"pin\": [redacted], \"x\": 1"),
        ("User { password: \"a\", id: 1 }", "User { password: \"[redacted]\", id: 1 }"),
        ("User { token: Some(\"a\"), id: 1 }", "User { token: [redacted], id: 1 }"),
        ("User { token: Token { v: \"a\" }, id: 1 }", "User { token: [redacted], id: 1 }"),
        ("tokens: [\"a\", \"b\"] x", "tokens: [redacted] x"),
        ("password=[redacted]x7, y", "password=[redacted], y"),
        ("password: \"[redacted]x7\"", "password: \"[redacted]\""),
        (":password=>\"a1\"", ":password=>\"[redacted]\""),
        ("password := abc1", "password := [redacted]"),
        ("if token == abc123", "if token == [redacted]"),
        ("api key: sk123", "api key: [redacted]"),
        ("\"pin\": token = sk123", "\"pin\": [redacted] = [redacted]"),
        ("bob@example.com key=sk123", "bob@example.com key=[redacted]"),
        ("token: abcdefghijklmnopqrstuvw", "token: [redacted]"),
        ("Cookie: a=b; c=d\nHost: x", "Cookie: a=[redacted]; c=[redacted]\nHost: x"),
        (
            "Set-Cookie: sid=a; HttpOnly; Path=/",
            "Set-Cookie: sid=[redacted];[redacted]; Path=[redacted]",
        ),
        ("cookie: \"a=b; c=d\"", "cookie: \"a=[redacted]; c=[redacted]\""),
        ("Cookie: hunter2", "Cookie: [redacted]"),
        ("Cookie: a/b=c; d/e=f", "Cookie: [redacted]"),
        ("Cookie: a=b; c {\"pin\":\"d\"} e=f", "Cookie: a=[redacted];[redacted]"),
        (
            "Authorization: AWS4 Credential=AK/x, Signature=9f",
            "Authorization: [redacted] Credential=[redacted], Signature=[redacted]",
        ),
        ("Authorization: Negotiate YIIZ1234, no", "Authorization: Negotiate [redacted], no"),
        ("proxy-authorization: NTLM TlRM1234 x", "proxy-authorization: NTLM [redacted] x"),
        ("Authorization: Basic YTpi", "Authorization: Basic [redacted]"),
        ("authorization=Bot abc12345", "authorization=[redacted]"),
        (
            "Authorization: Hawk id=\"dh37\", mac=\"6R4r\"\nHost: x",
            "Authorization: Hawk [redacted]\nHost: x",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=AK/20261123/eu, SignedHeaders=host, Signature=9f",
            "AWS4-HMAC-SHA256 Credential=[redacted], SignedHeaders=host, Signature=[redacted]",
        ),
        ("password=\"unclosed hunter2 word", "password=\"[redacted]"),
        ("\"pin=\\a\":b", "\"pin=[redacted]\":b"),
        ("secret: hunter2\nnext: 1", "secret: [redacted]\nnext: 1"),
        ("{\"token\": swordfish }", "{\"token\": [redacted] }"),
        (
            "Key (tenant, api_token)=(1, abc) already exists",
            "Key (tenant, api_token)=[redacted] already exists",
        ),
        ("set password = 'o''brien7' where", "set password = '[redacted]' where"),
        ("Password=\"a\"\"b7\";x=1", "Password=\"[redacted]\";x=1"),
        ("(password: \"\"\"b7\"\"\")", "(password: \"[redacted]\")"),
        ("password='' token=\"\" pin='a'", "password='' token=\"\" pin='[redacted]'"),
        ("db password=a&b7 user=x", "db password=[redacted] user=x"),
        ("?token=a&amp;b=1&c=2", "?token=[redacted]&amp;b=1&c=2"),
        ("password\t=\thunter2", "password\t=\t[redacted]"),
        ("password\u{a0}:\u{a0}hunter2", "password\u{a0}:\u{a0}[redacted]"),
        (
            "token expired: 7f3a9c1e, api key: abcdefghX",
            "token expired: [redacted], api key: [redacted]",
        ),
        ("db.password:12345 user.pin:1234", "db.password:[redacted] user.pin:[redacted]"),
        ("app.auth.token:12345x", "app.auth.token:[redacted]"),
    ] {
        assert_eq!(hide(text), shown);
        assert_eq!(hide(shown), shown, "twice");
    }
}

#[test]
fn a_bracket_inside_a_string_does_not_end_what_is_hidden() {
    for (text, shown) in [
        (r#"Config { password: Some("p)a&b$7x") }"#, "Config { password: [redacted] }"),
        (
            r#"Session { tokens: Tokens { access: "a}b", refresh: "x7Fq9" }, id: 1 }"#,
            "Session { tokens: [redacted], id: 1 }",
        ),
        (
            r#"400: {"password":{"a":"x}y","b":"x7Fq9"},"id":1}"#,
            r#"400: {"password":[redacted],"id":1}"#,
        ),
        (r#"\"tokens\":[\"a]\\\"]b\",\"x7\"],\"id\":1"#, r#"\"tokens\":[redacted],\"id\":1"#),
        (r#"tokens: ["a\\", "]x7"], id: 1"#, "tokens: [redacted], id: 1"),
        (r#"tokens: ['"', ']', 'x7'], id: 1"#, "tokens: [redacted], id: 1"),
        ("{'tokens': {'a': 'x}y', 'b': 'x7'}, 'id': 1}", "{'tokens': [redacted], 'id': 1}"),
        ("tokens: [it's x7] so", "tokens: [redacted] so"),
        (r#"tokens: ["a]x7, cut"#, "tokens: [redacted]"),
    ] {
        assert_eq!(hide(text), shown);
        assert_eq!(hide(shown), shown, "twice");
    }
}

#[test]
fn a_backslash_at_the_end_of_a_string_shows_no_secret_behind() {
    for (text, shown) in [
        (
            r#"User { password: "a\\", token: "x7Fq9" }"#,
            r#"User { password: "[redacted]", token: "[redacted]" }"#,
        ),
        (
            r#"User { password: "a\\\"b", token: "x7Fq9" }"#,
            r#"User { password: "[redacted]", token: "[redacted]" }"#,
        ),
        (
            r#"{\"password\":\"a\\\\\",\"token\":\"x7\\\"Fq9\"}"#,
            r#"{\"password\":\"[redacted]\",\"token\":\"[redacted]\"}"#,
        ),
    ] {
        assert_eq!(hide(text), shown);
        assert_eq!(hide(shown), shown, "twice");
    }
}

#[test]
fn a_string_that_ends_with_a_key_shields_no_secret_behind() {
    for (text, shown) in [
        (
            r#"Config { url: "https://maps.example.com/api?key=", api_key: "x7Fq9" }"#,
            r#"Config { url: "https://maps.example.com/api?key=", api_key: "[redacted]" }"#,
        ),
        (
            r#"Login { user: "token=", password: "x7Fq9" }"#,
            r#"Login { user: "token=", password: "[redacted]" }"#,
        ),
        (
            r#"Login { hint: "a \"b\" password: ", password: Some("x7Fq9") }"#,
            r#"Login { hint: "a \"b\" password: ", password: [redacted] }"#,
        ),
        (r#"user="token=" password="x7Fq9""#, r#"user="token=" password="[redacted]""#),
        (r#"GET "/api?key=" failed, "a""#, r#"GET "/api?key=" failed, "a""#),
        (r#""token=": "x7Fq9""#, r#""token=": "[redacted]""#),
        (r#"5" user='token=', password='x7Fq9'"#, r#"5" user='token='[redacted]'[redacted]'"#),
        (
            r#"(\"token=\", password: \"x7Fq9\", id: 1)"#,
            r#"(\"token=\"[redacted]\"[redacted]\", id: 1)"#,
        ),
        (r#"password=" x7Fq9""#, r#"password="[redacted]""#),
        (r#"msg: "password=\" x7Fq9\"""#, r#"msg: "password=\"[redacted]\"""#),
        (
            r#"'token=' 'token=', "token=' pin: 'x7Fq9'"#,
            r#"'token=' 'token='[redacted]'[redacted]'[redacted]'"#,
        ),
    ] {
        assert_eq!(hide(text), shown);
        assert_eq!(hide(shown), shown, "twice");
    }
}

#[test]
fn values_hide_with_what_stands_round_them_in_rust() {
    for (text, shown) in [
        (
            r#"LoginRequest { secret: b"x7 Fq9", id: 1 }"#,
            r#"LoginRequest { secret: b"[redacted]", id: 1 }"#,
        ),
        (r#"jwt_secret: b"super secret x7Fq9""#, r#"jwt_secret: b"[redacted]""#),
        ("{'password': b'a x7Fq9', 'id': 1}", "{'password': b'[redacted]', 'id': 1}"),
        (r##"secret = r#"a x7Fq9"#, id"##, r##"secret = r#"[redacted]"#, id"##),
        (r#"(secret: b\"a x7Fq9\", id)"#, r#"(secret: b\"[redacted]\", id)"#),
        (r#"password: SecretBox<str>("a x7Fq9"), id: 1"#, "password: [redacted], id: 1"),
        (r#"password: secrecy::Secret("a x7Fq9"), id: 1"#, "password: [redacted], id: 1"),
        (
            r#"password: Some(b::Secret<Vec<u8>, &'a T> { v: "a x7Fq9" }), id: 1"#,
            "password: [redacted], id: 1",
        ),
        (r#"token: Secret<[u8; 4]> { v: "a x7Fq9" }, id: 1"#, "token: [redacted], id: 1"),
    ] {
        assert_eq!(hide(text), shown);
        assert_eq!(hide(shown), shown, "twice");
    }
}

#[test]
fn values_hide_whose_name_stands_beside_them() {
    for (text, shown) in [
        (
            r#"error: {"name":"password","value":"x7Fq9","id":1}"#,
            r#"error: {"name":"password","value":"[redacted]","id":1}"#,
        ),
        (
            r#"Header { name: "x-api-key", value: "x7Fq9" }"#,
            r#"Header { name: "x-api-key", value: "[redacted]" }"#,
        ),
        (
            r#"EnvVar { name: "DB_PASSWORD", value: Some("x7Fq9"), id: 1 }"#,
            r#"EnvVar { name: "DB_PASSWORD", value: [redacted], id: 1 }"#,
        ),
        (
            r#"KeyValue { key: "api_token", value: "swordfish" }"#,
            r#"KeyValue { key: "api_token", value: "[redacted]" }"#,
        ),
        (
            r#"{\"Name\": \"sid\", \"Value\": \"x7Fq9\", \"id\": 1}"#,
            r#"{\"Name\": \"sid\", \"Value\": \"[redacted]\", \"id\": 1}"#,
        ),
        (
            "{'field': 'card number', 'value': 4111}",
            "{'field': 'card number', 'value': [redacted]}",
        ),
        ("name=password&value=x7Fq9&b=1", "name=password&value=[redacted]&b=1"),
        ("key=password&value=swordfish", "key=password&value=[redacted]"),
        ("name=password, value=x7Fq9", "name=password, value=[redacted]"),
        (
            "fields[0][name]=password&fields[0][value]=x7Fq9",
            "fields[0][name]=password&fields[0][value]=[redacted]",
        ),
        (r#"{"key":"x7Fq9","value":"a"}"#, r#"{"key":"[redacted]","value":"a"}"#),
    ] {
        assert_eq!(hide(text), shown);
        assert_eq!(hide(shown), shown, "twice");
    }
    for text in [
        r#"Header { name: "accept", value: "x7Fq9" }"#,
        r#"[Header { name: "password" }, Other { value: "x7Fq9" }]"#,
        r#"User { user_name: "token", value: "x7Fq9" }"#,
        r#"{ name: "password", value: null }, { name: "the password that you wrote here", value: 7 }"#,
        "name=password&values=x7Fq9, name: token, the value: x7",
        "name=password",
        "name:",
    ] {
        assert_eq!(hide(text), text);
    }
}

#[test]
fn a_name_with_a_value_in_it_shields_none() {
    for (text, shown) in [
        (
            "<b name=\"pas client_secret=x7f3a9c1e x\" value=\"red\"/>",
            "<b name=\"pas client_secret=[redacted] x\" value=\"red\"/>",
        ),
        (
            "name: \"token: x7f3a9c1e\", value: \"red\"",
            "name: \"token: [redacted]\", value: \"red\"",
        ),
    ] {
        assert_eq!(hide(text), shown);
        assert_eq!(hide(shown), shown, "twice");
    }
}

#[test]
fn an_ordinary_word_is_a_value_where_no_error_speaks() {
    let mut rules = Rules::default();
    rules.keys.hide("diagnosis");
    for (tier, text, shown) in [
        (Tier::Captured, "password: swordfish", "password: [redacted]"),
        (
            Tier::Captured,
            "user: bob\npassword: letmein\nid: 1",
            "user: bob\npassword: [redacted]\nid: 1",
        ),
        (Tier::Captured, "pin: 42", "pin: [redacted]"),
        (Tier::Captured, "PASSWORD: ABCD", "PASSWORD: [redacted]"),
        (Tier::Captured, "jwt: CorrectHorse", "jwt: [redacted]"),
        (Tier::Captured, "/x/password: swordfish", "/x/password: [redacted]"),
        (
            Tier::Captured,
            "passphrase: correct horse battery\nid: 1",
            "passphrase: [redacted]\nid: 1",
        ),
        (Tier::Error, "password = letmein", "password = [redacted]"),
        (Tier::Error, "password => letmein", "password => [redacted]"),
        (Tier::Error, "token := letmein", "token := [redacted]"),
        (Tier::Error, "password:letmein, id:1", "password:[redacted], id:1"),
        (Tier::Error, "passphrase=correct horse battery", "passphrase=[redacted]"),
        (Tier::Error, "a=\"passphrase = correct horse\" b", "a=\"passphrase = [redacted]\" b"),
        (Tier::Error, "diagnosis: flu", "diagnosis: [redacted]"),
        (Tier::Own, "Diagnosis:   severe flu", "Diagnosis:   [redacted] flu"),
    ] {
        let hide = |text: &str| super::hide(Scan::new(&rules, tier), text).into_owned();
        assert_eq!(hide(text), shown);
        assert_eq!(hide(shown), shown, "twice");
    }
    for (tier, text) in [
        (Tier::Captured, "password: null, token: true, pin: $1"),
        (Tier::Captured, "token expired: InvalidToken"),
        (Tier::Error, "token: expected identifier, passphrase: required for this"),
        (Tier::Error, "if token == other"),
        (Tier::Error, "missing scope token:write, password: required"),
    ] {
        assert_eq!(super::hide(Scan::new(&rules, tier), text), text);
    }
}

#[test]
fn what_an_error_is_called_stays() {
    let mut rules = Rules::default();
    rules.keys.hide("diagnosis");
    let hide = |tier, text: &str| super::hide(Scan::new(&rules, tier), text).into_owned();
    for text in [
        "jwt: ExpiredSignature, creating session: PoolTimedOut",
        "no credentials: CredentialsNotLoaded",
        "secrets-manager: ResourceNotFoundException: not there",
        "certificate: UnknownIssuer; oauth: invalid_client",
        "oauth: 401 Unauthorized",
        "GET /api/session: 503 Service Unavailable",
        "POST /oauth/token: 502 Bad Gateway, /reset-password: 500 Internal Server Error",
        "https://api.example.com/oauth/token: ECONNRESET by peer",
        "hash password: argon2 failed",
        "auth: Os { code: 111, kind: ConnectionRefused, message: \"Connection refused\" }",
        "unexpected token: 'foo9' at 3:4, unexpected token: `x9` at line 3",
    ] {
        assert_eq!(hide(Tier::Error, text), text);
    }
    for (text, shown) in [
        ("password: CorrectHorse", "password: [redacted]"),
        ("password: 401 Unauthorized", "password: [redacted] Unauthorized"),
        ("/etc/password: x7Fq9", "/etc/password: [redacted]"),
        ("user/token: bob/x7Fq9", "user/token: [redacted]"),
        ("/x/token: X9, /x/token: Some(\"a\")", "/x/token: [redacted], /x/token: [redacted]"),
        (
            "/x/token: \"ABCDE\", /x/token: T { a: 1 }",
            "/x/token: \"[redacted]\", /x/token: [redacted]",
        ),
        ("password: hunter2 failed", "password: [redacted] failed"),
        ("token: Expired7Signature", "token: [redacted]"),
        ("token: abCdefGhij", "token: [redacted]"),
        ("oauth: ab_cd_ef", "oauth: [redacted]"),
        ("oauth: 401 unauthorized", "oauth: [redacted] unauthorized"),
        ("oauth: 4017 Unauthorized", "oauth: [redacted] Unauthorized"),
        ("jwt=ExpiredSignature", "jwt=[redacted]"),
        ("jwt:ExpiredSignature", "jwt:[redacted]"),
        ("diagnosis: SevereFlu", "diagnosis: [redacted]"),
        ("auth: Tokens { code: 111 }", "auth: [redacted]"),
        ("unexpected token: 'foo9', no", "unexpected token: '[redacted]', no"),
        ("authorization: CustomScheme", "authorization: [redacted]"),
    ] {
        assert_eq!(hide(Tier::Error, text), shown);
        assert_eq!(hide(Tier::Error, shown), shown, "twice");
    }
    assert_eq!(hide(Tier::Captured, "jwt: ExpiredSignature"), "jwt: [redacted]");
}

#[test]
fn the_lines_below_a_key_of_yaml_hide() {
    let rules = Rules::default();
    let hide = |tier, text: &str| super::hide(Scan::new(&rules, tier), text).into_owned();
    for (tier, text, shown) in [
        (Tier::Error, "password: |\n  x7 Fq9\n  y7\nid: 1", "password: |\n  [redacted]\nid: 1"),
        (Tier::Error, "password: >-\n  x7 Fq9", "password: >-\n  [redacted]"),
        (Tier::Captured, "passwords:\n  - x7\n  - y7\nid: 1", "passwords:\n  [redacted]\nid: 1"),
    ] {
        assert_eq!(hide(tier, text), shown);
        assert_eq!(hide(tier, shown), shown, "twice");
    }
    for text in
        ["password: |\nid: 1", "token:\n  - expected one", "password:\n  0: eof", "password: |"]
    {
        assert_eq!(hide(Tier::Error, text), text);
    }
}

#[test]
fn prose_stays() {
    for text in [
        "invalid token: expected identifier",
        "unexpected token: `}`",
        "unexpected token: '}' at line 3",
        "password: required",
        "expected one or more key=value",
        "(key=value)",
        "a token=false b token=true c token=nil d token=undefined e token=null f",
        "Key (id)=(1) already exists",
        "primary key: 42, sort key=7",
        "max tokens: 512, max_tokens=4096",
        "author: bob7, keyboard=us1",
        "std::token::Foo",
        "auth::login(): failed",
        "missing field `password` at line 1",
        "token: null, secret=None",
        "pass: 12, fail: 3",
        "certificate: has expired",
        "token != abc123",
        "authorization: denied by rule_17, Authorization: missing x-api-key (401)",
        "auth failed: InvalidToken, auth error: ECONNREFUSED, token rejected: 401, session failed: 503",
        "token denied: EACCES, token expired: TokenExpired, auth failure: ECONNRESET",
        "session invalid: NoSuchSession, password mismatch: HashMismatch",
        "oauth error: invalid_grant, invalid peer certificate: UnknownIssuer",
        "unexpected token: EOF, found token: NULL",
        "SELECT id FROM sessions WHERE token = $1 AND session_id=$12",
        "panicked at src/auth/token.rs:42:5:",
        "error occurred while decoding column \"password_hash\": unexpected null; try an `Option`",
        "invalid value 'x' for '--token <TOKEN>': must be longer",
        "at /app/src/session.rs:120",
        "auth.internal:8080 refused, https://auth:8443/x, sso.example.com:443.",
        "at 12:30:45 in src/main.rs:42:5",
        "https://example.com",
        "password:",
        "[redacted:iban]=a [redacted:iban] = b",
        "token = ",
        "=:=",
    ] {
        assert_eq!(hide(text), text);
    }
}
