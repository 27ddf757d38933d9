//! The clients: they look at everything that a client can see.

use std::{future::Future, net::Shutdown, time::Duration};

use bytes::{BufMut, Bytes, BytesMut};
use h2::{Reason, RecvStream, client::SendRequest};
use http::{HeaderMap, Method, Request, StatusCode, header};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::places::{Line, Server};

/// Fails instead of hanging where the layer swallowed something that the client waits for.
pub(crate) async fn in_time<F: Future>(exchange: F) -> F::Output {
    let limit = Duration::from_secs(60);
    tokio::time::timeout(limit, exchange).await.expect("somebody waits for something for ever")
}

/// Sends these bytes and gives all that comes back, with the date hidden.
///
/// Nothing of it depends on timing: hyper makes one chunk of each frame, and flushes exactly when
/// the body says `Pending`.
pub(crate) async fn http1(server: &Server, request: &[u8]) -> String {
    let Line { mut client, server, served } = server.connect().await;
    let mut seen = Vec::new();
    let talk = async {
        // The server may have hung up already.
        let _ = client.write_all(request).await;
        client.read_to_end(&mut seen).await
    };
    let hang_up = async {
        let _ = served.await;
        // Closed hard with unread payload, the socket would be reset, and the answer with it.
        server.shutdown(Shutdown::Write)
    };
    let (read, _) = tokio::join!(talk, hang_up);
    read.expect("read up to the end");
    without_date(&seen)
}

/// What comes up to and with `end`.
pub(crate) async fn read_until(client: &mut TcpStream, end: &str) -> String {
    let mut seen = Vec::new();
    while !seen.ends_with(end.as_bytes()) {
        let read = client.read_buf(&mut (&mut seen).limit(1)).await.expect("read");
        assert_ne!(read, 0, "no {end:?} after {}", seen.escape_ascii());
    }
    String::from_utf8(seen).expect("a text")
}

/// Readable, and compared as exactly as the bytes would be.
fn without_date(seen: &[u8]) -> String {
    let seen = seen.escape_ascii().to_string();
    // Several answers may come over one connection.
    let mut answers = seen.split(r"\r\ndate: ");
    let mut hidden = answers.next().unwrap_or_default().to_owned();
    for dated in answers {
        let (_, after) = dated.split_once(r"\r\n").expect("a whole line");
        hidden.extend([r"\r\ndate: -\r\n", after]);
    }
    hidden
}

/// What a client sees of one stream.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Sight {
    pub(crate) head: Option<(StatusCode, HeaderMap)>,
    pub(crate) data: BytesMut,
    pub(crate) trailers: Option<HeaderMap>,
    pub(crate) end: End,
}

#[derive(Debug, Default, PartialEq)]
pub(crate) enum End {
    #[default]
    Clean,
    Reset(Reason),
    /// The whole connection broke.
    Lost,
}

/// Sends a request and gives all that comes back, with the date hidden; `seen` is told, from the
/// head on, how many bytes of the body came, plus one.
pub(crate) async fn http2(
    server: &Server,
    head: Request<()>,
    payload: Bytes,
    trailers: Option<HeaderMap>,
    seen: impl Fn(usize),
) -> Sight {
    let mut sight = Sight::default();
    let is_head = *head.method() == Method::HEAD;
    let mut client = handshake(server).await;
    let empty = payload.is_empty() && trailers.is_none();
    let sent = client.send_request(head, empty).and_then(|(answer, mut stream)| {
        if !payload.is_empty() {
            stream.send_data(payload, trailers.is_none())?;
        }
        if let Some(trailers) = trailers {
            stream.send_trailers(trailers)?;
        }
        Ok(answer)
    });
    let answer = match sent {
        Ok(answer) => answer.await,
        Err(error) => Err(error),
    };
    let ended = match answer {
        Ok(answer) => {
            let (mut head, body) = answer.into_parts();
            head.headers.remove(header::DATE);
            sight.head = Some((head.status, head.headers));
            seen(if is_head { usize::MAX } else { 1 });
            read(body, &mut sight, seen).await
        }
        Err(error) => Err(error),
    };
    sight.end = ended.map_or_else(|error| End::of(&error), |()| End::Clean);
    sight
}

async fn read(
    mut body: RecvStream,
    sight: &mut Sight,
    seen: impl Fn(usize),
) -> Result<(), h2::Error> {
    while let Some(data) = body.data().await {
        let data = data?;
        body.flow_control().release_capacity(data.len())?;
        sight.data.extend_from_slice(&data);
        seen(1 + sight.data.len());
    }
    sight.trailers = body.trailers().await?;
    Ok(())
}

/// What comes up to the end of a body that ends well.
pub(crate) async fn rest(body: RecvStream) -> BytesMut {
    let mut sight = Sight::default();
    read(body, &mut sight, |_| ()).await.expect("a good end");
    sight.data
}

/// An HTTP/2 client of this server.
pub(crate) async fn handshake(server: &Server) -> SendRequest<Bytes> {
    let Line { client, .. } = server.connect().await;
    let (client, connection) = h2::client::handshake(client).await.expect("a handshake");
    tokio::spawn(connection);
    client.ready().await.expect("a connection that is ready")
}

impl End {
    fn of(error: &h2::Error) -> Self {
        match error.reason() {
            // The server did not want the rest of the payload; whether that comes before the end of
            // the answer was looked at is a matter of time.
            Some(Reason::NO_ERROR) => Self::Clean,
            Some(reason) => Self::Reset(reason),
            None => Self::Lost,
        }
    }
}
