//! A stand-in for Slack on 127.0.0.1: webhooks and the two methods of the Web API.
//!
//! It knows what was posted: only what still stands can be edited or answered. Every payload is
//! checked; one that Slack would not take, or that has something live in it, is
//! answered as Slack does and fails the test when the server is dropped.

use std::{
    collections::VecDeque,
    convert::Infallible,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread::{self, JoinHandle},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::{
    net::TcpSocket,
    sync::{Semaphore, oneshot},
};
use tower_bell::transport::slack::check;

use super::PATIENCE;

/// How a request is answered.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// As Slack does.
    Ok,
    /// 429 with this `Retry-After`; none if it is empty.
    RateLimited(&'static str),
    /// A status and a body.
    Status(u16, &'static str),
    /// 200 with `"ok": false` and this code.
    NotOk(&'static str),
    /// 307 to this address.
    Redirect(String),
    /// 200 and a body of a mebibyte.
    Huge,
    /// As Slack does, but only after [`LocalSlack::release`].
    Held,
    /// The request is read, and never answered.
    Never,
    /// The same, but what it asks for is done.
    DoneNever,
}

/// A request that came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) payload: Value,
}

/// A message as it stands in Slack.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) ts: String,
    /// What it says: the payload of its latest edit, or of its post.
    pub(crate) payload: Value,
    pub(crate) edits: usize,
}

/// Listens until it is dropped.
pub(crate) struct LocalSlack {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Until it is opened.
    socket: Option<TcpSocket>,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    seen: Mutex<Seen>,
    came: Condvar,
    released: Semaphore,
}

#[derive(Default)]
struct Seen {
    requests: Vec<Request>,
    problems: Vec<String>,
    script: VecDeque<Reply>,
    /// The same for edits alone.
    edits: VecDeque<Reply>,
    standing: Vec<Standing>,
    /// How many messages were ever named: no two have the same name.
    named: usize,
    /// Requests that will never be answered.
    unanswered: usize,
}

/// Looks at what a local Slack does, from any thread.
#[derive(Clone)]
pub(crate) struct Watch(Arc<Shared>);

impl Watch {
    /// How many requests will never be answered.
    pub(crate) fn unanswered(&self) -> usize {
        self.0.seen.lock().expect("no panic").unanswered
    }

    /// Blocks until there are more of these, or `over` says so when asked to [`look`](Self::look).
    pub(crate) fn wait_until(&self, unanswered: usize, over: impl Fn() -> bool) {
        let seen = self.0.seen.lock().expect("no panic");
        let waits = |seen: &mut Seen| seen.unanswered <= unanswered && !over();
        let waited = self.0.came.wait_timeout_while(seen, PATIENCE, waits);
        drop(waited.expect("no panic"));
    }

    /// Asks those that wait to look again.
    pub(crate) fn look(&self) {
        // With the lock, lest one looks before this and begins to wait after it.
        let seen = self.0.seen.lock().expect("no panic");
        self.0.came.notify_all();
        drop(seen);
    }
}

impl LocalSlack {
    pub(crate) fn start() -> Self {
        let mut slack = Self::closed();
        slack.open();
        slack
    }

    /// Has an address where every connection is refused, until [`open`](Self::open).
    pub(crate) fn closed() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
        let address = socket.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            seen: Mutex::default(),
            came: Condvar::new(),
            released: Semaphore::new(0),
        });
        Self { address, shared, socket: Some(socket), stop: None, thread: None }
    }

    /// From now on every connection is taken.
    pub(crate) fn open(&mut self) {
        let socket = self.socket.take().expect("opened once");
        let app = Router::new().fallback(serve).with_state(Arc::clone(&self.shared));
        let (stop, stopped) = oneshot::channel();
        let (listening, listens) = std::sync::mpsc::channel();
        let thread = thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            runtime.enable_all().build().expect("a runtime").block_on(async {
                let listener = socket.listen(1_024).expect("a socket");
                listening.send(()).expect("someone waits");
                // Ends when the sender is dropped, whatever requests are still held.
                tokio::select! {
                    served = axum::serve(listener, app) => served.expect("to serve"),
                    _ = stopped => {}
                }
            });
        });
        listens.recv().expect("it listens");
        (self.stop, self.thread) = (Some(stop), Some(thread));
    }

    /// The URL of a webhook, with a secret in it.
    pub(crate) fn webhook_url(&self) -> String {
        format!("http://{}/services/T0001/B0002/{SECRET}", self.address)
    }

    /// For `Bot::api_url`.
    pub(crate) fn api_url(&self) -> String {
        format!("http://{}/api", self.address)
    }

    /// Scripts the answer to the next request that has none yet. Without a script: [`Reply::Ok`].
    pub(crate) fn answer(&self, reply: Reply) {
        self.seen().script.push_back(reply);
    }

    /// Scripts the answer to the next edit that has none yet, whatever else comes before it.
    pub(crate) fn answer_edit(&self, reply: Reply) {
        self.seen().edits.push_back(reply);
    }

    /// Lets one [`Reply::Held`] go, now or when its request comes.
    pub(crate) fn release(&self) {
        self.shared.released.add_permits(1);
    }

    /// What came so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.seen().requests.clone()
    }

    /// The payloads of what came so far.
    pub(crate) fn payloads(&self) -> Vec<Value> {
        self.seen().requests.iter().map(|request| request.payload.clone()).collect()
    }

    /// Blocks until `count` requests came, and gives all that did.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Request> {
        wait(&self.shared, count).unwrap_or_else(|came| panic!("{came} requests came, not {count}"))
    }

    /// The same for async tests; it uses no timer, so that it can be awaited in paused time.
    pub(crate) async fn arrived(&self, count: usize) -> Vec<Request> {
        let (tell, told) = oneshot::channel();
        let shared = Arc::clone(&self.shared);
        thread::spawn(move || tell.send(wait(&shared, count)));
        let came = told.await.expect("the waiting thread's word");
        came.unwrap_or_else(|came| panic!("{came} requests came, not {count}"))
    }

    /// For what has to know when a request will not be answered.
    pub(crate) fn watch(&self) -> Watch {
        Watch(Arc::clone(&self.shared))
    }

    /// What bots posted and nobody deleted, oldest first: answers too.
    pub(crate) fn standing(&self) -> Vec<Standing> {
        self.seen().standing.clone()
    }

    /// Deletes a message.
    pub(crate) fn forget(&self, ts: &str) {
        self.seen().standing.retain(|message| message.ts != ts);
    }

    /// Deletes all messages.
    pub(crate) fn forget_all(&self) {
        self.seen().standing.clear();
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.shared.seen.lock().expect("no panic")
    }
}

