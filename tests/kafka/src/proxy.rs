//! A TCP proxy between a Kafka client and a broker that knows where requests and answers begin.
//!
//! Invariant: what is not struck by a fault passes unchanged and in order; a fault strikes one
//! request once.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Kafka's number of a kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiKey(pub i16);

impl ApiKey {
    /// Records to partitions.
    pub const PRODUCE: Self = Self(0);
    /// Records from partitions.
    pub const FETCH: Self = Self(1);
    /// A sign of life of a group member.
    pub const HEARTBEAT: Self = Self(12);
    /// A producer's id and epoch.
    pub const INIT_PRODUCER_ID: Self = Self(22);
    /// The commit or abort of a transaction.
    pub const END_TXN: Self = Self(26);
    /// Group offsets of a transaction.
    pub const TXN_OFFSET_COMMIT: Self = Self(28);
}

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The broker does not get it; the connection is cut.
    Undelivered,
    /// The broker gets it and answers; the client gets no answer, the connection is cut.
    Unanswered,
}

/// A listening proxy; it ends with its value.
#[derive(Debug)]
pub struct Proxy {
    address: String,
    wire: Arc<Mutex<Wire>>,
}

/// What the threads share.
#[derive(Debug, Default)]
struct Wire {
    /// Where new connections lead; `None` refuses them.
    upstream: Option<String>,
    /// Both ends of each open connection, by number.
    open: BTreeMap<u64, (TcpStream, TcpStream)>,
    opened: u64,
    /// Faults that wait for their request, in order per kind.
    armed: Vec<(ApiKey, Fault)>,
    struck: usize,
    requests: BTreeMap<ApiKey, usize>,
    ended: bool,
}

impl Proxy {
    /// Listens on a free loopback port; it leads nowhere yet, see [`Self::forward_to`].
    ///
    /// # Panics
    /// When there is no port.
    #[must_use]
    pub fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let wire = Arc::new(Mutex::new(Wire::default()));
        let accepting = Arc::clone(&wire);
        thread::spawn(move || accept(&listener, &accepting));
        Self { address, wire }
    }

    /// `host:port` for clients; what the broker's second listener must tell them too.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Leads new connections to `upstream`, `host:port`.
    pub fn forward_to(&self, upstream: &str) {
        locked(&self.wire).upstream = Some(upstream.to_owned());
    }

    /// Cuts every open connection; new ones are welcome.
    pub fn cut(&self) {
        let open = std::mem::take(&mut locked(&self.wire).open);
        open.values().for_each(sever);
    }

    /// Cuts every open connection and refuses new ones until [`Self::forward_to`].
    pub fn part(&self) {
        locked(&self.wire).upstream = None;
        self.cut();
    }

    /// Lets `fault` strike the next request of this kind that no earlier one is waiting for.
    pub fn arm(&self, kind: ApiKey, fault: Fault) {
        locked(&self.wire).armed.push((kind, fault));
    }

    /// How many armed faults have struck.
    #[must_use]
    pub fn struck(&self) -> usize {
        locked(&self.wire).struck
    }

    /// How many requests of this kind came, whatever became of them.
    #[must_use]
    pub fn requests(&self, kind: ApiKey) -> usize {
        locked(&self.wire).requests.get(&kind).copied().unwrap_or(0)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        locked(&self.wire).ended = true;
        self.part();
        // Wakes the accepting thread, which then sees that it has ended.
        let _ = TcpStream::connect(&self.address);
    }
}

fn locked(wire: &Mutex<Wire>) -> MutexGuard<'_, Wire> {
    wire.lock().unwrap_or_else(PoisonError::into_inner)
}

fn sever(ends: &(TcpStream, TcpStream)) {
    // Either may be closed already.
    let _ = ends.0.shutdown(Shutdown::Both);
    let _ = ends.1.shutdown(Shutdown::Both);
}

fn accept(listener: &TcpListener, wire: &Arc<Mutex<Wire>>) {
    for client in listener.incoming().map_while(Result::ok) {
        if locked(wire).ended {
            return;
        }
        let upstream = locked(wire).upstream.clone();
        let Some(broker) = upstream.and_then(|address| TcpStream::connect(address).ok()) else {
            continue;
        };
        // A client that left at once has no connection to prove.
        let _ = connect(client, broker, wire);
    }
}

