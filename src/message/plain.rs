//! The message as plain text: for consoles, previews and search.

use super::Message;

impl Message {
    /// The whole message as plain text.
    #[must_use]
    pub fn plain_text(&self) -> String {
        let mut text = self.text.clone();
        if let Some(user) = &self.user {
            text.push_str("\nuser:");
            text.push_str(user);
        }
        text
    }
}
