//! Random requests, and random handlers that answer them.

use std::{
    collections::VecDeque,
    future::Future,
    panic::resume_unwind,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use h2::Reason;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Version, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use proptest::{collection::vec, prelude::*, sample::select};
use tokio::task::yield_now;
use tower::BoxError;
use tower_bell::{BellLayer, PanicPolicy};

use super::places::{Payload, Place, Server};

/// One case.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) asked: Asked,
    reads: Reads,
    /// How often the handler yields before it does what it does.
    yields: u8,
    outcome: Outcome,
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    method: Method,
    headers: Vec<Header>,
    payload: Option<Posted>,
}

#[derive(Clone, Debug)]
struct Posted {
    bytes: usize,
    /// In chunks of at most so many bytes; else with a content-length.
    chunks: Option<usize>,
    trailers: bool,
}

/// What the handler does with the payload.
#[derive(Clone, Debug)]
enum Reads {
    /// Reads all of it, and answers how much it was.
    All,
    /// Reads at least so many bytes, and drops the rest.
    Part(usize),
    Nothing,
}

#[derive(Clone, Debug)]
enum Outcome {
    Answer(Answer),
    Error(Option<Reason>),
    PanicInCall,
    PanicInFuture,
}

#[derive(Clone, Debug)]
struct Answer {
    status: u16,
    headers: Vec<Header>,
    length: Length,
    /// Says that it is at its end before it is asked for a further frame.
    eager: bool,
    steps: Vec<Step>,
    last: Last,
}

type Header = (&'static str, &'static [u8]);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Length {
    /// `size_hint` is exact.
    Exact,
    /// Only the head has it.
    InHead,
    Unknown,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Yield,
    Data(usize),
}

#[derive(Clone, Copy, Debug)]
enum Last {
    End,
    Trailers,
    /// This many of the bytes that were promised never come.
    Error(Option<Reason>, usize),
    Panic(usize),
}

