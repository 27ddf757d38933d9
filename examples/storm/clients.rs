//! Clients that ask over real connections.

use std::{net::SocketAddr, sync::Arc};

use tokio::task::JoinSet;

use crate::BoxError;

const CLIENTS: usize = 20;

/// Asks for all paths, about in their order, by several clients at once. Gives how many requests
/// failed.
pub(crate) async fn get(address: SocketAddr, paths: Arc<[String]>) -> Result<u64, BoxError> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let mut clients = JoinSet::new();
    for first in 0..CLIENTS {
        let (client, paths) = (client.clone(), Arc::clone(&paths));
        clients.spawn(async move {
            let mut failed = 0;
            for path in paths.iter().skip(first).step_by(CLIENTS) {
                let answer = client.get(format!("http://{address}{path}")).send().await?;
                failed += u64::from(answer.status().is_server_error());
                answer.bytes().await?;
            }
            Ok::<u64, BoxError>(failed)
        });
    }
    let mut failed = 0;
    while let Some(client) = clients.join_next().await {
        failed += client??;
    }
    Ok(failed)
}
