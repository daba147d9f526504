//! The router, and serving it on a socket.

use crate::backend::Backend;
use crate::code::Code;
use crate::fault::Fault;
use crate::guard::{self, BODY_BYTES_MAX, BODY_WITHIN};
use crate::{ingest, query};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, Uri, header};
use axum::middleware;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};

/// How long a connection may take to say what it wants, and may stay without a request.
const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// No more connections at once; more wait to be accepted.
const CONNECTIONS_MAX: usize = 1_024;
/// The largest piece of a request that is buffered before it is understood.
const BUFFER_BYTES_MAX: usize = 65_536;
/// How long requests under way may take to end once the server is told to stop.
const GRACE: Duration = Duration::from_secs(3);

/// Every route, over a backend.
pub fn router(backend: Arc<dyn Backend>) -> Router {
    router_within(backend, BODY_WITHIN)
}

/// The same, with another patience for bodies.
pub(crate) fn router_within(backend: Arc<dyn Backend>, within: Duration) -> Router {
    Router::new()
        .route("/", get(index))
        .route("/health", get(query::health))
        .route("/v1/health", get(query::health))
        .route("/v1/status", get(query::status))
        .route("/metrics", get(query::metrics))
        .route("/v1/events", post(ingest::events))
        .route("/v1/events/{source}/{id}", get(query::event))
        .route("/v1/webhooks/{processor}", post(ingest::webhook))
        .route("/v1/reference", post(ingest::reference))
        .route("/v1/reference/{kind}", get(query::reference))
        .route("/v1/reference/{kind}/{id}", get(query::reference))
        .route("/v1/sessions", get(query::sessions))
        .route("/v1/sessions/{id}", get(query::session))
        .route("/v1/sessions/{id}/price", get(query::price))
        .route("/v1/invoices", get(query::invoices))
        .route("/v1/invoices/{number}", get(query::invoice))
        .route("/v1/reports/{report}", get(query::report))
        .route("/v1/journal", get(query::journal))
        .route("/v1/totals", get(query::totals))
        .route("/v1/review", get(query::review))
        .route("/v1/review/{session}", get(query::review_case))
        .route("/v1/review/{session}/decisions", post(ingest::decision))
        .route("/v1/rerate", post(ingest::rerate))
        .route("/v1/dead-letters", get(query::letters))
        .route("/v1/dead-letters/redrive", post(ingest::redrive))
        .route(
            "/v1/dead-letters/{topic}/{partition}/{offset}",
            get(query::letter),
        )
        .route("/v1/parked", get(query::parked))
        .route("/v1/parked/release", post(ingest::release))
        .route("/v1/parked/skip", post(ingest::skip))
        .route("/v1/topics/{topic}", get(query::records))
        .route("/v1/audit", post(query::audit))
        .fallback(unknown)
        .layer(middleware::from_fn_with_state(within, guard::bounded))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::map_response(explained))
        .with_state(backend)
}

/// Gives refusals of the framework (too large, wrong method, no text) the body of every refusal.
async fn explained(response: Response) -> Response {
    let (code, message) = match response.status() {
        StatusCode::PAYLOAD_TOO_LARGE => (
            Code::TooLarge,
            "the body has more than 1 MiB: send less at once",
        ),
        StatusCode::METHOD_NOT_ALLOWED => (
            Code::Method,
            "this path is not asked that way; `/` lists what is there",
        ),
        StatusCode::BAD_REQUEST => (
            Code::Request,
            "the path, query or body cannot be read: is it whole, and UTF-8?",
        ),
        _ => return response,
    };
    let explained_already = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|media| media == "application/json");
    if explained_already {
        return response;
    }
    let mut explained = Fault::new(code, message).into_response();
    for name in [header::ALLOW, header::CONNECTION] {
        if let Some(value) = response.headers().get(&name) {
            explained.headers_mut().insert(name, value.clone());
        }
    }
    explained
}

async fn unknown(uri: Uri) -> Response {
    let message = format!(
        "there is nothing at `{}`; `/` lists what is there",
        uri.path()
    );
    Fault::new(Code::Path, message).into_response()
}

async fn index() -> Html<&'static str> {
    Html(include_str!("index.html"))
}

/// A served router; it ends when it is dropped or told to stop.
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    /// Binds and serves on threads of its own.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn start(address: SocketAddr, router: Router) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let listener = runtime.block_on(TcpListener::bind(address))?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new()
            .name("api".to_owned())
            .spawn(move || {
                runtime.block_on(serve(listener, router, stopped));
                runtime.shutdown_timeout(Duration::from_secs(2));
            })?;
        Ok(Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Accepts connections until told to stop; requests under way may end then, within [`GRACE`].
async fn serve(listener: TcpListener, router: Router, mut stopped: oneshot::Receiver<()>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let ending = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(BUFFER_BYTES_MAX);
    loop {
        let accepted = async {
            let place = Arc::clone(&room).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            accepted = accepted => accepted,
            _ = &mut stopped => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of file descriptors, mostly: they come back as connections end.
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let service = TowerToHyperService::new(router.clone());
        let connection = http.serve_connection(TokioIo::new(stream), service);
        let connection = ending.watch(connection);
        tokio::spawn(async move {
            // What ends badly is the other side's affair.
            let _ = connection.await;
            drop(place);
        });
    }
    let _ = tokio::time::timeout(GRACE, ending.shutdown()).await;
}