impl Drop for LocalSlack {
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.thread.take().map(JoinHandle::join);
        if !thread::panicking() {
            assert!(ended.is_none_or(|ended| ended.is_ok()), "the local Slack panicked");
            let problems = std::mem::take(&mut self.seen().problems);
            assert!(problems.is_empty(), "Slack would not take it: {}", problems.join(", "));
        }
    }
}

/// What stands at the end of [`LocalSlack::webhook_url`].
pub(crate) const SECRET: &str = "XWebhookSecretXWebhookSX";

/// The ID that answers give a channel, by its name or by its ID.
pub(crate) fn id_of(channel: &str) -> String {
    let Some(name) = channel.strip_prefix('#') else { return channel.to_owned() };
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    format!("C0{}", String::from_iter(letters).to_ascii_uppercase())
}

fn wait(shared: &Shared, count: usize) -> Result<Vec<Request>, usize> {
    let seen = shared.seen.lock().expect("no panic");
    let too_few = |seen: &mut Seen| seen.requests.len() < count;
    let waited = shared.came.wait_timeout_while(seen, PATIENCE, too_few);
    let (seen, timeout) = waited.expect("no panic");
    if timeout.timed_out() { Err(seen.requests.len()) } else { Ok(seen.requests.clone()) }
}

async fn serve(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let payload = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let request = Request { path: uri.path().to_owned(), headers, payload };
    let problem = problem(&request).err();
    let reply = {
        let mut seen = shared.seen.lock().expect("no panic");
        seen.requests.push(request.clone());
        seen.problems.extend(problem.clone());
        let is_edit = request.path.ends_with("/chat.update");
        let own = if is_edit { seen.edits.pop_front() } else { None };
        let reply = own.or_else(|| seen.script.pop_front()).unwrap_or(Reply::Ok);
        if matches!(reply, Reply::DoneNever) {
            // Whoever sees the request sees it done.
            seen.approve(&request);
        }
        seen.unanswered += usize::from(matches!(reply, Reply::Never | Reply::DoneNever));
        reply
    };
    shared.came.notify_all();
    match reply {
        _ if problem.is_some() => refusal(&request, "invalid_blocks"),
        Reply::Ok => shared.seen.lock().expect("no panic").approve(&request),
        Reply::Held => {
            shared.released.acquire().await.expect("never closed").forget();
            shared.seen.lock().expect("no panic").approve(&request)
        }
        Reply::Never | Reply::DoneNever => std::future::pending().await,
        Reply::RateLimited("") => StatusCode::TOO_MANY_REQUESTS.into_response(),
        Reply::RateLimited(after) => {
            (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, after)]).into_response()
        }
        Reply::Status(status, body) => {
            (StatusCode::from_u16(status).expect("a status"), body).into_response()
        }
        Reply::NotOk(code) => not_ok(code),
        Reply::Redirect(to) => {
            (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, to)]).into_response()
        }
        Reply::Huge => "x".repeat(1 << 20).into_response(),
    }
}

