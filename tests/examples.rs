//! The examples run, and what they promise arrives: the demo at a local Slack, with no secret in it.

mod support;

use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
};

use support::{PATIENCE, http::fetch_with, local_slack::LocalSlack};

/// A running example; ended with the test.
struct Example {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Example {
    fn start(name: &str, vars: &[(&str, &str)]) -> Self {
        let mut child = command(name)
            .envs(vars.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("an example that starts");
        let (sender, lines) = mpsc::channel();
        let stdout = child.stdout.take().expect("its output");
        let sender_too = sender.clone();
        read_lines(stdout, sender);
        read_lines(child.stderr.take().expect("its errors"), sender_too);
        Self { child, lines }
    }

    /// The next line that holds this, and all lines up to it.
    fn wait_for(&self, text: &str) -> (String, String) {
        let mut seen = String::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(text) => return (line, seen),
                Ok(line) => seen.push_str(&format!("{line}\n")),
                Err(_) => panic!("no {text:?} in:\n{seen}"),
            }
        }
    }

    /// The address that it says it is at.
    fn address(&self) -> SocketAddr {
        let (line, _) = self.wait_for("http://127.0.0.1:");
        let at = line.find("127.0.0.1:").expect("an address");
        let address: String =
            line[at..].chars().take_while(|c| c.is_ascii_digit() || ".:".contains(*c)).collect();
        address.parse().expect("an address")
    }
}

fn read_lines(output: impl Read + Send + 'static, sender: mpsc::Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
}

/// `cargo test` has built the examples beside the tests; `cargo test --test examples` alone has not.
fn command(name: &str) -> Command {
    let mut path = std::env::current_exe().expect("the test's own path");
    path.pop();
    path.pop();
    path.push("examples");
    path.push(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !path.exists() {
        let built = Command::new(env!("CARGO")).args(["build", "--example", name]).status();
        assert!(built.expect("cargo").success());
    }
    let mut command = Command::new(path);
    for name in ["SLACK_WEBHOOK_URL", "SLACK_BOT_TOKEN", "TOWER_BELL", "NO_COLOR"] {
        command.env_remove(name);
    }
    command.env("PORT", "0").env("RUST_BACKTRACE", "0");
    command
}

fn finish(name: &str) -> (String, String) {
    finished(command(name))
}

fn finished(mut command: Command) -> (String, String) {
    let output = command.output().expect("an example that runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}: {}", text(&output.stderr));
    (text(&output.stdout), text(&output.stderr))
}

/// What an example writes to a terminal. `None` where no pseudo terminal can be had: without the
/// `script` of util-linux.
fn on_a_terminal(name: &str, vars: &[(&str, &str)]) -> Option<String> {
    let version = Command::new("script").arg("--version").output().ok()?.stdout;
    if !String::from_utf8_lossy(&version).contains("util-linux") {
        return None;
    }
    let example = command(name);
    let path = example.get_program().to_str()?;
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &format!("'{path}'"), "/dev/null"]);
    for (name, value) in example.get_envs() {
        match value {
            Some(value) => script.env(name, value),
            None => script.env_remove(name),
        };
    }
    script.envs(vars.iter().copied()).stdin(Stdio::null());
    Some(finished(script).0)
}

#[tokio::test]
async fn each_failing_route_of_the_demo_arrives_in_slack_without_a_secret() {
    let slack = LocalSlack::start();
    let demo = Example::start("demo", &[("SLACK_WEBHOOK_URL", &slack.webhook_url())]);
    let address = demo.address();
    demo.wait_for("Stop with Ctrl-C");
    let order =
        r#"{"email":"alice@example.com","password":"hunter2hunter2","card":"4111111111111111"}"#;
    let secrets = [("authorization", "Bearer s3cr3ts3cr3t"), ("cookie", "session=s3cr3ts3cr3t")];
    let json = [secrets[0], secrets[1], ("content-type", "application/json")];
    let mut expected = 0;
    for (method, path, headers, status, arrives) in [
        ("GET", "/", &secrets[..], Some(200), None),
        ("GET", "/ok", &secrets[..], Some(200), None),
        ("GET", "/no/such/page", &secrets[..], Some(404), None),
        (
            "POST",
            "/checkout?token=s3cr3ts3cr3t",
            &json[..],
            Some(500),
            Some("card declined by issuer"),
        ),
        ("GET", "/panic", &secrets[..], Some(500), Some("index out of bounds")),
        ("GET", "/stream", &secrets[..], None, Some("row 2 is unreadable")),
        (
            "GET",
            "/missing-row/42?password=s3cr3ts3cr3t",
            &secrets[..],
            Some(500),
            Some("no row 42 in orders"),
        ),
    ] {
        let body = if method == "POST" { order } else { "" };
        let answer = fetch_with(address, method, path, headers, body).await;
        assert_eq!(answer.map(|(status, _)| status).ok(), status, "{method} {path}");
        if let Some(text) = arrives {
            expected += 1;
            let requests = slack.arrived(expected).await;
            let payload = requests[expected - 1].payload.to_string();
            assert!(payload.contains(text), "{payload}");
            for secret in ["hunter2", "s3cr3t", "4111"] {
                assert!(!payload.contains(secret), "{secret}: {payload}");
            }
        }
    }
    let (_, shown) = demo.wait_for("no row 42 in orders");
    assert!(shown.contains("user:alice@example.com") && !shown.contains("hunter2"), "{shown}");
    assert_eq!(slack.requests().len(), expected);
}

