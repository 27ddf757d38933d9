//! Throughput over loopback sockets: bare, with an empty layer and with the bell, in turns, because
//! a machine is never quiet for long. Ratios to the bare app of the same round, with their spread.
//!
//! ```text
//! cargo bench --bench loopback          7 rounds of a second each
//! cargo bench --bench loopback -- 21    more of them
//! ```
//!
//! One thread serves and one asks, over 64 connections that stay open. It needs two idle cores.

use std::{
    collections::HashMap,
    env, fs, io,
    net::SocketAddr,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use support::{
    apps::{App, Around},
    headers::HEADERS,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime,
    sync::oneshot,
    task::JoinSet,
};
use tower::make::Shared;

mod support {
    pub(crate) mod apps;
    pub(crate) mod headers;
}

const CONNECTIONS: usize = 64;
const ROUND: Duration = Duration::from_secs(1);
const ROUNDS: usize = 7;

fn main() -> io::Result<()> {
    let args: Vec<_> = env::args().skip(1).collect();
    // Cargo leaves it out in `cargo test`.
    if !args.iter().any(|arg| arg == "--bench") {
        return Ok(());
    }
    let rounds = args.iter().find_map(|arg| arg.parse().ok()).unwrap_or(ROUNDS);
    println!("{rounds} rounds: median (least to most)");
    compare("/ok", rounds)?;
    compare("/status", rounds)
}

fn compare(path: &str, rounds: usize) -> io::Result<()> {
    println!("\n| GET {path} | of bare's requests per second | added CPU, µs per request |");
    println!("|---|---:|---:|");
    let (mut throughput, mut cpu) = (HashMap::new(), HashMap::new());
    for _ in 0..rounds {
        let mut bare = None;
        for around in Around::ALL {
            let measured = measure(App::new(*around), path)?;
            let bare: &Measured = bare.get_or_insert(measured);
            let ratio = measured.per_second / bare.per_second;
            throughput.entry(around).or_insert_with(Vec::new).push(ratio);
            cpu.entry(around).or_insert_with(Vec::new).push(measured.cpu - bare.cpu);
        }
    }
    for around in Around::ALL {
        println!("| {around:?} | {} | {} |", spread(&throughput[around]), spread(&cpu[around]));
    }
    Ok(())
}

fn spread(values: &[f64]) -> String {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let (least, middle, most) = (values[0], values[values.len() / 2], values[values.len() - 1]);
    format!("{middle:.3} ({least:.3} to {most:.3})")
}

#[derive(Clone, Copy)]
struct Measured {
    per_second: f64,
    /// Microseconds of the serving thread per request.
    cpu: f64,
}

fn measure(app: App, path: &str) -> io::Result<Measured> {
    let (address, addresses) = mpsc::channel();
    let (stop, stopped) = oneshot::channel();
    let server = thread::spawn(move || serve(app, &address, stopped));
    let address = addresses.recv().map_err(io::Error::other)?;
    let started = Instant::now();
    let answers = single_threaded()?.block_on(ask(address, path))?;
    let per_second = answers as f64 / started.elapsed().as_secs_f64();
    // The server may be gone already; then joining it says why.
    let _ = stop.send(());
    let cpu = server.join().map_err(|_| io::Error::other("the server panicked"))??;
    Ok(Measured { per_second, cpu: cpu / answers as f64 })
}

/// Gives the CPU time that it took, in microseconds.
fn serve(
    app: App,
    address: &mpsc::Sender<SocketAddr>,
    stopped: oneshot::Receiver<()>,
) -> io::Result<f64> {
    single_threaded()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        address.send(listener.local_addr()?).map_err(io::Error::other)?;
        tokio::select! {
            served = async {
                match app {
                    App::Router(router) => axum::serve(listener, Shared::new(router)).await,
                    App::Whole(service) => axum::serve(listener, Shared::new(service)).await,
                }
            } => served?,
            _ = stopped => {}
        }
        cpu_time()
    })
}

/// Of this thread, in microseconds.
fn cpu_time() -> io::Result<f64> {
    let stat = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds = stat.split(' ').next().and_then(|n| n.parse::<f64>().ok());
    nanoseconds.map(|n| n / 1_000.0).ok_or_else(|| io::Error::other("no schedstat"))
}

/// Asks on all connections for one round. Gives how many answers there were.
async fn ask(address: SocketAddr, path: &str) -> io::Result<u64> {
    let mut asking = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let request = format!("GET {path} HTTP/1.1\r\n{HEADERS}\r\n");
        asking.spawn(ask_again_and_again(TcpStream::connect(address).await?, request));
    }
    asking.join_all().await.into_iter().sum()
}

async fn ask_again_and_again(mut stream: TcpStream, request: String) -> io::Result<u64> {
    stream.set_nodelay(true)?;
    stream.write_all(request.as_bytes()).await?;
    // The first answer comes in one piece, and the others are as long.
    let mut answer = [0; 1024];
    let length = stream.read(&mut answer).await?;
    let (mut answers, started) = (1, Instant::now());
    while started.elapsed() < ROUND {
        stream.write_all(request.as_bytes()).await?;
        stream.read_exact(&mut answer[..length]).await?;
        answers += 1;
    }
    Ok(answers)
}

fn single_threaded() -> io::Result<runtime::Runtime> {
    runtime::Builder::new_current_thread().enable_all().build()
}
