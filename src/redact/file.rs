//! The rules as a file: what several services share. Not the secrets, which stand in the environment.

use std::env;

use serde::{Deserialize, Deserializer, de::Error};

use super::{Pii, Redactor, Rules};
use crate::secret::Secret;

/// What a file may say. Lists that hide are read last: what stands in two lists is hidden.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    hide_headers: Vec<String>,
    hide_keys: Vec<String>,
    hide_patterns: Vec<Pattern>,
    hide_routes: Vec<String>,
    hide_secrets: FromEnv,
    pii: Pii,
    show_headers: Vec<String>,
    show_keys: Vec<String>,
    show_only: Option<Vec<String>>,
    user_field: Option<String>,
}

impl<'de> Deserialize<'de> for Redactor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let file = File::deserialize(deserializer)?;
        let mut redactor = Self::default().pii(file.pii);
        if let Some(only) = file.show_only {
            redactor = redactor.show_only(only);
        }
        redactor = all(redactor, &file.show_headers, Self::show_header);
        redactor = all(redactor, &file.show_keys, Self::show_key);
        redactor = all(redactor, &file.hide_headers, Self::hide_header);
        redactor = all(redactor, &file.hide_keys, Self::hide_key);
        redactor = all(redactor, &file.hide_routes, Self::hide_route);
        redactor = redactor.with(|rules: &mut Rules| {
            rules.user_field = file.user_field;
            file.hide_patterns.into_iter().for_each(|pattern| rules.patterns.push(pattern.0));
        });
        Ok(redactor.with_secrets(file.hide_secrets.0))
    }
}

fn all(redactor: Redactor, names: &[String], say: fn(Redactor, &str) -> Redactor) -> Redactor {
    names.iter().fold(redactor, |redactor, name| say(redactor, name))
}

/// A bad one is an error where it stands.
struct Pattern(regex::Regex);

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pattern = String::deserialize(deserializer)?;
        super::pattern::read(&pattern).map(Self).map_err(D::Error::custom)
    }
}

/// `{ "env": "NAME" }`, as it is written. Anything else may be a secret: no error repeats what stands
/// in the place of one, as that of a type would that is not untagged.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a secret stands in the environment: { \"env\": \"NAME\" }")]
enum Written {
    All(Vec<Variable>),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Variable {
    Env(String),
}

/// What the environment says.
#[derive(Default)]
struct FromEnv(Vec<Secret>);

impl<'de> Deserialize<'de> for FromEnv {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Written::All(variables) = Written::deserialize(deserializer)?;
        let secrets = variables.iter().map(|Variable::Env(name)| secret(name));
        secrets.collect::<Result<_, _>>().map(Self).map_err(D::Error::custom)
    }
}

fn secret(name: &str) -> Result<Secret, String> {
    if !is_name(name) {
        return Err("a name of an environment variable: `[A-Za-z_][A-Za-z0-9_]*`".to_owned());
    }
    match env::var(name) {
        Ok(secret) if !secret.trim().is_empty() => Ok(Secret::new(secret.trim())),
        // A secret in small letters reads like a name.
        _ if name.contains(|c: char| c.is_ascii_lowercase()) => {
            Err("the environment has no variable of this name".to_owned())
        }
        _ => Err(format!("the environment has no `{}`", Redactor::default().text(name))),
    }
}

/// What cannot be a secret that somebody wrote in the wrong place.
fn is_name(name: &str) -> bool {
    let first = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    first && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Redactor, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_says_all_that_code_can() {
        let redactor = read(
            r#"{
                "hide_headers": ["user-agent"],
                "hide_keys": ["national_id"],
                "hide_patterns": ["INV-\\d+"],
                "hide_routes": ["/login"],
                "hide_secrets": [{ "env": "CARGO_PKG_DESCRIPTION" }],
                "pii": "show",
                "show_headers": ["x-shop-*"],
                "show_keys": ["session"],
                "show_only": ["plan"],
                "user_field": "email"
            }"#,
        );
        let rules = format!("{:?}", redactor.unwrap());
        for part in
            ["user-agent", "nationalid", "/login", "x-shop-", "session", "plan", "email", "Show"]
        {
            assert!(rules.contains(part), "{part} in {rules}");
        }
        assert!(rules.contains("patterns: 1"), "{rules}");
        assert!(!rules.contains("secrets: 0"), "{rules}");
        assert_eq!(format!("{:?}", read("{}").unwrap()), format!("{:?}", Redactor::default()));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, error) in [
            ("{\n \"hide_key\": []}", "unknown field `hide_key`, expected one of"),
            ("{\"pii\": \"no\"}", "unknown variant `no`, expected `hide` or `show` at line 1"),
            (
                "{\"hide_patterns\":\n [\"hunter2(\"]}",
                "hide_pattern: unclosed group at line 2 column 13",
            ),
            (
                "{\"hide_secrets\":\n [\"hunter2\"]}",
                "a secret stands in the environment: { \"env\": \"NAME\" } at line 2",
            ),
            (
                "{\"hide_secrets\": [{\"value\": \"hunter2\"}]}",
                "a secret stands in the environment",
            ),
            ("{\"hide_secrets\": \"hunter2\"}", "a secret stands in the environment"),
            ("{\"hide_secrets\": {\"env\": \"hunter2\"}}", "a secret stands in the environment"),
            ("{\"hide_secrets\": 2222222}", "a secret stands in the environment"),
            ("{\"hide_secrets\": [{\"env\": 2222222}]}", "a secret stands in the environment"),
            (
                "{\"hide_secrets\": [{\"env\": \"hunter2\"}]}",
                "the environment has no variable of this",
            ),
            (
                concat!("{\"hide_secrets\": [{\"env\": \"AKIA", "Q7WTZ5MLK2RVJ4NY\"}]}"),
                "the environment has no `[redacted:aws]`",
            ),
            ("{\"hide_secrets\": [123456]}", "a secret stands in the environment"),
            ("{\"hide_secrets\": [[\"hunter2\"]]}", "a secret stands in the environment"),
            ("{\"hide_secrets\": [{\"env\": \"hunter2!\"}]}", "a name of an environment variable"),
            (
                "{\"hide_secrets\": [{\"env\": \"NO_SUCH_NAME\"}]}",
                "the environment has no `NO_SUCH_NAME`",
            ),
        ] {
            let said = read(text).map(drop).unwrap_err();
            assert!(said.contains(error) && said.contains(" at line "), "{said}");
            assert!(!said.contains("hunter2") && !said.contains("2222"), "{said}");
        }
    }
}
