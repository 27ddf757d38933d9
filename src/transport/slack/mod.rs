//! Slack: [incoming webhooks](Webhook) and [bots](Bot).
//!
//! | | needs | edits | threads | name and icon |
//! |---|---|---|---|---|
//! | [`Webhook`] | its URL, nothing else | no | no | the ones set in Slack; [`Message::username`] goes into the text |
//! | [`Bot`] | a token with `chat:write`, the bot in the channel (or `chat:write.public`) | yes | yes, shown in the channel too | with `chat:write.customize`; an edit keeps them |
//!
//! A message becomes [Block Kit] blocks. What the app wrote itself (the text and the labels of
//! links) is `mrkdwn` with `&`, `<` and `>` escaped: emoji codes work, mentions and links do not.
//! Everything else stands in `rich_text` or `plain_text`, which Slack shows as it is. Previews of
//! links are off. Nothing in a message can notify anyone but what a route says:
//! [`Route::mention`](crate::Route::mention) takes `<!here>`, `<!channel>`, `<!everyone>`, `<@U…>` and
//! `<!subteam^S…>`. Slack has no silent messages: [`Route::silent`](crate::Route::silent) does nothing
//! here.
//!
//! [Block Kit]: https://docs.slack.dev/reference/block-kit
//! [`Message::username`]: crate::Message::username

mod answer;
mod blocks;
mod bot;
mod check;
mod escape;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod mention;
mod webhook;

pub(crate) use self::blocks::payload;
#[doc(hidden)]
pub use self::check::check;
pub use self::{
    bot::{BOT_PACE, Bot, BotChannel},
    webhook::Webhook,
};
use crate::{
    text::Unit,
    transport::{Capabilities, Limits},
};

/// The most blocks in a message.
///
/// See [Blocks](https://docs.slack.dev/reference/block-kit/blocks).
pub const BLOCKS: usize = 50;

/// The longest text of a section, in [`UNIT`]s.
///
/// See [Section block](https://docs.slack.dev/reference/block-kit/blocks/section-block).
pub const SECTION_TEXT: usize = 3_000;

/// The most fields of a section.
///
/// See [Section block](https://docs.slack.dev/reference/block-kit/blocks/section-block).
pub const FIELDS: usize = 10;

/// The longest field of a section, in [`UNIT`]s.
///
/// See [Section block](https://docs.slack.dev/reference/block-kit/blocks/section-block).
pub const FIELD_TEXT: usize = 2_000;

/// The longest header, in [`UNIT`]s.
///
/// See [Header block](https://docs.slack.dev/reference/block-kit/blocks/header-block).
pub const HEADER_TEXT: usize = 150;

/// The most elements of a context block.
///
/// See [Context block](https://docs.slack.dev/reference/block-kit/blocks/context-block).
pub const CONTEXT_ELEMENTS: usize = 10;

/// The longest text of a context element or of any other text object, in [`UNIT`]s.
///
/// See [Text object](https://docs.slack.dev/reference/block-kit/composition-objects/text-object).
pub const OBJECT_TEXT: usize = 3_000;

/// The longest top-level text, in [`UNIT`]s: what `chat.update` takes.
///
/// See [chat.update](https://docs.slack.dev/reference/methods/chat.update).
pub const TEXT: usize = 4_000;

/// The longest text of all blocks together, in [`UNIT`]s.
///
/// Not documented; Slack's people name it in [bolt-js#2509], where the blocks themselves are seen to
/// count too. Hence [`BUDGET`].
///
/// [bolt-js#2509]: https://github.com/slackapi/bolt-js/issues/2509
pub const TOTAL: usize = 12_000;

/// How much of [`TOTAL`] a message uses at most.
pub const BUDGET: usize = 10_000;

/// What the limits count. Slack says "characters"; UTF-16 units are never fewer, so that the limits
/// hold whatever is meant.
pub const UNIT: Unit = Unit::Utf16;

fn capabilities() -> Capabilities {
    let total = BUDGET - LABELS;
    let limits = Limits { text: SECTION_TEXT, total, unit: UNIT, ..Limits::default() };
    Capabilities::default().limits(limits)
}

/// What the form adds to a message's own words, at most: labels and separators.
const LABELS: usize = 1_000;
