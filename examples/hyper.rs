//! hyper without axum: `.any_body()` watches bodies of any type.
//!
//! `cargo run --no-default-features --example hyper`, then `curl -d hello localhost:3000`

use std::{convert::Infallible, env};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tower::{Layer, service_fn};
use tower_bell::{Bell, BellBody, ResponseExt, transport::console::Console};

async fn handle(request: Request<BellBody<Incoming>>) -> Result<Response<Full<Bytes>>, Infallible> {
    let read = request.into_body().collect().await.map(|body| body.to_bytes().len());
    let answer = match read {
        Ok(length) => {
            Response::new(Full::from("no\n")).with_cause(format!("{length} bytes, none liked"))
        }
        Err(error) => Response::new(Full::from("no\n")).with_cause(error),
    };
    let (mut head, body) = answer.into_parts();
    head.status = http::StatusCode::INTERNAL_SERVER_ERROR;
    Ok(Response::from_parts(head, body))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bell = Bell::builder("hyper").channel("console", Console::new()).build()?;
    let service = bell.layer().any_body().layer(service_fn(handle));
    let port = env::var("PORT").unwrap_or_else(|_| "3000".into());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("listening on http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}
