//! The rules as a file: what several services share. Not the secrets, which stand in the environment.

use std::{env, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

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
    hide_secrets: Vec<FromEnv>,
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
        Ok(file
            .hide_secrets
            .into_iter()
            .fold(redactor, |redactor, FromEnv(s)| redactor.hide_secret(s)))
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

/// `{ "env": "NAME" }`. Anything else may be a secret, which no error repeats.
struct FromEnv(Secret);

impl<'de> Deserialize<'de> for FromEnv {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FromEnvVisitor)
    }
}

struct FromEnvVisitor;

impl<'de> Visitor<'de> for FromEnvVisitor {
    type Value = FromEnv;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(ONLY_ENV)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FromEnv, A::Error> {
        let mut name = None;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "env" if name.is_none() => name = Some(map.next_value::<String>()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    return Err(A::Error::custom(ONLY_ENV));
                }
            }
        }
        let name = name.ok_or_else(|| A::Error::custom(ONLY_ENV))?;
        if !is_name(&name) {
            return Err(A::Error::custom(
                "a name of an environment variable: `[A-Za-z_][A-Za-z0-9_]*`",
            ));
        }
        match env::var(&name) {
            Ok(secret) if !secret.trim().is_empty() => Ok(FromEnv(Secret::new(secret.trim()))),
            _ => Err(A::Error::custom(format_args!("the environment has no `{name}`"))),
        }
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<FromEnv, E> {
        Err(E::custom(ONLY_ENV))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<FromEnv, E> {
        Err(E::custom(ONLY_ENV))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<FromEnv, E> {
        Err(E::custom(ONLY_ENV))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<FromEnv, A::Error> {
        Err(A::Error::custom(ONLY_ENV))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<FromEnv, E> {
        Err(E::custom(ONLY_ENV))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<FromEnv, E> {
        Err(E::custom(ONLY_ENV))
    }
}

/// What cannot be a secret that somebody wrote in the wrong place.
fn is_name(name: &str) -> bool {
    let first = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    first && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

const ONLY_ENV: &str = "a secret stands in the environment: { \"env\": \"NAME\" }";

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
            assert!(!said.contains("hunter2"), "{said}");
        }
    }
}
