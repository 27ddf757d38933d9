//! The defaults, as data. Why a value is hidden or shown is answered here.

/// Headers whose values are shown.
pub(super) const SHOWN_HEADERS: &[&str] = &[
    "accept",
    "b3",
    "cache-control",
    "cf-ray",
    "connection",
    "expect",
    "grpc-timeout",
    "host",
    "pragma",
    "prefer",
    "priority",
    "range",
    "te",
    "traceparent",
    "tracestate",
    "transfer-encoding",
    "upgrade",
    "upgrade-insecure-requests",
    "user-agent",
    "x-amzn-trace-id",
    "x-correlation-id",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-http-method-override",
    "x-request-id",
    "x-requested-with",
];

/// Headers whose values are shown, by how their names begin.
pub(super) const SHOWN_HEADER_PREFIXES: &[&str] =
    &["accept-", "content-", "if-", "sec-ch-ua", "sec-fetch-"];

/// Headers whose values are shown as URLs.
pub(super) const URL_HEADERS: &[&str] = &["origin", "referer"];

/// Headers that no setting shows.
pub(super) const NEVER_SHOWN_HEADERS: &[&str] =
    &["authorization", "cookie", "proxy-authorization", "set-cookie"];

/// Headers that hold credentials, beside those whose names are secret keys by [`STEMS`] and
/// [`WORDS`]. `show_header` shows them, but no message proposes it.
pub(super) const SECRET_HEADERS: &[&str] = &["sec-websocket-protocol"];

/// The same, by how their names end.
pub(super) const SECRET_HEADER_ENDINGS: &[&str] = &["-key"];

/// A key that contains one of these, with its separators taken out, hides its value.
pub(super) const STEMS: &[&str] = &[
    "accesskey",
    "accountkey",
    "apikey",
    "assertion",
    "authoriz",
    "bearer",
    "cardnumber",
    "certificate",
    "clientcert",
    "codeverifier",
    "connectionstring",
    "cookie",
    "credential",
    "creditcard",
    "csrf",
    "encryptionkey",
    "jwt",
    "mysqlpwd",
    "oidc",
    "passphrase",
    "passwd",
    "password",
    "passwort",
    "privatekey",
    "recoverycode",
    "samlrequest",
    "samlresponse",
    "secret",
    "securitycode",
    "sessionid",
    "signature",
    "sshkey",
    "subscriptionkey",
    "token",
    "twofactor",
    "webhookurl",
    "xsrf",
];

/// A key with one of these among its words hides its value. Sorted: searched by halves.
pub(super) const WORDS: &[&str] = &[
    "auth",
    "crypt",
    "cvc",
    "cvv",
    "hmac",
    "iban",
    "mfa",
    "nonce",
    "oauth",
    "otp",
    "pass",
    "phpsessid",
    "pin",
    "pw",
    "pwd",
    "salt",
    "saml",
    "session",
    "sid",
    "sig",
    "ssn",
    "sso",
    "totp",
];

/// A key that ends with these words speaks of a person. Hidden in what was captured, unless the app
/// shows it with `.pii(Pii::Show)`.
pub(super) const PERSONAL_KEYS: &[&str] = &[
    "cfconnectingip",
    "clientip",
    "email",
    "emailaddress",
    "forwarded",
    "ip",
    "ipaddress",
    "mail",
    "mobile",
    "mobilenumber",
    "phone",
    "phonenumber",
    "realip",
    "remoteaddr",
    "trueclientip",
    "xforwardedfor",
];

/// `key` hides its value alone, behind one of these, and where a stem says so. Sorted: searched by
/// halves.
pub(super) const BEFORE_KEY: &[&str] = &[
    "admin",
    "app",
    "aws",
    "client",
    "consumer",
    "decryption",
    "deploy",
    "license",
    "master",
    "merchant",
    "root",
    "service",
    "shared",
    "signing",
    "storage",
    "webhook",
];

/// In a query or a form these hide a value that looks random; `?code=DE` and `?state=CA` stay.
pub(super) const WORDS_OF_RANDOM_VALUES: &[&str] = &["code", "state"];

/// Words and compounds that say nothing secret although a stem or word is in them.
pub(super) const HARMLESS: &[&str] = &[
    "cachedtokens",
    "completiontokens",
    "giftcertificate",
    "inputtokens",
    "maxtokens",
    "mintokens",
    "outputtokens",
    "peercertificate",
    "prompttokens",
    "secretariat",
    "secretary",
    "tokenization",
    "tokenizer",
    "tokensused",
    "totaltokens",
];

/// A key whose last word is one of these speaks about a secret and is none: `token_count`. Sorted:
/// searched by halves.
pub(super) const ABOUT: &[&str] = &[
    "algorithm",
    "at",
    "count",
    "enabled",
    "expires",
    "expiry",
    "length",
    "limit",
    "method",
    "required",
    "status",
    "type",
];

/// `{"name": "password", "value": "x"}`: the members that name and that hold.
pub(super) const NAME_KEYS: &[&str] = &["field", "header", "key", "name"];
/// See [`NAME_KEYS`].
pub(super) const VALUE_KEY: &str = "value";

/// Values that are no secret, whatever their key. `value` because of "expected key=value".
pub(super) const LITERALS: &[&str] =
    &["None", "false", "nil", "null", "true", "undefined", "value"];

