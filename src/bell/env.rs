//! A bell from the environment: one line to start with.

use std::{
    env,
    ffi::OsString,
    io::{self, Write as _},
};

use super::{Bell, Builder, error::BuildError};
#[cfg(feature = "slack")]
use crate::transport::slack;
use crate::{error::ConfigError, transport::console::Console};

const CHANNEL: &str = "TOWER_BELL_CHANNEL";
const ENVIRONMENT: &str = "TOWER_BELL_ENVIRONMENT";
const RELEASE: &str = "TOWER_BELL_RELEASE";
const SWITCH: &str = "TOWER_BELL";
const TOKEN: &str = "SLACK_BOT_TOKEN";
const WEBHOOK: &str = "SLACK_WEBHOOK_URL";

impl Bell {
    /// A bell with one channel, by what the environment says:
    ///
    /// | variable | meaning |
    /// |---|---|
    /// | `SLACK_WEBHOOK_URL` | rings this Slack webhook (feature `slack`) |
    /// | `SLACK_BOT_TOKEN` and `TOWER_BELL_CHANNEL` | rings this channel as a bot (feature `slack`) |
    /// | `TOWER_BELL=off` | rings nothing: [`Bell::off`] |
    /// | `TOWER_BELL_ENVIRONMENT` | [`Builder::environment`] |
    /// | `TOWER_BELL_RELEASE` | [`Builder::release`] |
    ///
    /// Without a webhook and a token it rings on the console and says so in one line on stderr.
    ///
    /// # Errors
    ///
    /// If a variable's value is wrong, which names the variable and does not print the value, or as
    /// [`Builder::build`].
    pub fn from_env(service: &str) -> Result<Self, BuildError> {
        Self::builder_from_env(service)?.build()
    }

    /// The same before it is built, to add what the environment does not say: rules, routes, further
    /// channels. Where it is switched off, what [`build`](Builder::build) gives is [`Bell::off`], whatever
    /// was added.
    ///
    /// ```
    /// use tower_bell::{Bell, Redactor};
    ///
    /// # fn demo() -> Result<(), Box<dyn std::error::Error>> {
    /// let bell = Bell::builder_from_env("shop-api")?
    ///     .redact(Redactor::default().hide_key("national_id"))
    ///     .build()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// If a variable's value is wrong, which names the variable and does not print the value.
    pub fn builder_from_env(service: &str) -> Result<Builder, ConfigError> {
        Self::from_vars(service, env::var_os)
    }

    fn from_vars(
        service: &str,
        var: impl Fn(&'static str) -> Option<OsString>,
    ) -> Result<Builder, ConfigError> {
        let vars = Vars(var);
        let mut builder = Self::builder(service);
        match vars.optional(SWITCH)?.as_deref() {
            Some("off") => return Ok(builder.off()),
            None | Some("on") => {}
            Some(_) => return Err(ConfigError::new(SWITCH, "use on or off")),
        }
        if let Some(environment) = vars.optional(ENVIRONMENT)? {
            builder = builder.environment(environment);
        }
        if let Some(release) = vars.optional(RELEASE)? {
            builder = builder.release(release);
        }
        vars.channel(builder)
    }
}

struct Vars<F>(F);

impl<F: Fn(&'static str) -> Option<OsString>> Vars<F> {
    fn channel(&self, builder: Builder) -> Result<Builder, ConfigError> {
        let name = self.optional(CHANNEL)?;
        if let Some(url) = self.secret(WEBHOOK)? {
            return webhook(builder, name.as_deref().unwrap_or("slack"), url);
        }
        if let Some(token) = self.secret(TOKEN)? {
            let name =
                name.ok_or_else(|| ConfigError::new(CHANNEL, "needed by SLACK_BOT_TOKEN"))?;
            return bot(builder, name, token);
        }
        say_console();
        Ok(builder.channel("console", Console::new()))
    }

    /// A variable that may be empty.
    fn optional(&self, name: &'static str) -> Result<Option<String>, ConfigError> {
        let value = (self.0)(name).map(OsString::into_string).transpose();
        let value = value.map_err(|_| ConfigError::new(name, "is not valid Unicode"))?;
        Ok(value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()))
    }

    /// A variable that must not be empty: whoever sets it wants a real channel.
    fn secret(&self, name: &'static str) -> Result<Option<String>, ConfigError> {
        let value = self.optional(name)?;
        if value.is_none() && (self.0)(name).is_some() {
            return Err(ConfigError::new(name, "is empty"));
        }
        Ok(value)
    }
}

#[cfg(feature = "slack")]
fn webhook(builder: Builder, name: &str, url: String) -> Result<Builder, ConfigError> {
    let webhook = slack::Webhook::new(url).map_err(|error| named(WEBHOOK, &error))?;
    Ok(builder.channel(name, webhook))
}

