//! Messages on a terminal, for a person's eyes: while developing, and where no chat is configured.

use std::{
    env, fmt,
    io::{self, IsTerminal, Write},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::{
    message::{Literal, Message},
    redact::Redacted,
    secret::Secret,
    severity::Severity,
    text,
    transport::{Capabilities, Receipt, SendError, Transport},
};

/// Writes every message as a block of lines. See [`Console::new`].
///
/// ```
/// use tower_bell::transport::console::Console;
///
/// let console = Console::to(std::io::sink());
/// ```
pub struct Console {
    out: Mutex<Box<dyn Write + Send>>,
    colour: bool,
}

impl Console {
    /// Writes to stderr; in colour only if that is a terminal and `NO_COLOR` is unset or empty.
    #[must_use]
    pub fn new() -> Self {
        let wanted = env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let colour = wanted && io::stderr().is_terminal();
        Self { colour, ..Self::to(io::stderr()) }
    }

    /// Writes elsewhere, without colour.
    #[must_use]
    pub fn to(out: impl Write + Send + 'static) -> Self {
        Self { out: Mutex::new(Box::new(out)), colour: false }
    }

    /// One write per message, so that other writers cannot come between its lines.
    fn write(&self, block: &str) -> io::Result<()> {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        out.write_all(block.as_bytes())?;
        out.flush()
    }
}

impl Default for Console {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console").field("colour", &self.colour).finish_non_exhaustive()
    }
}

impl Transport for Console {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().pace(Duration::ZERO).username(true)
    }

    fn secrets(&self) -> Vec<Secret> {
        Vec::new()
    }

    /// # Errors
    /// Permanent if the stream is closed, transient if it takes nothing just now.
    async fn post(&self, message: &Redacted<Message>) -> Result<Receipt, SendError> {
        match self.write(&block(message, self.colour)) {
            Ok(()) => Ok(Receipt::none()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                Err(SendError::transient("console: it takes nothing just now"))
            }
            Err(error) => Err(SendError::permanent(format!("console: {}", error.kind()))),
        }
    }
}

/// The message as lines, with an empty one after it.
pub(crate) fn block(message: &Message, colour: bool) -> String {
    let mut page = Page { text: String::new(), colour };
    page.heading(message);
    if let Some(quote) = &message.quote {
        page.lines("  > ", quote);
    }
    if let Some(place) = &message.place {
        page.line("    ", place);
    }
    page.line("  ", &who(message));
    for field in &message.fields {
        page.line("  ", &format!("{}: {}", field.name, field.value));
    }
    for literal in &message.literals {
        page.literal(literal);
    }
    for link in &message.links {
        page.line("  ", &format!("{}: {}", link.label, link.url));
    }
    page.styled(DIM, "  ", &last(message));
    page.text.push('\n');
    page.text
}

fn who(message: &Message) -> String {
    let user = message.user.iter().map(|user| format!("user:{user}"));
    join(user.chain(message.facts.iter().cloned()))
}

fn last(message: &Message) -> String {
    join(message.shown_id().into_iter().chain(message.notes.iter().cloned()))
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(" · ")
}

struct Page {
    text: String,
    colour: bool,
}

impl Page {
    fn heading(&mut self, message: &Message) {
        let mut text = String::new();
        if let Some(name) = &message.username {
            text = format!("{name}: ");
        }
        text.push_str(&message.text);
        if let Some(subject) = &message.subject {
            text = format!("{text}   {subject}");
        }
        let text = text::clean(&text);
        let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
        self.styled(colour(message.severity), "", first);
        self.lines("  ", rest);
    }

    fn literal(&mut self, literal: &Literal) {
        let note = literal.note.as_deref().unwrap_or_default();
        self.line("  ", &format!("{:<9} {note}", literal.label));
        self.lines("      ", &literal.text);
    }

    /// Every line of the text; none if it is blank.
    fn lines(&mut self, indent: &str, text: &str) {
        for line in text::clean(text).trim_end().lines() {
            let line = [indent, line].concat();
            self.text.extend([line.trim_end(), "\n"]);
        }
    }

