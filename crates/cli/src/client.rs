//! How commands ask: over HTTP when an engine runs on the directory, else in this process.
//!
//! A running engine owns its directory and names its address in `engine.json` there. Without one the
//! directory is opened here and the same router answers. Invariant: both give the same JSON.

use crate::engine;
use crate::error::CliError;
use anyhow::{Context as _, anyhow};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use serde_json::Value;
use std::cell::RefCell;
use std::path::Path;
use std::time::{Duration, Instant};
use tower::ServiceExt as _;

/// Where a running engine says that it runs.
const ENGINE_FILE: &str = "engine.json";
/// The largest answer that is read: 256 MiB.
const ANSWER_BYTES_MAX: usize = 268_435_456;
/// An engine that starts or restores is asked again for so long.
const READY_WAIT: Duration = Duration::from_secs(60);
/// An audit reads everything there is.
const ANSWER_WAIT: Duration = Duration::from_secs(3_600);

/// A way to the engine's API.
pub enum Transport {
    /// A running engine.
    Http(HttpEngine),
    /// The directory, opened here.
    InProcess(Box<InProcess>),
}

/// A running engine.
pub struct HttpEngine {
    base: String,
    client: reqwest::blocking::Client,
}

/// A router called in this process.
pub struct InProcess {
    runtime: tokio::runtime::Runtime,
    router: RefCell<Router>,
}

impl Transport {
    /// The engine that runs on a directory, or else the directory itself.
    ///
    /// # Errors
    /// [`CliError::Broken`] when there is no such directory or it cannot be opened.
    pub fn open(data_dir: &Path) -> Result<Self, CliError> {
        if let Some(address) = running_engine(data_dir)? {
            return Self::http(&address);
        }
        if !data_dir.join("log").is_dir() && !data_dir.join("kafka.json").exists() {
            return Err(CliError::broken(format!(
                "there is no engine directory at `{}`: name it with --data-dir, or make one with \
                 `wattledger demo` or `wattledger run`",
                data_dir.display()
            )));
        }
        let router = engine::offline_router(data_dir)
            .with_context(|| format!("failed to open `{}`", data_dir.display()))?;
        Self::in_process(router)
    }

    /// A router, called in this process.
    ///
    /// # Errors
    /// [`CliError::Broken`] when no runtime can be had.
    pub fn in_process(router: Router) -> Result<Self, CliError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("failed to start a runtime")?;
        Ok(Self::InProcess(Box::new(InProcess {
            runtime,
            router: RefCell::new(router),
        })))
    }

    fn http(address: &str) -> Result<Self, CliError> {
        let client = client(ANSWER_WAIT)?;
        Ok(Self::Http(HttpEngine {
            base: format!("http://{address}"),
            client,
        }))
    }

    /// Whether an engine runs, so that more may come while we wait.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        matches!(self, Self::Http(_))
    }

    /// Asks.
    ///
    /// # Errors
    /// [`CliError::Refused`] when the engine refuses (4xx), [`CliError::Broken`] when it cannot answer.
    pub fn get(&self, path: &str) -> Result<Value, CliError> {
        self.call(Method::GET, path, None)
    }

    /// Hands something in.
    ///
    /// # Errors
    /// As [`Transport::get`].
    pub fn post(&self, path: &str, body: &Value) -> Result<Value, CliError> {
        self.call(Method::POST, path, Some(body))
    }

    fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, CliError> {
        let (status, bytes) = match self {
            Self::Http(engine) => engine.call(method, path, body)?,
            Self::InProcess(inside) => inside.call(method, path, body)?,
        };
        answer(path, status, &bytes)
    }
}

impl HttpEngine {
    fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(StatusCode, Vec<u8>), CliError> {
        let lost = || format!("failed to reach the engine at {}", self.base);
        let began = Instant::now();
        loop {
            let request = self
                .client
                .request(method.clone(), format!("{}{path}", self.base));
            let request = match body {
                Some(body) => request.json(body),
                None => request,
            };
            let response = request.send().with_context(lost)?;
            let status = response.status();
            let comes_back = response.headers().contains_key(header::RETRY_AFTER);
            if comes_back && status.is_server_error() && began.elapsed() < READY_WAIT {
                std::thread::sleep(Duration::from_millis(500));
                continue;
            }
            return Ok((status, response.bytes().with_context(lost)?.to_vec()));
        }
    }
}

impl InProcess {
    fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(StatusCode, Vec<u8>), CliError> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
            .with_context(|| format!("failed to ask for `{path}`"))?;
        let router = self.router.borrow().clone();
        self.runtime.block_on(async {
            let response = match router.oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            let status = response.status();
            let bytes = to_bytes(response.into_body(), ANSWER_BYTES_MAX)
                .await
                .with_context(|| format!("failed to read the answer to `{path}`"))?;
            Ok((status, bytes.to_vec()))
        })
    }
}

fn answer(path: &str, status: StatusCode, bytes: &[u8]) -> Result<Value, CliError> {
    let read: Result<Value, _> = serde_json::from_slice(bytes);
    if status.is_success() {
        return Ok(read.with_context(|| format!("the answer to `{path}` is not JSON"))?);
    }
    let error = read
        .ok()
        .map(|body| body["error"].clone())
        .unwrap_or_default();
    let mut sentence = match error["message"].as_str() {
        Some(message) => message.to_owned(),
        None => format!("the engine answered {status} to `{path}`"),
    };
    if let Some(field) = error["field"].as_str() {
        sentence = format!("{field}: {sentence}");
    }
    if let Some(index) = error["index"].as_u64() {
        sentence = format!("[{index}] {sentence}");
    }
    let is_refusal = status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS;
    Err(if is_refusal {
        CliError::refused(sentence)
    } else {
        CliError::broken(sentence)
    })
}

fn client(wait: Duration) -> Result<reqwest::blocking::Client, CliError> {
    let built = reqwest::blocking::Client::builder()
        .connect_timeout(Duration::from_secs(2))
        .timeout(wait)
        .no_proxy()
        .build();
    Ok(built.context("failed to make an HTTP client")?)
}

/// The address of the engine that runs on a directory; a file that one left behind counts as none.
///
/// # Errors
/// [`CliError::Broken`] when one is said to run and does not answer.
pub fn running_engine(data_dir: &Path) -> Result<Option<String>, CliError> {
    let file = data_dir.join(ENGINE_FILE);
    let Ok(text) = std::fs::read_to_string(&file) else {
        return Ok(None);
    };
    let Ok(stated) = serde_json::from_str::<Value>(&text) else {
        return Ok(None);
    };
    let Some(address) = stated["address"].as_str() else {
        return Ok(None);
    };
    let is_gone = stated["pid"].as_u64().is_some_and(|pid| {
        Path::new("/proc/self").exists() && !Path::new(&format!("/proc/{pid}")).exists()
    });
    if is_gone {
        return Ok(None);
    }
    let health = client(Duration::from_secs(10))?
        .get(format!("http://{address}/health"))
        .send();
    match health {
        Ok(_) => Ok(Some(address.to_owned())),
        Err(error) if error.is_connect() => Ok(None),
        Err(error) => Err(CliError::Broken(anyhow!(error).context(format!(
            "an engine is said to run at {address}, but does not answer"
        )))),
    }
}

/// A piece of a path or query, percent-encoded.
#[must_use]
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests;