/// Starts the two threads of a connection.
fn connect(client: TcpStream, broker: TcpStream, wire: &Arc<Mutex<Wire>>) -> std::io::Result<()> {
    client.set_nodelay(true)?;
    broker.set_nodelay(true)?;
    let number = {
        let mut wire = locked(wire);
        wire.opened = wire.opened.saturating_add(1);
        let number = wire.opened;
        wire.open
            .insert(number, (client.try_clone()?, broker.try_clone()?));
        number
    };
    // Requests whose answers are swallowed, by correlation id.
    let doomed = Arc::new(Mutex::new(Vec::new()));
    let requests = Pump {
        from: client.try_clone()?,
        to: broker.try_clone()?,
        number,
        wire: Arc::clone(wire),
        doomed: Arc::clone(&doomed),
    };
    let answers = Pump {
        from: broker,
        to: client,
        number,
        wire: Arc::clone(wire),
        doomed,
    };
    thread::spawn(move || requests.run(Pump::admits_request));
    thread::spawn(move || answers.run(Pump::admits_answer));
    Ok(())
}

/// One direction of a connection.
struct Pump {
    from: TcpStream,
    to: TcpStream,
    number: u64,
    wire: Arc<Mutex<Wire>>,
    doomed: Arc<Mutex<Vec<[u8; 4]>>>,
}

impl Pump {
    /// Moves whole frames until either end closes or one is not admitted, then cuts both ends.
    fn run(mut self, admits: fn(&Self, &[u8]) -> bool) {
        while let Ok(frame) = self.frame() {
            if !admits(&self, &frame) || self.to.write_all(&frame).is_err() {
                break;
            }
        }
        let ends = locked(&self.wire).open.remove(&self.number);
        if let Some(ends) = ends {
            sever(&ends);
        }
    }

    /// The next frame with its 4 bytes of size.
    fn frame(&mut self) -> std::io::Result<Vec<u8>> {
        let mut size = [0; 4];
        self.from.read_exact(&mut size)?;
        let length = u64::from(u32::from_be_bytes(size));
        let mut frame = size.to_vec();
        let read = (&mut self.from).take(length).read_to_end(&mut frame)?;
        if u64::try_from(read) == Ok(length) {
            Ok(frame)
        } else {
            Err(std::io::ErrorKind::UnexpectedEof.into())
        }
    }

    /// A request is size, api key (2), version (2), correlation id (4), …
    fn admits_request(&self, frame: &[u8]) -> bool {
        let (Some(&[high, low]), Some(&correlation)) = (
            frame.get(4..6).and_then(<[u8]>::first_chunk),
            frame.get(8..12).and_then(<[u8]>::first_chunk),
        ) else {
            return false;
        };
        let kind = ApiKey(i16::from_be_bytes([high, low]));
        let mut wire = locked(&self.wire);
        let seen = wire.requests.entry(kind).or_insert(0);
        *seen = seen.saturating_add(1);
        let Some(place) = wire.armed.iter().position(|(armed, _)| *armed == kind) else {
            return true;
        };
        let (_, fault) = wire.armed.remove(place);
        match fault {
            Fault::Undelivered => {
                wire.struck = wire.struck.saturating_add(1);
                false
            }
            Fault::Unanswered => {
                let mut doomed = self.doomed.lock().unwrap_or_else(PoisonError::into_inner);
                doomed.push(correlation);
                true
            }
        }
    }

    /// An answer is size, correlation id (4), …
    fn admits_answer(&self, frame: &[u8]) -> bool {
        let Some(correlation) = frame.get(4..8).and_then(<[u8]>::first_chunk::<4>) else {
            return false;
        };
        let doomed = self.doomed.lock().unwrap_or_else(PoisonError::into_inner);
        if !doomed.contains(correlation) {
            return true;
        }
        let mut wire = locked(&self.wire);
        wire.struck = wire.struck.saturating_add(1);
        false
    }
}
