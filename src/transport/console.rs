//! Messages on a terminal, for a person's eyes: while developing, and where no chat is configured.

use std::{
    env, fmt,
    io::{self, IsTerminal, Write},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::{
    message::Message,
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
    label: String,
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
        Self { out: Mutex::new(Box::new(out)), colour: false, label: String::new() }
    }

    /// Begins each message with this, so that several channels can share a terminal. Default:
    /// nothing.
    ///
    /// ```
    /// use tower_bell::transport::console::Console;
    ///
    /// let financials = Console::new().label("#financials");
    /// ```
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
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
        let label = if self.label.is_empty() { String::new() } else { format!("{}  ", self.label) };
        match self.write(&format!("{label}{}", block(message, self.colour))) {
            Ok(()) => Ok(Receipt::none()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                Err(SendError::transient("console: it takes nothing just now"))
            }
            Err(error) => Err(SendError::permanent(format!("console: {}", error.kind()))),
        }
    }
}

/// The plain text as lines, those after the first indented, with an empty one after them.
pub(crate) fn block(message: &Message, colour: bool) -> String {
    let name = message.username.iter().map(|name| format!("{}: ", text::one_line(name)));
    let words = name.chain([message.plain_text()]).collect::<String>();
    let words = text::clean(&words);
    let mut lines = words.trim().lines();
    let first = lines.next().unwrap_or_default();
    let mut block = styled(first, heading(message.severity), colour);
    for line in lines {
        block.push_str("\n  ");
        block.push_str(line);
    }
    block.push_str("\n\n");
    block
}

fn styled(line: &str, style: &str, colour: bool) -> String {
    if colour { format!("{style}{line}{PLAIN}") } else { line.to_owned() }
}

const fn heading(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "\x1b[1m",
        Severity::Warning => "\x1b[1;33m",
        Severity::Error | Severity::Critical => "\x1b[1;31m",
    }
}

const PLAIN: &str = "\x1b[0m";

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::{message::Literal, redact::Redactor};

    fn failure() -> Message {
        let mut message = Message::new(":x: Generic Server Error")
            .severity(Severity::Error)
            .user("alice@example.com")
            .field("plan", "pro");
        message.quote = Some("charge failed".to_owned());
        message.literals = vec![Literal {
            label: "Payload",
            note: Some("41 B".to_owned()),
            text: "{\n\n  \"a\": 1\n}".to_owned(),
            language: Some("json"),
        }];
        message.id = Some("a1f3k9q2".to_owned());
        message
    }

    #[test]
    fn a_failure_is_a_block_of_lines() {
        let shown = block(&failure(), false);
        let lines: Vec<_> = shown.lines().collect();
        assert_eq!(lines[0], ":x: Generic Server Error");
        assert_eq!(lines[2], "  user:alice@example.com");
        assert!(lines[1..].iter().all(|line| line.starts_with("  ") || line.is_empty()));
        assert!(shown.ends_with("\n  #a1f3k9q2\n\n"));
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&shown), words(&failure().plain_text()));
    }

    #[test]
    fn colour_changes_no_word() {
        let coloured = block(&failure(), true);
        assert!(coloured.starts_with("\x1b[1;31m:x: Generic Server Error\x1b[0m\n"));
        let plain = coloured.replace(heading(Severity::Error), "").replace(PLAIN, "");
        assert_eq!(plain, block(&failure(), false));
    }

    #[test]
    fn the_name_stands_before_the_text() {
        let message = Message::new("hello\nworld").username("MyApp\nBot");
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

    /// Unlike `any::<String>()`, with control characters.
    fn anything() -> impl Strategy<Value = String> {
        prop::collection::vec(any::<char>(), 0..40).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn no_control_character_reaches_the_terminal(
            text in anything(),
            quote in anything(),
            body in anything(),
        ) {
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