#[tokio::test]
async fn the_demo_needs_no_account_and_counts_what_comes_again() {
    let demo = Example::start("demo", &[]);
    let address = demo.address();
    for shown in ["panicked: index out of bounds", "×2 #"] {
        let answer = fetch_with(address, "GET", "/panic", &[], "").await;
        assert_eq!(answer.expect("an answer").0, 500);
        demo.wait_for(shown);
    }
}

#[tokio::test]
async fn the_hyper_example_rings() {
    let example = Example::start("hyper", &[]);
    let answer =
        fetch_with(example.address(), "POST", "/", &[("content-type", "text/plain")], "hello");
    assert_eq!(answer.await.expect("an answer").0, 500);
    example.wait_for("5 bytes, none liked");
}

#[test]
fn the_tonic_example_rings_for_what_is_its_own_fault() {
    let (out, rung) = finish("tonic");
    assert!(out.contains("books: Internal") && out.contains("attic: NotFound"), "{out}");
    assert!(
        rung.contains("the books do not balance") && rung.contains("the ledger is on fire"),
        "{rung}"
    );
    assert!(!rung.contains("attic"), "{rung}");
}

#[test]
fn the_custom_transport_writes_what_it_is_handed() {
    let (out, _) = finish("custom_transport");
    assert!(out.contains("I'm all set up!") && !out.contains("hunter2"), "{out}");
}

#[test]
fn hello_is_short() {
    let lines = include_str!("../examples/hello.rs").lines().count();
    assert!(lines < 30, "{lines} lines");
}

#[test]
fn the_small_examples_say_what_they_show() {
    let (_, rung) = finish("events");
    for said in ["user:alice@example.com", "amount: 49.00 USD", "> No such file"] {
        assert!(rung.contains(said), "{said}: {rung}");
    }
    let (_, rung) = finish("channels");
    for said in [
        "#financials  :moneybag: Upgraded",
        "#critical-server-errors  <!here> :no_entry:",
        "#non-critical-server-errors  What no route takes",
    ] {
        assert!(rung.contains(said), "{said}: {rung}");
    }
    let (out, rung) = finish("tasks");
    assert!(out.contains("run 2: invalid digit") && out.contains("panicked: true"), "{out}");
    for said in [
        ":x: digest failed after",
        ":tada: digest works again after 2 failures",
        ":hourglass: import is still running after 500 ms",
        "> panicked: assertion `left != right` failed: no disk",
    ] {
        assert!(rung.contains(said), "{said}: {rung}");
    }
}

/// It fails if a count does not balance, or if too many messages notify.
#[test]
fn the_storm_is_a_few_messages_that_tell_every_failure() {
    let (out, _) = finish("storm");
    for channel in ["#edits", "#plain"] {
        let row = out.lines().find(|line| line.starts_with(channel)).expect("a row of the table");
        assert!(row.ends_with("  10200   10200       0"), "{out}");
    }
    assert!(out.contains("further kinds of failure · ×1"), "{out}");
}

#[test]
fn colour_is_for_terminals() {
    let (out, rung) = finish("events");
    assert!(rung.contains(":no_entry: Import failed"), "{rung}");
    assert!(!out.contains(ESCAPE) && !rung.contains(ESCAPE), "{rung}");

    let shown = on_a_terminal("events", &[]);
    let plain = on_a_terminal("events", &[("NO_COLOR", "1")]);
    let (Some(shown), Some(plain)) = (shown, plain) else {
        eprintln!("no colour was looked at: there is no `script` of util-linux here");
        return;
    };
    assert!(shown.contains("\x1b[1;31m:no_entry: Import failed"), "{shown:?}");
    assert!(plain.contains(":no_entry: Import failed") && !plain.contains(ESCAPE), "{plain:?}");
}

const ESCAPE: char = '\x1b';