/// What is wrong with the request, besides what Slack itself is asked to answer.
fn problem(request: &Request) -> Result<(), String> {
    let key = |key| request.payload[key].as_str().is_some_and(|text| !text.is_empty());
    check(&request.payload)?;
    if request.headers.get(header::CONTENT_TYPE).is_none_or(|kind| kind != JSON) {
        return Err("not JSON".to_owned());
    }
    match request.path.as_str() {
        path if path.starts_with("/services/") => {
            let foreign = ["channel", "username", "icon_emoji", "icon_url"];
            let foreign = foreign.into_iter().find(|key| request.payload.get(key).is_some());
            foreign.map_or(Ok(()), |key| Err(format!("{key}: not a webhook's")))
        }
        "/api/chat.postMessage" if key("ts") => Err("ts: not of a post".to_owned()),
        "/api/chat.postMessage" if key("channel") => Ok(()),
        "/api/chat.update" if key("channel") && key("ts") => Ok(()),
        path => Err(format!("{path}: no such method, or a key is missing")),
    }
}

impl Seen {
    /// Does what is asked for, and says so.
    fn approve(&mut self, request: &Request) -> Response {
        if request.path.starts_with("/services/") {
            return "ok".into_response();
        }
        if request.headers.get(header::AUTHORIZATION).is_none() {
            return not_ok("not_authed");
        }
        let channel = id_of(request.payload["channel"].as_str().unwrap_or_default());
        let done = match request.payload["ts"].as_str() {
            Some(ts) => self.edit(&channel, ts, &request.payload),
            None => self.post(&channel, &request.payload),
        };
        match done {
            Ok(ts) => json!({"ok": true, "channel": channel, "ts": ts}).to_string().into_response(),
            Err(code) => not_ok(code),
        }
    }

    fn post(&mut self, channel: &str, payload: &Value) -> Result<String, &'static str> {
        if let Some(root) = payload["thread_ts"].as_str() {
            // In no table of Slack's, but what it says: see bolt-js#2307.
            self.find(channel, root).ok_or("thread_not_found")?;
        }
        self.named += 1;
        let ts = format!("1503435956.{:06}", self.named);
        let mut payload = payload.clone();
        payload["channel"] = channel.into();
        self.standing.push(Standing { ts: ts.clone(), payload, edits: 0 });
        Ok(ts)
    }

    fn edit(&mut self, channel: &str, ts: &str, payload: &Value) -> Result<String, &'static str> {
        let message = self.find(channel, ts).ok_or("message_not_found")?;
        message.payload = payload.clone();
        message.edits += 1;
        Ok(message.ts.clone())
    }

    fn find(&mut self, channel: &str, ts: &str) -> Option<&mut Standing> {
        let is_there =
            |message: &&mut Standing| message.ts == ts && message.payload["channel"] == channel;
        self.standing.iter_mut().find(is_there)
    }
}

fn refusal(request: &Request, code: &'static str) -> Response {
    if request.path.starts_with("/services/") {
        return (StatusCode::BAD_REQUEST, code).into_response();
    }
    not_ok(code)
}

fn not_ok(code: &str) -> Response {
    json!({"ok": false, "error": code}).to_string().into_response()
}

const JSON: &str = "application/json; charset=utf-8";