    /// One line, whatever the text holds; none if it is blank.
    fn line(&mut self, indent: &str, text: &str) {
        self.lines(indent, text::one_line(text).trim_start());
    }

    fn styled(&mut self, style: &str, indent: &str, text: &str) {
        let from = self.text.len();
        self.line(indent, text);
        if self.colour && self.text.len() > from {
            self.text.insert_str(from, style);
            self.text.insert_str(self.text.len() - 1, RESET);
        }
    }
}

const fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "\x1b[1m",
        Severity::Warning => "\x1b[1;33m",
        Severity::Error | Severity::Critical => "\x1b[1;31m",
    }
}

const DIM: &str = "\x1b[2m";
const RESET: &str = "\x1b[0m";

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::redact::Redactor;

    fn failure() -> Message {
        let mut message = Message::new(":x: Generic Server Error")
            .severity(Severity::Error)
            .user("alice@example.com")
            .field("plan", "pro")
            .link("Dashboard", "https://grafana.example/d/1");
        message.subject = Some("500 · POST /checkout".to_owned());
        message.quote = Some("charge failed\ncard declined".to_owned());
        message.place = Some("src/checkout.rs:42".to_owned());
        message.facts = vec!["took 1.2 s".to_owned()];
        message.literals = vec![Literal {
            label: "Payload",
            note: Some("41 B".to_owned()),
            text: "{\n\n  \"a\": 1\n}".to_owned(),
            language: Some("json"),
        }];
        message.id = Some("a1f3k9q2".to_owned());
        message.notes = vec!["2026-11-23".to_owned()];
        message
    }

    #[test]
    fn a_failure_is_a_block_of_lines() {
        let expected = "\
:x: Generic Server Error   500 · POST /checkout
  > charge failed
  > card declined
    src/checkout.rs:42
  user:alice@example.com · took 1.2 s
  plan: pro
  Payload   41 B
      {

        \"a\": 1
      }
  Dashboard: https://grafana.example/d/1
  #a1f3k9q2 · 2026-11-23

";
        assert_eq!(block(&failure(), false), expected);
    }

    #[test]
    fn colour_changes_no_word() {
        let coloured = block(&failure(), true);
        assert!(coloured.starts_with("\x1b[1;31m:x: Generic"));
        let plain = [DIM, RESET, colour(Severity::Error)]
            .iter()
            .fold(coloured, |text, style| text.replace(style, ""));
        assert_eq!(plain, block(&failure(), false));
    }

    #[test]
    fn the_name_stands_before_the_text() {
        let message = Message::new("hello\nworld").username("MyApp Bot");
        assert_eq!(block(&message, false), "MyApp Bot: hello\n  world\n\n");
    }

    /// What was written, for the test to read.
    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A stream that is closed, or takes nothing.
    struct Broken(io::ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(self.0.into())
        }
    }

    fn post(console: &Console) -> Result<Receipt, SendError> {
        let message = Redactor::default().message(Message::new("hello"));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(console.post(&message))
    }

    #[test]
    fn every_message_is_written() {
        let out = Shared::default();
        let console = Console::to(out.clone());
        assert_eq!(post(&console), Ok(Receipt::none()));
        assert_eq!(post(&console), Ok(Receipt::none()));
        assert_eq!(*out.0.lock().unwrap(), b"hello\n\nhello\n\n");
    }

    #[test]
    fn a_stream_that_is_closed_is_an_error_not_a_panic() {
        let closed = post(&Console::to(Broken(io::ErrorKind::BrokenPipe)));
        assert!(closed.is_err_and(|error| error.is_permanent()));
        let full = post(&Console::to(Broken(io::ErrorKind::WouldBlock)));
        assert!(full.is_err_and(|error| error.is_transient()));
    }

    proptest! {
        #[test]
        fn no_control_character_reaches_the_terminal(text: String, quote: String, body: String) {
            let mut message = failure();
            message.text = text.clone();
            message.username = Some(quote.clone());
            message.quote = Some(quote.clone());
            message.user = Some(quote.clone());
            message.facts = vec![quote.clone()];
            message.literals[0].text = body;
            message.id = Some(quote);
            let shown = block(&message, false);
            prop_assert_eq!(text::clean(&shown), shown.as_str());
        }
    }
}