#[cfg(feature = "slack")]
fn bot(builder: Builder, name: String, token: String) -> Result<Builder, ConfigError> {
    let bot = slack::Bot::new(token).map_err(|error| named(TOKEN, &error))?;
    let channel = bot.to(name.as_str());
    Ok(builder.channel(name, channel))
}

#[cfg(feature = "slack")]
fn named(name: &'static str, error: &ConfigError) -> ConfigError {
    error.clone().of(name)
}

#[cfg(not(feature = "slack"))]
fn webhook(_: Builder, _: &str, _: String) -> Result<Builder, ConfigError> {
    Err(ConfigError::new(WEBHOOK, NO_SLACK))
}

#[cfg(not(feature = "slack"))]
fn bot(_: Builder, _: String, _: String) -> Result<Builder, ConfigError> {
    Err(ConfigError::new(TOKEN, NO_SLACK))
}

#[cfg(not(feature = "slack"))]
const NO_SLACK: &str = "tower-bell is built without its feature `slack`";

/// Said before any subscriber may be there.
fn say_console() {
    // There may be no stderr.
    let _ = writeln!(
        io::stderr(),
        "tower-bell: neither {WEBHOOK} nor {TOKEN} is set: ringing on this console only"
    );
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;
    use crate::route::Route;

    fn from(vars: &'static [(&'static str, &'static str)]) -> Result<Bell, String> {
        let value = |name: &str| vars.iter().find(|(known, _)| *known == name).map(|(_, v)| v);
        let said = |error: &dyn Error| format!("{error} {error:?}");
        let builder = Bell::from_vars("shop-api", |name| value(name).map(OsString::from));
        let builder = builder.map_err(|error| said(&error))?;
        builder.build().map_err(|error| said(&error))
    }

    fn channels(bell: &Bell) -> Vec<String> {
        bell.stats().channels.into_iter().map(|channel| channel.name).collect()
    }

    #[test]
    fn without_anything_it_rings_on_the_console() {
        assert_eq!(channels(&from(&[]).unwrap()), ["console"]);
    }

    #[test]
    fn it_can_be_switched_off_but_not_by_a_slip() {
        assert!(from(&[(SWITCH, "off"), (WEBHOOK, "not looked at")]).unwrap().is_off());
        assert!(from(&[(SWITCH, "of")]).unwrap_err().starts_with("TOWER_BELL: "));
    }

    #[tokio::test]
    async fn what_is_switched_off_stays_off_whatever_is_added() {
        let off = || Bell::from_vars("s", |name| (name == SWITCH).then(|| "off".into())).unwrap();
        let route = || Route::topic("user").to("#nowhere");
        assert!(off().route(route()).build().unwrap().is_off());
        let (bell, worker) = off().channel("console", Console::new()).build_with_worker().unwrap();
        worker.run().await;
        assert!(bell.is_off());
    }

    #[test]
    fn it_says_where_it_runs() {
        let bell = from(&[(ENVIRONMENT, "production"), (RELEASE, "1.8.2")]).unwrap();
        let origin = &bell.core.as_ref().unwrap().hub.origin;
        assert_eq!(origin.environment.as_deref(), Some("production"));
        assert_eq!(origin.release.as_deref(), Some("1.8.2"));
        let bell = from(&[(ENVIRONMENT, " ")]).unwrap();
        assert_eq!(bell.core.as_ref().unwrap().hub.origin.environment, None);
    }

    #[cfg(feature = "slack")]
    #[test]
    fn it_rings_slack_by_webhook_or_bot() {
        let webhook = from(&[(WEBHOOK, "https://hooks.slack.com/services/T0/B0/XXXX")]).unwrap();
        assert_eq!(channels(&webhook), ["slack"]);
        let bot = from(&[(TOKEN, "xoxb-1-2-3"), (CHANNEL, "#errors")]).unwrap();
        assert_eq!(channels(&bot), ["#errors"]);
    }

    #[test]
    fn a_wrong_value_names_the_variable_and_is_not_printed() {
        for (vars, name) in [
            (&[(WEBHOOK, "hunter2")] as &[_], WEBHOOK),
            (&[(WEBHOOK, "")], WEBHOOK),
            (&[(TOKEN, "https://hunter2"), (CHANNEL, "#a")], TOKEN),
            (&[(TOKEN, " "), (CHANNEL, "#a")], TOKEN),
            (&[(TOKEN, "xoxb-hunter2")], CHANNEL),
        ] {
            let error = from(vars).unwrap_err();
            assert!(error.starts_with(name), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