/// Behind a secret's name and before a colon these say what became of it: `token expired: …`.
pub(super) const MISHAPS: &[&str] =
    &["denied", "error", "expired", "failed", "failure", "invalid", "mismatch", "rejected"];

/// The scheme in front of credentials: `Bearer eyJ…`.
pub(super) const SCHEMES: &[&str] = &["basic", "bearer", "digest", "token"];

/// Keys that are known by how they look: the kind that their placeholder names, the prefix, the
/// characters behind it, and how many of these make it one.
pub(super) const SHAPES: &[(&str, &str, Alphabet, usize)] = &[
    ("anthropic", "sk-ant-", Alphabet::Url, 16),
    ("aws", "A3T", Alphabet::Base32, 17),
    ("aws", "ABIA", Alphabet::Base32, 16),
    ("aws", "ACCA", Alphabet::Base32, 16),
    ("aws", "AKIA", Alphabet::Base32, 16),
    ("aws", "ASIA", Alphabet::Base32, 16),
    ("digitalocean", "dop_v1_", Alphabet::Hex, 64),
    ("github", "ghp_", Alphabet::Alnum, 36),
    ("github", "gho_", Alphabet::Alnum, 36),
    ("github", "ghu_", Alphabet::Alnum, 36),
    ("github", "ghs_", Alphabet::Alnum, 36),
    ("github", "ghr_", Alphabet::Alnum, 36),
    ("github", "github_pat_", Alphabet::Url, 82),
    ("gitlab", "glpat-", Alphabet::Url, 20),
    ("google", "AIza", Alphabet::Url, 35),
    ("huggingface", "hf_", Alphabet::Alnum, 34),
    ("npm", "npm_", Alphabet::Alnum, 36),
    ("openai", "sk-", Alphabet::Alnum, 32),
    ("openai", "sk-proj-", Alphabet::Url, 16),
    ("pypi", "pypi-AgEIcHlwaS5vcmc", Alphabet::Url, 50),
    ("sendgrid", "SG.", Alphabet::Dotted, 66),
    ("shopify", "shpat_", Alphabet::Hex, 32),
    ("slack", "xapp-", Alphabet::Url, 10),
    ("slack", "xoxa-", Alphabet::Url, 10),
    ("slack", "xoxb-", Alphabet::Url, 10),
    ("slack", "xoxe-", Alphabet::Url, 10),
    ("slack", "xoxp-", Alphabet::Url, 10),
    ("slack", "xoxr-", Alphabet::Url, 10),
    ("slack", "xoxs-", Alphabet::Url, 10),
    ("stripe", "rk_live_", Alphabet::Alnum, 10),
    ("stripe", "rk_prod_", Alphabet::Alnum, 10),
    ("stripe", "rk_test_", Alphabet::Alnum, 10),
    ("stripe", "sk_live_", Alphabet::Alnum, 10),
    ("stripe", "sk_prod_", Alphabet::Alnum, 10),
    ("stripe", "sk_test_", Alphabet::Alnum, 10),
    ("stripe", "whsec_", Alphabet::Base64, 16),
    // Behind the number of the bot.
    ("telegram", "A", Alphabet::Url, 34),
];

/// Characters of a key. See [`SHAPES`].
#[derive(Clone, Copy)]
pub(super) enum Alphabet {
    /// Capitals, and digits from 2 to 7.
    Base32,
    /// Lower-case hexadecimal digits.
    Hex,
    Alnum,
    /// The same, `+`, `/` and `=`.
    Base64,
    /// Letters, digits, `-` and `_`.
    Url,
    /// The same, `.` and `=`.
    Dotted,
}

/// Addresses whose rest is the credential: up to a slash (and a version behind it, like `/v10`), and
/// from there.
pub(super) const WEBHOOKS: &[(&str, &str)] = &[
    (".webhook.office.com", "webhookb2/"),
    ("api.telegram.org", "bot"),
    ("discord.com/api", "webhooks/"),
    ("discordapp.com/api", "webhooks/"),
    ("hooks.slack.com", "services/"),
    ("hooks.slack.com", "triggers/"),
    ("hooks.slack.com", "workflows/"),
    ("outlook.office.com", "webhook/"),
];

/// Behind one of these as a segment of a path stands what opens something: `/reset/3f9c2ab1d4e5f6a7`.
pub(super) const OPENING_SEGMENTS: &[&str] = &[
    "activate",
    "activation",
    "confirm",
    "confirmation",
    "invitation",
    "invite",
    "magic",
    "magic-link",
    "password-reset",
    "reset",
    "reset-password",
    "unsubscribe",
    "verification",
    "verify",
    "verify-email",
];

/// Card brands: what the number begins with (from, to), and how many digits it has (from, to).
pub(super) const CARDS: &[(u32, u32, usize, usize)] = &[
    (3000, 3059, 14, 19),
    (3400, 3499, 15, 15),
    (3528, 3589, 16, 19),
    (3600, 3699, 14, 19),
    (3700, 3799, 15, 15),
    (3800, 3999, 14, 19),
    (4000, 4999, 13, 13),
    (4000, 4999, 16, 16),
    (4000, 4999, 19, 19),
    (5000, 5099, 16, 19),
    (5100, 5599, 16, 16),
    (5600, 5999, 16, 19),
    (6000, 6999, 16, 19),
    (2221, 2720, 16, 16),
];