#[derive(Debug, thiserror::Error)]
#[error("the handler broke")]
struct Broken(#[source] Option<h2::Error>);

impl Plan {
    /// A server of the handler. `seen` says how many bytes of the answer the client saw, plus one.
    pub(crate) fn serve(
        self: &Arc<Self>,
        place: Place,
        layer: &BellLayer,
        seen: Arc<AtomicUsize>,
    ) -> Server {
        let plan = Arc::clone(self);
        place.serve(layer, move |request| Self::answer(plan.clone(), seen.clone(), request))
    }

    fn answer(
        plan: Arc<Self>,
        seen: Arc<AtomicUsize>,
        request: Request<Payload>,
    ) -> impl Future<Output = Result<Response<Script>, BoxError>> + Send {
        if matches!(plan.outcome, Outcome::PanicInCall) {
            panic_quietly();
        }
        async move {
            for _ in 0..plan.yields {
                yield_now().await;
            }
            let (head, payload) = request.into_parts();
            let read = plan.reads.read(payload).await?;
            match &plan.outcome {
                Outcome::Answer(answer) => {
                    let mut response = answer.response(seen);
                    response.headers_mut().insert("x-read", read.try_into()?);
                    // hyper leaves it to the handler not to send a body then.
                    if head.method == Method::HEAD && head.version == Version::HTTP_2 {
                        *response.body_mut() = Script::default();
                    }
                    Ok(response)
                }
                Outcome::Error(reason) => Err(Broken::new(*reason).into()),
                Outcome::PanicInCall | Outcome::PanicInFuture => panic_quietly(),
            }
        }
    }
}

impl Reads {
    /// Gives how much it was, where that does not depend on how the payload came in pieces.
    async fn read(&self, mut payload: Payload) -> Result<String, BoxError> {
        let enough = match self {
            Self::All => usize::MAX,
            Self::Part(bytes) => *bytes,
            Self::Nothing => return Ok("nothing".into()),
        };
        let (mut read, mut trailers) = (Vec::new(), None);
        while read.len() < enough {
            let Some(frame) = payload.frame().await else { break };
            match frame?.into_data() {
                Ok(data) => read.extend_from_slice(&data),
                Err(frame) => trailers = frame.into_trailers().ok(),
            }
        }
        if matches!(self, Self::Part(_)) {
            return Ok("a part".into());
        }
        let as_sent = read == filler(read.len());
        Ok(format!("{} bytes, as sent: {as_sent}, trailers: {trailers:?}", read.len()))
    }
}

impl Answer {
    fn response(&self, seen: Arc<AtomicUsize>) -> Response<Script> {
        let script = Script {
            steps: self.steps.iter().copied().collect(),
            last: Some(self.last),
            exact: self.length == Length::Exact,
            eager: self.eager,
            sent: 0,
            seen,
        };
        let length = script.promised();
        let mut response = Response::new(script);
        *response.status_mut() = self.status.try_into().expect("a status");
        *response.headers_mut() = header_map(&self.headers);
        if self.length == Length::InHead {
            response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
        }
        response
    }
}

/// The body of an answer.
#[derive(Default)]
pub(crate) struct Script {
    steps: VecDeque<Step>,
    last: Option<Last>,
    exact: bool,
    eager: bool,
    sent: usize,
    seen: Arc<AtomicUsize>,
}

impl Script {
    /// Bytes that are said to come.
    fn promised(&self) -> u64 {
        let missing = match self.last {
            Some(Last::Error(_, missing) | Last::Panic(missing)) => missing,
            _ => 0,
        };
        let data = self.steps.iter().map(|step| match step {
            Step::Data(bytes) => *bytes,
            Step::Yield => 0,
        });
        (data.sum::<usize>() + missing) as u64
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        match this.steps.pop_front() {
            Some(Step::Yield) => {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Some(Step::Data(bytes)) => {
                this.sent += bytes;
                return Poll::Ready(Some(Ok(Frame::data(filler(bytes).into()))));
            }
            None => {}
        }
        // A reset overtakes what HTTP/2 still has in its queue: how much the client sees would be a
        // matter of time, if it had not seen everything before.
        let breaks = matches!(this.last, Some(Last::Error(..) | Last::Panic(_)));
        if breaks && this.seen.load(Relaxed) <= this.sent {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(match this.last.take() {
            None | Some(Last::End) => None,
            Some(Last::Trailers) => Some(Ok(Frame::trailers(header_map(TRAILERS)))),
            Some(Last::Error(reason, _)) => Some(Err(Broken::new(reason).into())),
            Some(Last::Panic(_)) => panic_quietly(),
        })
    }

    fn is_end_stream(&self) -> bool {
        let nothing_follows = matches!(self.last, None | Some(Last::End));
        self.eager && self.steps.is_empty() && nothing_follows
    }

    fn size_hint(&self) -> SizeHint {
        if self.exact { SizeHint::with_exact(self.promised()) } else { SizeHint::default() }
    }
}

impl Broken {
    fn new(reason: Option<Reason>) -> Self {
        Self(reason.map(Into::into))
    }
}

/// Past the hook, which would print a backtrace for each of some hundred panics.
fn panic_quietly() -> ! {
    resume_unwind(Box::new("the handler panicked"))
}

impl Asked {
    /// All the bytes of the request.
    pub(crate) fn as_http1(&self) -> Vec<u8> {
        let mut request = format!("{} {TARGET} HTTP/1.1\r\n", self.method).into_bytes();
        let mut line = |name: &str, value: &[u8]| {
            request.extend_from_slice(name.as_bytes());
            request.extend_from_slice(&[b": ", value, b"\r\n"].concat());
        };
        line("host", b"shop.example.com");
        line("connection", b"close, te");
        line("te", b"trailers");
        self.headers.iter().for_each(|(name, value)| line(name, value));
        match &self.payload {
            None => {}
            Some(Posted { chunks: Some(_), .. }) => line("transfer-encoding", b"chunked"),
            Some(posted) => line("content-length", posted.bytes.to_string().as_bytes()),
        }
        request.extend_from_slice(b"\r\n");
        if let Some(posted) = &self.payload {
            posted.write_http1(&mut request);
        }
        request
    }

    /// The head, the payload and the trailers.
    pub(crate) fn as_http2(&self) -> (Request<()>, Bytes, Option<HeaderMap>) {
        let mut request = Request::new(());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = format!("http://shop.example.com{TARGET}").parse().expect("a URI");
        *request.headers_mut() = header_map(&self.headers);
        request.headers_mut().insert(header::TE, HeaderValue::from_static("trailers"));
        let Some(posted) = &self.payload else { return (request, Bytes::new(), None) };
        if posted.chunks.is_none() {
            request.headers_mut().insert(header::CONTENT_LENGTH, posted.bytes.into());
        }
        let trailers = posted.trailers.then(|| header_map(TRAILERS));
        (request, filler(posted.bytes).into(), trailers)
    }
}

impl Posted {
    fn write_http1(&self, to: &mut Vec<u8>) {
        let payload = filler(self.bytes);
        let Some(chunks) = self.chunks else { return to.extend_from_slice(&payload) };
        for chunk in payload.chunks(chunks) {
            to.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            to.extend_from_slice(&[chunk, b"\r\n"].concat());
        }
        to.extend_from_slice(b"0\r\n");
        if self.trailers {
            for (name, value) in TRAILERS {
                to.extend_from_slice(&[name.as_bytes(), b": ", value, b"\r\n"].concat());
            }
        }
        to.extend_from_slice(b"\r\n");
    }
}

fn filler(bytes: usize) -> Vec<u8> {
    b"charge failed: card declined; ".iter().copied().cycle().take(bytes).collect()
}

fn header_map(headers: &[Header]) -> HeaderMap {
    let parsed = headers.iter().map(|(name, value)| {
        let value = HeaderValue::from_bytes(value).expect("a header value");
        (HeaderName::from_static(name), value)
    });
    let mut map = HeaderMap::new();
    for (name, value) in parsed {
        map.append(name, value);
    }
    map
}

pub(crate) fn plan() -> impl Strategy<Value = Plan> {
    (asked(), reads(), 0..3_u8, outcome()).prop_map(|(asked, reads, yields, outcome)| Plan {
        asked,
        reads,
        yields,
        outcome,
    })
}

fn asked() -> impl Strategy<Value = Asked> {
    let without = (select(vec![Method::GET, Method::HEAD]), Just(None));
    let with = (Just(Method::POST), posted().prop_map(Some));
    let headers = vec(select(REQUEST_HEADERS), 0..4);
    (prop_oneof![without, with], headers).prop_map(|((method, payload), headers)| Asked {
        method,
        headers,
        payload,
    })
}

fn posted() -> impl Strategy<Value = Posted> {
    let chunks = prop_oneof![Just(None), (100..9_000_usize).prop_map(Some)];
    (bytes(), chunks, any::<bool>()).prop_map(|(bytes, chunks, trailers)| Posted {
        bytes,
        // HTTP/1 has trailers only after chunks.
        trailers: trailers && chunks.is_some(),
        chunks,
    })
}

fn reads() -> impl Strategy<Value = Reads> {
    prop_oneof![
        2 => Just(Reads::All),
        1 => (1..2_000_usize).prop_map(Reads::Part),
        1 => Just(Reads::Nothing),
    ]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        8 => answer().prop_map(Outcome::Answer),
        1 => reason().prop_map(Outcome::Error),
        1 => Just(Outcome::PanicInCall),
        1 => Just(Outcome::PanicInFuture),
    ]
}

fn answer() -> impl Strategy<Value = Answer> {
    let length = select(vec![Length::Exact, Length::InHead, Length::Unknown]);
    let step = prop_oneof![Just(Step::Yield), bytes().prop_map(Step::Data)];
    let headers = vec(select(RESPONSE_HEADERS), 0..5);
    (select(STATUSES), headers, length, any::<bool>(), vec(step, 0..7), last()).prop_map(
        |(status, headers, length, eager, steps, last)| Answer {
            status,
            headers,
            length,
            eager,
            steps,
            last,
        },
    )
}

fn last() -> impl Strategy<Value = Last> {
    let missing = prop_oneof![Just(0), 1..100_usize];
    prop_oneof![
        2 => Just(Last::End),
        1 => Just(Last::Trailers),
        1 => (reason(), missing.clone()).prop_map(|(reason, missing)| Last::Error(reason, missing)),
        1 => missing.prop_map(Last::Panic),
    ]
}

/// Nothing, a little, about what is kept of a text, and enough for several writes; never more than
/// a socket takes at once.
fn bytes() -> impl Strategy<Value = usize> {
    prop_oneof![Just(0), 1..200_usize, 2_000..2_100_usize, 4_000..8_000_usize]
}

/// What an error says to HTTP/2, if it says something.
fn reason() -> impl Strategy<Value = Option<Reason>> {
    let reasons = vec![Reason::CANCEL, Reason::REFUSED_STREAM, Reason::ENHANCE_YOUR_CALM];
    prop_oneof![Just(None), select(reasons).prop_map(Some)]
}

const TARGET: &str = "/orders/7?plan=pro";
const STATUSES: &[u16] = &[200, 200, 200, 201, 204, 304, 404, 408, 500, 500, 501, 503];
const TRAILERS: &[Header] = &[("x-sum", b"7"), ("grpc-status", b"13")];
const REQUEST_HEADERS: &[Header] = &[
    ("content-type", b"application/json"),
    ("content-type", b"application/grpc"),
    ("authorization", b"Bearer 123"),
    ("x-tenant", b"caf\xe9"),
    ("accept", b"text/html"),
    ("accept", b"application/json"),
];
const RESPONSE_HEADERS: &[Header] = &[
    ("content-type", b"text/plain"),
    ("content-type", b"application/json"),
    ("content-type", b"application/grpc"),
    ("content-type", b"text/event-stream"),
    ("content-encoding", b"gzip"),
    ("grpc-status", b"2"),
    ("retry-after", b"30"),
    ("set-cookie", b"a=1"),
    ("set-cookie", b"b=2"),
    ("trailer", b"x-sum, grpc-status"),
    ("x-request-id", b"7f3a9c1e"),
    ("x-note", b"caf\xe9"),
];

/// Otherwise the property might compare nothing with nothing.
#[tokio::test]
async fn the_clients_see_frames_trailers_and_how_it_ended() {
    use super::{client::End, over_http1, over_http2, places::bell};

    let steps = vec![Step::Data(5), Step::Yield, Step::Data(3), Step::Yield];
    let case = |length, last| {
        let posted = Posted { bytes: 300, chunks: Some(200), trailers: true };
        let answer = Answer {
            status: 500,
            headers: vec![("trailer", b"x-sum"), ("x-note", b"caf\xe9")],
            length,
            eager: false,
            steps: steps.clone(),
            last,
        };
        let asked = Asked { method: Method::POST, headers: Vec::new(), payload: Some(posted) };
        Arc::new(Plan { asked, reads: Reads::All, yields: 1, outcome: Outcome::Answer(answer) })
    };
    let calm = Reason::ENHANCE_YOUR_CALM;
    for place in Place::ALL {
        let layer = bell().layer().panics(PanicPolicy::Resume);
        let whole = case(Length::Unknown, Last::Trailers);
        let seen = over_http1(&whole, |seen| whole.serve(place, &layer, seen)).await;
        let read = r#"x-read: 300 bytes, as sent: true, trailers: Some({"x-sum": "7""#;
        assert!(seen.contains(&read.replace('"', r#"\""#)), "{place:?}: {seen}");
        assert!(seen.ends_with(r"5\r\ncharg\r\n3\r\ncha\r\n0\r\nx-sum: 7\r\n\r\n"), "{seen}");
        let seen = over_http2(&whole, |seen| whole.serve(place, &layer, seen)).await;
        assert_eq!((&seen.data[..], seen.end), (&b"chargcha"[..], End::Clean));
        assert_eq!(seen.trailers, Some(header_map(TRAILERS)));

        let broken = case(Length::Exact, Last::Error(Some(calm), 2));
        let seen = over_http1(&broken, |seen| broken.serve(place, &layer, seen)).await;
        assert!(seen.contains("content-length: 10") && seen.ends_with(r"\nchargcha"), "{seen}");
        let seen = over_http2(&broken, |seen| broken.serve(place, &layer, seen)).await;
        assert_eq!((&seen.data[..], seen.end), (&b"chargcha"[..], End::Reset(calm)));

        let panicked = case(Length::Unknown, Last::Panic(0));
        let seen = over_http2(&panicked, |seen| panicked.serve(place, &layer, seen)).await;
        assert_eq!((&seen.data[..], seen.end), (&b"chargcha"[..], End::Reset(Reason::CANCEL)));
    }
}
