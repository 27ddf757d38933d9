//! Where the layer can stand: round a handler, in every form that there is, and nowhere.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::LazyLock,
    task::{Context, Poll},
};

use axum::{Router, error_handling::HandleError};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tower::{BoxError, Layer, Service};
use tower_bell::{Bell, BellLayer, PanicPolicy, transport::stub::Stub};

/// A bell that rings where nobody hears it.
pub(crate) fn bell() -> Bell {
    let bell = Bell::builder("shop-api").channel("#errors", Stub::new()).build();
    bell.expect("a thread for the bell")
}

/// The request's body as handlers see it.
pub(crate) type Payload = UnsyncBoxBody<Bytes, BoxError>;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    AxumBare,
    /// `Router::layer`.
    AxumLayer,
    AxumRoundTheRouter,
    AxumAnyBody,
    AxumAnyBodyRoundTheRouter,
    /// One bell in the router, another round it.
    AxumTwoBells,
    /// Bodies that the layer does not know.
    HyperBare,
    HyperLayer,
    HyperAnyBody,
    HyperTwoBells,
}

impl Place {
    /// Each bare one stands before those that are compared with it.
    pub(crate) const ALL: [Self; 10] = [
        Self::AxumBare,
        Self::AxumLayer,
        Self::AxumRoundTheRouter,
        Self::AxumAnyBody,
        Self::AxumAnyBodyRoundTheRouter,
        Self::AxumTwoBells,
        Self::HyperBare,
        Self::HyperLayer,
        Self::HyperAnyBody,
        Self::HyperTwoBells,
    ];

    pub(crate) fn is_bare(self) -> bool {
        matches!(self, Self::AxumBare | Self::HyperBare)
    }

    /// A server of `answer`, with the layer in this place.
    pub(crate) fn serve<F, Fut, R>(self, layer: &BellLayer, answer: F) -> Server
    where
        F: Fn(Request<Payload>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<Response<R>, BoxError>> + Send + 'static,
        R: Body<Data = Bytes, Error: Into<BoxError> + std::fmt::Display> + Send + 'static,
    {
        let handler = Handler(answer);
        let layer = layer.clone();
        let router = |handler| {
            let failed = async |_: BoxError| StatusCode::BAD_GATEWAY;
            Router::new().fallback_service(HandleError::new(handler, failed))
        };
        static OTHER: LazyLock<Bell> = LazyLock::new(bell);
        let other = OTHER.layer().panics(PanicPolicy::Resume);
        match self {
            Self::AxumBare => Server::new(router(handler)),
            Self::AxumLayer => Server::new(router(handler).layer(layer)),
            Self::AxumRoundTheRouter => Server::new(layer.layer(router(handler))),
            Self::AxumAnyBody => Server::new(router(handler).layer(layer.any_body())),
            Self::AxumAnyBodyRoundTheRouter => Server::new(layer.any_body().layer(router(handler))),
            Self::AxumTwoBells => Server::new(layer.layer(router(handler).layer(other))),
            Self::HyperBare => Server::new(handler),
            Self::HyperLayer => Server::new(layer.layer(handler)),
            Self::HyperAnyBody => Server::new(layer.any_body().layer(handler)),
            Self::HyperTwoBells => {
                Server::new(layer.any_body().layer(other.any_body().layer(handler)))
            }
        }
    }
}

/// The innermost service: takes a request with whatever body.
#[derive(Clone)]
struct Handler<F>(F);

impl<F, Fut, B, R> Service<Request<B>> for Handler<F>
where
    F: Fn(Request<Payload>) -> Fut,
    Fut: Future<Output = Result<Response<R>, BoxError>>,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response<R>;
    type Error = BoxError;
    type Future = Fut;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Fut {
        (self.0)(request.map(|body| body.map_err(Into::into).boxed_unsync()))
    }
}

/// A service on a port of this machine, over HTTP/1 and HTTP/2, as `axum::serve` has it.
pub(crate) struct Server(Box<dyn Fn(TcpStream) -> Serving>);

type Serving = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A connection to a server.
pub(crate) struct Line {
    pub(crate) client: TcpStream,
    /// Another handle of the server's end.
    pub(crate) server: std::net::TcpStream,
    pub(crate) served: JoinHandle<()>,
}

impl Server {
    pub(crate) fn new<S, R>(service: S) -> Self
    where
        S: Service<Request<Incoming>, Response = Response<R>> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: Into<BoxError>,
        R: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
    {
        Self(Box::new(move |stream| {
            let service = service.clone();
            Box::pin(async move {
                // Not `TowerToHyperService`: there a panic in `call` would become one of the future.
                let service = service_fn(move |request| service.clone().call(request));
                let mut server = auto::Builder::new(TokioExecutor::new());
                server.http2().enable_connect_protocol();
                let io = TokioIo::new(stream);
                // How it ended is for the client to see.
                let _ = server.serve_connection_with_upgrades(io, service).await;
            })
        }))
    }

    /// One connection to it.
    pub(crate) async fn connect(&self) -> Line {
        self.try_connect().await.expect("a connection on this machine")
    }

    async fn try_connect(&self) -> io::Result<Line> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let client = TcpStream::connect(listener.local_addr()?);
        let (client, (accepted, _)) = tokio::try_join!(client, listener.accept())?;
        // Small pieces are not held back, which would cost 40 ms each time.
        client.set_nodelay(true)?;
        accepted.set_nodelay(true)?;
        let accepted = accepted.into_std()?;
        let server = accepted.try_clone()?;
        let served = tokio::spawn((self.0)(TcpStream::from_std(accepted)?));
        Ok(Line { client, server, served })
    }
}
