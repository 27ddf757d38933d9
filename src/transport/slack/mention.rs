//! Whom a route calls: the one piece of live markup in a message, and never of a request's.

use crate::error::ConfigError;

/// Whether this is one of Slack's mentions and nothing else: `<!here>`, `<!channel>`, `<!everyone>`,
/// `<@U…>`, `<!subteam^S…>`.
///
/// See [Formatting text](https://docs.slack.dev/messaging/formatting-message-text).
pub(super) fn is_mention(text: &str) -> bool {
    let inside = text.strip_prefix('<').and_then(|text| text.strip_suffix('>'));
    inside.is_some_and(|inside| match inside {
        "!here" | "!channel" | "!everyone" => true,
        _ => {
            let user = inside.strip_prefix('@').filter(|id| id.starts_with(['U', 'W']));
            let group = inside.strip_prefix("!subteam^").filter(|id| id.starts_with('S'));
            user.or(group).is_some_and(is_id)
        }
    })
}

pub(super) fn check_mention(mention: &str) -> Result<(), ConfigError> {
    let problem = "Slack knows `<!here>`, `<!channel>`, `<!everyone>`, `<@U…>` and `<!subteam^S…>`";
    if is_mention(mention) { Ok(()) } else { Err(ConfigError::new("mention", problem)) }
}

fn is_id(id: &str) -> bool {
    id.len() > 1 && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// The text after the mention that it begins with, if it begins with one.
pub(super) fn after_mention(text: &str) -> Option<&str> {
    let (mention, rest) = text.split_once(' ')?;
    (is_mention(mention) && !rest.trim().is_empty()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_slack_knows_is_a_mention() {
        for mention in
            ["<!here>", "<!channel>", "<!everyone>", "<@U024BE7LH>", "<!subteam^SAZ94GDB8>"]
        {
            assert_eq!(check_mention(mention), Ok(()));
        }
        for text in [
            "@here",
            "here",
            "<!here",
            "<!here> ",
            "<@>",
            "<@U>",
            "<@alice>",
            "<@U02|x>",
            "<#C024BE7LR>",
            "<https://x.example|y>",
            "<!subteam^>",
        ] {
            let error = check_mention(text).unwrap_err().to_string();
            assert!(error.starts_with("mention: Slack knows `<!here>`"), "{text}");
        }
    }
}
