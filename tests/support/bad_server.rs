//! A server on 127.0.0.1 that does not keep to HTTP.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

/// What happens to a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Conduct {
    /// Accepted and never read from.
    Ignore,
    /// Reset while the request is under way.
    Reset,
    /// These bytes are written, whatever the request is, and nothing after them.
    Blurt(&'static str),
    /// The request is read, these bytes are the answer, and the connection is closed.
    Say(&'static str),
    /// The request is read, these bytes are written, and nothing comes after them.
    SayAndHang(&'static str),
    /// The request is read; the answer has a body without end.
    Endless,
}

/// Listens until it is dropped. Connections are treated by the script; its last entry repeats.
pub(crate) struct BadServer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    connections: AtomicUsize,
    held: Mutex<Vec<TcpStream>>,
    stopped: AtomicBool,
}

impl BadServer {
    pub(crate) fn start(script: impl Into<Vec<Conduct>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared::default());
        let (script, worker) = (script.into(), Arc::clone(&shared));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if worker.stopped.load(Ordering::Acquire) {
                    break;
                }
                let at = worker.connections.fetch_add(1, Ordering::AcqRel);
                let conduct = script[at.min(script.len() - 1)];
                let worker = Arc::clone(&worker);
                thread::spawn(move || worker.serve(stream, conduct));
            }
        });
        Self { address, shared }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections came.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Acquire)
    }
}

impl Drop for BadServer {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Release);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    /// Errors are the client's going away.
    fn serve(&self, mut stream: TcpStream, conduct: Conduct) {
        match conduct {
            Conduct::Ignore => self.hold(stream),
            // Closing with something unread resets.
            Conduct::Reset => drop(stream.peek(&mut [0])),
            Conduct::Blurt(bytes) => {
                let _ = stream.peek(&mut [0]);
                let _ = stream.write_all(bytes.as_bytes());
                let _ = stream.shutdown(Shutdown::Write);
                self.hold(stream);
            }
            Conduct::Say(bytes) => {
                read_request(&mut stream);
                let _ = stream.write_all(bytes.as_bytes());
            }
            Conduct::SayAndHang(bytes) => {
                read_request(&mut stream);
                let _ = stream.write_all(bytes.as_bytes());
                self.hold(stream);
            }
            Conduct::Endless => {
                read_request(&mut stream);
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
                while stream.write_all(&[b'x'; 4096]).is_ok() {}
            }
        }
    }

    fn hold(&self, stream: TcpStream) {
        self.held.lock().expect("no panic").push(stream);
    }
}

/// Reads head and body of one request with a `content-length`.
fn read_request(stream: &mut TcpStream) {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    while !is_complete(&request) {
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return,
            Ok(read) => request.extend_from_slice(&piece[..read]),
        }
    }
}

fn is_complete(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())
    });
    request.len() >= head.len() + 4 + length.and_then(Result::ok).unwrap_or(0)
}
