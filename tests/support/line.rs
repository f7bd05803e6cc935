//! The way to a server, which can be cut and mended: a port of our own that leads to the server's.
//! Refuses to look at what goes through.

use super::Peer;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::net::TcpSocket;

/// While it is cut nobody listens there.
pub(crate) struct Line {
    here: SocketAddr,
    /// Nobody else is given the port meanwhile.
    _kept: TcpSocket,
    there: String,
    end: Arc<AtomicBool>,
    open: Arc<Mutex<Vec<TcpStream>>>,
    taken: Arc<AtomicUsize>,
}

/// A port of 127.0.0.1 at which nobody listens, and that nobody else is given while the socket is kept.
pub(crate) fn nobody() -> (SocketAddr, TcpSocket) {
    let socket = TcpSocket::new_v4().expect("a socket");
    // A listener can bind there as well.
    socket.set_reuseaddr(true).expect("a shared port");
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a port");
    (socket.local_addr().expect("its number"), socket)
}

impl Line {
    /// To this server.
    pub(crate) fn to(peer: &Peer) -> Line {
        let (here, kept) = nobody();
        let line = Line {
            here,
            _kept: kept,
            there: peer.address(),
            end: Arc::default(),
            open: Arc::default(),
            taken: Arc::default(),
        };
        line.listen(TcpListener::bind(here).expect("the port that is kept"));
        line
    }

    /// Where it begins.
    pub(crate) fn address(&self) -> String {
        self.here.to_string()
    }

    /// Connections that it took so far.
    pub(crate) fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// Breaks what is open, and takes nothing more.
    pub(crate) fn cut(&self) {
        self.end.store(true, Ordering::Relaxed);
        // Wakes whoever waits for a connection.
        drop(TcpStream::connect(self.here));
        while TcpStream::connect(self.here).is_ok() {
            std::thread::yield_now();
        }
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Leads there again.
    pub(crate) fn mend(&mut self) {
        self.end = Arc::default();
        self.listen(TcpListener::bind(self.here).expect("the same port"));
    }

    fn listen(&self, listener: TcpListener) {
        let (there, end) = (self.there.clone(), self.end.clone());
        let (open, taken) = (self.open.clone(), self.taken.clone());
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                if end.load(Ordering::Relaxed) {
                    return;
                }
                taken.fetch_add(1, Ordering::Relaxed);
                let Ok(far) = TcpStream::connect(&there) else { continue };
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    std::thread::spawn(move || pump(from, to));
                }
                open.lock().unwrap().extend([near, far]);
            }
        });
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 16_384];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
