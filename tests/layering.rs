//! The import levels of DESIGN.md: a module may use only rows above its own, and nothing of its own
//! row. Nobody imports from `lib.rs`.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Each row may import only rows above it; a row's modules do not import each other.
const ROWS: &[&[&str]] = &[
    &["error", "secret", "sensitive", "severity", "text", "topic"],
    &["message", "report"],
    &["context"],
    &["redact"],
    &["transport"],
    &["incident", "route"],
    &["render"],
    &["store"],
    &["delivery"],
    &["bell"],
    &["capture", "inbox", "source"],
];

#[test]
fn no_import_goes_up() {
    let mut wrong = Vec::new();
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in rust_files(&src) {
        let module = module_of(file.strip_prefix(&src).unwrap());
        if module == "lib" {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        wrong.extend(complaints(&module, &text).into_iter().map(|c| format!("{file:?}: {c}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_import_that_goes_up_or_sideways_is_found() {
    for (module, text, wrong) in [
        ("report", "use crate::message::Message;", true),
        ("report", "use crate::{\n    severity::Severity,\n    bell::Bell,\n};", true),
        ("capture", "use crate::{bell::Bell, context::{self, Scope}};", false),
        ("capture", "use super::super::bell;", true),
        ("capture", "use crate::Bell;", true),
        ("delivery", "fn f(x: crate::bell::Bell) {}", true),
        ("delivery", "/// [`Bell`](crate::Bell)", false),
        ("delivery", "use crate::delivery::queue;", false),
        ("delivery", "#[cfg(test)]\nmod samples;\nuse crate::bell::Bell;", true),
        ("delivery", "#[cfg(test)]\nmod tests {\n    use crate::bell::Bell;\n}", false),
        ("nowhere", "", true),
    ] {
        assert_eq!(!complaints(module, text).is_empty(), wrong, "{module}: {text}");
    }
}

fn complaints(module: &str, text: &str) -> Vec<String> {
    let Some(row) = row_of(module) else { return vec![format!("{module} stands in no row")] };
    // Only the tests at the end: what else is for tests may stand before the imports.
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let comment = |line: &&str| line.trim_start().starts_with("//");
    let code = code.lines().filter(|line| !comment(line)).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    if code.contains("super::super") {
        found.push("super::super".to_owned());
    }
    for used in crate_paths(&code) {
        match row_of(&used) {
            _ if used == module => {}
            Some(above) if above < row => {}
            Some(_) => found.push(format!("{module} uses {used}, which stands no higher")),
            None => found.push(format!("crate::{used} is no module")),
        }
    }
    found
}

/// The first segment of every `crate::x` and of every `x` in `crate::{x, y}`.
fn crate_paths(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => found.push(word(rest)),
            Some(group) => found.extend(top_level(group).into_iter().map(word)),
        }
    }
    found
}

/// The parts of a group that stand between its own commas.
fn top_level(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                parts.push(group[start..at].trim());
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(group[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn row_of(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

fn module_of(path: &Path) -> String {
    let first = path.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}
