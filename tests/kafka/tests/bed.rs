//! The bed that other tests lie on: a broker that dies and comes back, a proxy that cuts the wire.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;
use wattledger_kafka_tests::{ApiKey, Broker, Fault, Proxy, Setup, of_checkout};
use wattledger_tests_live::eventually;

const FIND_COORDINATOR: ApiKey = ApiKey(10);
const API_VERSIONS: ApiKey = ApiKey(18);
/// Nothing on loopback takes longer; a test that waits for nothing waits this long.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection that speaks Kafka's protocol by hand.
struct Client(TcpStream);

impl Client {
    fn connect(address: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self(stream))
    }

    /// Sends a request (correlation id 7, client id "bed") and returns the answer behind its id.
    fn ask(&mut self, kind: ApiKey, version: i16, body: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut request = Vec::new();
        request.extend(kind.0.to_be_bytes());
        request.extend(version.to_be_bytes());
        request.extend(7_i32.to_be_bytes());
        request.extend(b"\x00\x03bed");
        request.extend(body);
        let size = u32::try_from(request.len()).expect("small");
        self.0.write_all(&size.to_be_bytes())?;
        self.0.write_all(&request)?;
        let mut size = [0; 4];
        self.0.read_exact(&mut size)?;
        let mut answer = vec![0; usize::try_from(u32::from_be_bytes(size)).expect("64 bits")];
        self.0.read_exact(&mut answer)?;
        Ok(answer.split_off(4))
    }

    fn versions(&mut self) -> std::io::Result<Vec<u8>> {
        self.ask(API_VERSIONS, 0, b"")
    }

    /// Where the broker says that transactions of this name are coordinated: the advertised port.
    fn coordinator_port(&mut self) -> std::io::Result<u32> {
        let answer = self.ask(FIND_COORDINATOR, 1, b"\x00\x03bed\x01")?;
        let port = answer.last_chunk().expect("an answer ends with the port");
        Ok(u32::from_be_bytes(*port))
    }
}

fn port(address: &str) -> u32 {
    let (_, port) = address.rsplit_once(':').expect("host:port");
    port.parse().expect("a number")
}

/// A broker behind a proxy.
fn behind_a_proxy() -> (Proxy, Broker) {
    let proxy = Proxy::listen();
    let broker = Broker::start_as(&Setup {
        proxied: Some(proxy.address().to_owned()),
        ..Setup::default()
    });
    proxy.forward_to(broker.proxied());
    (proxy, broker)
}

#[test]
fn a_broker_is_paused_killed_and_started_again_at_the_same_address() {
    let broker = Broker::start();
    let mut client = Client::connect(broker.bootstrap()).expect("it listens");
    client.versions().expect("it answers");
    assert!(broker.usage().cpu_ms > 0);

    broker.pause();
    let timeout = Some(Duration::from_millis(300));
    client.0.set_read_timeout(timeout).expect("a socket");
    client.versions().expect_err("a stopped process answered");
    broker.resume();
    let mut client = Client::connect(broker.bootstrap()).expect("it listens again");
    client.versions().expect("it answers again");

    broker.kill();
    client.versions().expect_err("a killed process answered");
    assert!(Client::connect(broker.bootstrap()).is_err());
    broker.restart();
    let mut client = Client::connect(broker.bootstrap()).expect("the same port");
    assert_eq!(
        client.coordinator_port().expect("it coordinates"),
        port(broker.bootstrap())
    );
}

#[test]
fn a_broker_ends_with_its_owner_and_its_folder_goes_along() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("kafka");
    let mut owner = Command::new("cat")
        .stdin(Stdio::piped())
        .spawn()
        .expect("cat runs");
    let started = Command::new(of_checkout("scripts/kafka.sh"))
        .args(["start", "--owner", &owner.id().to_string()])
        .arg(&folder)
        .output()
        .expect("the script runs");
    let printed = String::from_utf8_lossy(&started.stdout);
    let mut client = Client::connect(printed.trim()).expect("it listens");
    client.versions().expect("it answers");

    drop(owner.stdin.take());
    owner.wait().expect("cat ends with its input");
    eventually("the broker's end", || (!folder.exists()).then_some(()));
    client.versions().expect_err("its broker still answers");
}

#[test]
fn a_proxy_swallows_an_answer_loses_a_request_and_cuts_the_wire() {
    let (proxy, broker) = behind_a_proxy();
    let connect = || Client::connect(proxy.address()).expect("the proxy listens");

    let advertised = connect().coordinator_port().expect("an answer");
    assert_eq!(
        advertised,
        port(proxy.address()),
        "clients are led back to the proxy"
    );
    let mut direct = Client::connect(broker.bootstrap()).expect("the other listener");
    assert_eq!(
        direct.coordinator_port().expect("an answer"),
        port(broker.bootstrap())
    );

    for fault in [Fault::Unanswered, Fault::Undelivered] {
        let struck = proxy.struck();
        let mut client = connect();
        proxy.arm(FIND_COORDINATOR, fault);
        client.versions().expect("another kind passes");
        assert_eq!(proxy.struck(), struck);
        client
            .coordinator_port()
            .expect_err("the fault let it pass");
        assert_eq!(
            proxy.struck(),
            struck.saturating_add(1),
            "{fault:?} did not strike"
        );
        client.versions().expect_err("the connection was not cut");
        connect().coordinator_port().expect("a fault strikes once");
    }
    assert_eq!(proxy.requests(FIND_COORDINATOR), 5);

    let mut client = connect();
    client.versions().expect("an answer");
    proxy.cut();
    client.versions().expect_err("not cut");
    connect().versions().expect("new connections are welcome");
    proxy.part();
    connect().versions().expect_err("a parted wire answered");
    proxy.forward_to(broker.proxied());
    connect().versions().expect("mended");
}
