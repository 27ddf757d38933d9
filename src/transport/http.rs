//! The one HTTP client.
//!
//! It posts JSON to one address, follows no redirect, waits [`TOTAL_TIMEOUT`] at most and reads
//! [`LONGEST_ANSWER`] at most. The address is as secret as a token (a webhook's is one), so no error
//! or log of this module holds more of it than the host.
//!
//! `https` only, but for the loopback hosts, which are also reached without any proxy. For other
//! hosts the environment's proxy settings (`HTTPS_PROXY`, `NO_PROXY`) hold.

use std::{
    error::Error,
    io,
    time::{Duration, SystemTime},
};

use http::{HeaderMap, HeaderValue, StatusCode, header};
use reqwest::{Client, Response, Url, redirect};
use serde_json::Value;

use crate::{
    error::ConfigError,
    secret::Secret,
    transport::{SendError, mark, retry_after},
};

/// The longest wait for a connection, TLS included.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest wait for the whole exchange: connecting, sending and reading the answer.
pub(crate) const TOTAL_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection is kept for the next message. Soon after, the other side may close it, and
/// a message sent into that moment has an unknown outcome.
pub(crate) const KEPT: Duration = Duration::from_secs(5);

/// How much of an answer is read, in bytes.
pub(crate) const LONGEST_ANSWER: usize = 64 * 1024;

/// A client for one address. Cheap to clone; needs a tokio runtime only while it posts.
#[derive(Clone)]
pub(crate) struct Http {
    client: Client,
    url: Url,
}

/// What was answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// `Retry-After`, at most [`retry_after::LONGEST_PAUSE`].
    pub(crate) retry_after: Option<Duration>,
    /// The body, or its beginning.
    pub(crate) body: Vec<u8>,
    /// The body is there to its end.
    pub(crate) whole: bool,
}

impl Http {
    /// A client for `url`, an error that names `setting` if it cannot be posted to.
    pub(crate) fn new(setting: &'static str, url: &str) -> Result<Self, ConfigError> {
        let url = checked(url).map_err(|problem| ConfigError::new(setting, problem))?;
        let client = client(&url)
            .map_err(|_| ConfigError::new(setting, "the HTTP client could not be set up"))?;
        Ok(Self { client, url })
    }

    /// The same client for a path below the address.
    pub(crate) fn below(&self, path: &str) -> Self {
        let mut url = self.url.clone();
        url.set_path(&format!("{}/{path}", self.url.path().trim_end_matches('/')));
        Self { client: self.client.clone(), url }
    }

    /// The host, and the port if it is not the usual one: all that may be said of the address.
    pub(crate) fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// What may make the address a secret.
    pub(crate) fn path(&self) -> &str {
        self.url.path()
    }

    /// Posts and reads the answer, whatever it is.
    pub(crate) async fn post(
        &self,
        payload: &Value,
        token: Option<&Secret>,
    ) -> Result<Answer, SendError> {
        let request = self
            .client
            .post(self.url.clone())
            .headers(headers(token)?)
            .body(payload.to_string())
            .send();
        match request.await {
            Ok(response) => Ok(read(response).await),
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// The error in our own words: a foreign one may say the address.
    fn failed(&self, error: &reqwest::Error) -> SendError {
        let host = self.host();
        if error.is_builder() {
            SendError::permanent(format!("{host}: the request could not be built"))
        } else if error.is_connect() {
            SendError::transient(format!("{host}: {}", unreachable(error)))
        } else if error.is_timeout() {
            let seconds = TOTAL_TIMEOUT.as_secs();
            SendError::unknown_outcome(format!("{host}: no answer within {seconds} s"))
        } else {
            SendError::unknown_outcome(format!("{host}: no usable answer"))
        }
    }
}

fn checked(url: &str) -> Result<Url, &'static str> {
    let url = url.trim();
    if url.is_empty() {
        return Err("is empty");
    }
    let url = Url::parse(url).map_err(|_| "is not a URL")?;
    match url.scheme() {
        _ if url.host_str().is_none_or(str::is_empty) => Err("has no host"),
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err("must begin with https:// (http:// is for loopback hosts)"),
        _ => Err("must begin with https://"),
    }
}

fn is_loopback(url: &Url) -> bool {
    matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"))
}

fn client(url: &Url) -> reqwest::Result<Client> {
    let builder = Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(KEPT)
        .https_only(url.scheme() == "https")
        .redirect(redirect::Policy::none())
        .timeout(TOTAL_TIMEOUT)
        .user_agent(concat!("tower-bell/", env!("CARGO_PKG_VERSION")));
    let builder = if is_loopback(url) { builder.no_proxy() } else { builder };
    builder.build()
}

fn headers(token: Option<&Secret>) -> Result<HeaderMap, SendError> {
    let mut headers = HeaderMap::new();
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, json);
    headers.insert(mark::MARK, mark::mark().clone());
    if let Some(token) = token {
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.expose()))
            .map_err(|_| SendError::permanent("the token cannot stand in a header"))?;
        bearer.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, bearer);
    }
    Ok(headers)
}

/// Reads the answer as far as it goes: a status is worth having without its body.
async fn read(mut response: Response) -> Answer {
    let mut answer = Answer {
        status: response.status(),
        retry_after: pause(response.headers()),
        body: Vec::new(),
        whole: false,
    };
    while let Ok(chunk) = response.chunk().await {
        let Some(chunk) = chunk else {
            answer.whole = true;
            break;
        };
        let room = LONGEST_ANSWER - answer.body.len();
        answer.body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            break;
        }
    }
    answer
}

fn pause(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    retry_after::parse(value, SystemTime::now())
}

/// Why there was no connection.
fn unreachable(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no connection within {} s", CONNECT_TIMEOUT.as_secs());
    }
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner.to_string().starts_with("dns error") {
            return "the host's name was not found".to_owned();
        }
        let io = inner.downcast_ref::<io::Error>();
        match io.map(io::Error::kind) {
            // What a TLS stack says of a certificate, or of an answer that is not TLS.
            Some(io::ErrorKind::InvalidData) => return "TLS handshake failed".to_owned(),
            Some(io::ErrorKind::Other) | None => {}
            Some(kind) => return kind.to_string(),
        }
        // The source of an `io::Error` is its inner error's: without this the inner one is skipped.
        let wrapped = io.and_then(io::Error::get_ref).map(|error| error as &(dyn Error + 'static));
        cause = wrapped.or_else(|| inner.source());
    }
    "could not connect".to_owned()
}
