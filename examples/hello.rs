//! One line rings the bell. `cargo run --example hello`, then `curl -i localhost:3000/fail`.

use axum::{Router, routing::get};
use tower_bell::{Bell, ServerError};

async fn fail() -> Result<String, ServerError> {
    Ok(std::fs::read_to_string("/no/such/file")?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bell = Bell::from_env("hello")?;
    let app = Router::new().route("/fail", get(fail)).layer(bell.layer());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, app).await?;
    Ok(())
}
