//! A tonic server: `.any_body()` wraps its bodies, and the bell reads `grpc-status` where gRPC puts it.
//!
//! `cargo run --no-default-features --example tonic`: the example calls itself, so that something
//! rings.

use std::pin::Pin;

use tokio_stream::{Stream, wrappers::TcpListenerStream};
use tonic::{
    Request, Response, Status,
    transport::{Endpoint, Server},
};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse,
    health_client::HealthClient,
    health_server::{Health, HealthServer},
};
use tower_bell::{Bell, context, transport::console::Console};

struct Ledger;

#[tonic::async_trait]
impl Health for Ledger {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        context::tag("asked for", &request.get_ref().service);
        match request.get_ref().service.as_str() {
            "books" => Err(Status::internal("the books do not balance")),
            "panic" => panic!("the ledger is on fire"),
            other => Err(Status::not_found(format!("no {other} here"))),
        }
    }

    type WatchStream = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

    async fn watch(
        &self,
        _: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        Err(Status::unimplemented("nothing to watch"))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bell = Bell::builder("ledger").channel("console", Console::new()).build()?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = Server::builder()
        .layer(bell.layer().any_body())
        .add_service(HealthServer::new(Ledger))
        .serve_with_incoming(TcpListenerStream::new(listener));
    tokio::spawn(server);

    let channel = Endpoint::from_shared(format!("http://{address}"))?.connect().await?;
    let mut client = HealthClient::new(channel);
    for service in ["books", "panic", "attic"] {
        let status =
            client.check(HealthCheckRequest { service: service.into() }).await.unwrap_err();
        println!("{service}: {:?} {}", status.code(), status.message());
    }
    println!("{:?}", bell.shutdown(std::time::Duration::from_secs(5)).await);
    Ok(())
}
