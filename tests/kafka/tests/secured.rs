//! TLS and SASL as an operator sets them up, against a real broker that asks for both.
#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tempfile::TempDir;
use wattledger_kafka_tests::{Broker, Setup};
use wattledger_runtime::Outgoing;
use wattledger_runtime::log::kafka::{KafkaLog, KafkaSettings, TopicPlan};
use wattledger_runtime::log::{FetchLimit, Log, LogError, Visibility};
use wattledger_tests_live::eventually;

const PASSWORD: &str = "open sesame";

/// Makes a key and a certificate that vouches for itself.
fn certificate(folder: &Path, more: &[&str]) -> [PathBuf; 2] {
    let [key, certificate] = ["key", "certificate"].map(|name| folder.join(name));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt"])
        .args(["ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=broker"])
        .args(more)
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output();
    assert!(
        made.unwrap().status.success(),
        "openssl makes no certificate"
    );
    [key, certificate]
}

/// A broker whose second listener takes nobody without a name and a password, over TLS alone.
struct Guarded {
    broker: Broker,
    folder: TempDir,
}

impl Guarded {
    fn shared() -> &'static Self {
        static SHARED: OnceLock<Guarded> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [key, certificate] =
            certificate(folder.path(), &["-addext", "subjectAltName=IP:127.0.0.1"]);
        let both = [&key, &certificate].map(|path| std::fs::read_to_string(path).unwrap());
        let store = folder.path().join("store");
        std::fs::write(&store, both.concat()).unwrap();
        let plain = "org.apache.kafka.common.security.plain.PlainLoginModule required";
        let scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;";
        let settings = [
            "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PROXIED:SASL_SSL".to_owned(),
            "listener.name.proxied.ssl.keystore.type=PEM".to_owned(),
            format!("listener.name.proxied.ssl.keystore.location={}", store.display()),
            "listener.name.proxied.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512".to_owned(),
            format!("listener.name.proxied.plain.sasl.jaas.config={plain} user_engine=\"{PASSWORD}\";"),
            format!("listener.name.proxied.scram-sha-512.sasl.jaas.config={scram}"),
        ];
        let broker = Broker::start_as(&Setup {
            settings: settings.into(),
            proxied: Some("itself".to_owned()),
            users: vec![format!("engine={PASSWORD}")],
        });
        Self { broker, folder }
    }

    fn authority(&self) -> PathBuf {
        self.folder.path().join("certificate")
    }

    /// The log as by a properties file.
    fn open(
        &self,
        mechanism: &str,
        password: &str,
        authority: &Path,
    ) -> Result<KafkaLog, LogError> {
        let text = format!(
            "security.protocol=SASL_SSL\nsasl.mechanism={mechanism}\nsasl.username=engine\n\
             sasl.password={password}\nssl.ca.location={}\n",
            authority.display()
        );
        let settings = KafkaSettings::new(self.broker.proxied());
        KafkaLog::open(settings.with_properties(&text).unwrap())
    }
}

/// A transaction is committed and read back by whom the broker lets in.
fn check(mechanism: &str) {
    let guarded = Guarded::shared();
    let log = guarded
        .open(mechanism, PASSWORD, &guarded.authority())
        .unwrap();
    let topic: Arc<str> = format!("topic-{}", mechanism.to_lowercase()).into();
    let plan = TopicPlan {
        name: (*topic).into(),
        partitions: 1,
        settings: [("min.insync.replicas", "1".to_owned())].into(),
        groups: Vec::new(),
    };
    log.admin().unwrap().create(&[plan], 1).unwrap();
    let mut producer = log.producer("engine").unwrap();
    producer.begin().unwrap();
    producer
        .send(Outgoing::keyed(&topic, b"key".to_vec(), b"value".to_vec()))
        .unwrap();
    producer.commit().unwrap();
    let mut consumer = log.consumer(&topic, Visibility::Process).unwrap();
    let limit = FetchLimit {
        records: 10,
        bytes: 1 << 20,
    };
    let read = eventually("the record comes back", || {
        let mut records = Vec::new();
        consumer.wait(Duration::from_millis(50));
        consumer.fetch(0, 0, limit, &mut records).unwrap();
        records.pop()?.value
    });
    assert_eq!(read, b"value");
}

/// Who is not let in is told why.
fn check_refused(mechanism: &str, password: &str, authority: &Path, expect: &str) {
    let log = Guarded::shared()
        .open(mechanism, password, authority)
        .unwrap();
    let refused = log.partitions("topic-plain").unwrap_err().to_string();
    assert!(
        refused.to_lowercase().contains(expect),
        "{refused:?} says {expect:?}"
    );
}

#[test]
fn a_name_and_a_password_over_tls_open_the_log() {
    check("PLAIN");
    check("SCRAM-SHA-512");
}

#[test]
fn another_password_is_refused_and_named() {
    let authority = Guarded::shared().authority();
    check_refused("PLAIN", "guess", &authority, "authentication");
    check_refused("SCRAM-SHA-512", "guess", &authority, "authentication");
}

#[test]
fn a_broker_that_no_known_authority_vouches_for_is_refused() {
    let other = tempfile::tempdir().unwrap();
    let [_, authority] = certificate(other.path(), &[]);
    check_refused("PLAIN", PASSWORD, &authority, "certificate");
}
