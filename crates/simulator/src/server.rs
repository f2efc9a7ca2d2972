//! The HTTP server of the fakes, the query parameters of its requests, and the delays of its answers.

use crate::shop_year::random::Random;
use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A running fake server. Dropping this value stops the server.
pub(super) struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
    requests: Requests,
}

/// An HTTP request that a fake server has received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// How long the connection had been open.
    pub connected: Duration,
    /// The method, such as `POST`.
    pub method: String,
    /// The path of the URL.
    pub path: String,
}

type Requests = Arc<Mutex<Record>>;

#[derive(Debug, Default)]
struct Record {
    requests: Vec<HttpRequest>,
    /// The open connections, by the client's address, and when each was opened.
    opened: HashMap<SocketAddr, Instant>,
}

impl Server {
    /// Creates the state and the router, and serves the router on `listener`. The token that is passed to `state` is
    /// cancelled when the server stops: WebSockets need it because they outlive their request.
    pub(super) fn start<S>(
        listener: TcpListener,
        state: impl FnOnce(SocketAddr, CancellationToken) -> S,
        router: impl FnOnce(Arc<S>) -> Router,
    ) -> std::io::Result<(Self, Arc<S>)> {
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let state = Arc::new(state(address, stop.clone()));
        let requests = Requests::default();
        let accepted = requests.clone();
        let router = router(state.clone()).layer(from_fn_with_state(requests.clone(), record));
        let (service, stopping) = (router.into_make_service_with_connect_info::<SocketAddr>(), stop.clone());
        let task = tokio::spawn(async move {
            let listener = listener.tap_io(move |stream| {
                let _ = stream.set_nodelay(true);
                if let Ok(client) = stream.peer_addr() {
                    lock(&accepted).opened.insert(client, crate::clock::instant());
                }
            });
            let serving = axum::serve(listener, service);
            let _ = serving.with_graceful_shutdown(stopping.cancelled_owned()).await;
        });
        Ok((Self { address, stop, task, requests }, state))
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the first requests, at most [`MAX_REQUESTS`].
    pub(super) fn requests(&self) -> Vec<HttpRequest> {
        lock(&self.requests).requests.clone()
    }

    /// Cancels the token and closes the listener and the idle connections. Waits at most a second for requests in
    /// progress; longer ones continue until they have been answered. The port is free when this function returns.
    pub(super) async fn stop(mut self) {
        self.stop.cancel();
        if tokio::time::timeout(DRAIN, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
        self.task.abort();
    }
}

const DRAIN: Duration = Duration::from_secs(1);
/// The maximum number of requests that are recorded.
const MAX_REQUESTS: usize = 1_000;

fn lock(requests: &Requests) -> MutexGuard<'_, Record> {
    requests.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn record(
    State(requests): State<Requests>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    // A client may open a connection before it needs it.
    let is_warm_up = method == Method::HEAD && path == "/";
    {
        let mut record = lock(&requests);
        let connected = record.opened.get(&client).map(|opened| crate::clock::instant() - *opened).unwrap_or_default();
        if record.requests.len() < MAX_REQUESTS {
            record.requests.push(HttpRequest { connected, method: method.to_string(), path });
        }
    }
    if is_warm_up { StatusCode::NOT_FOUND.into_response() } else { next.run(request).await }
}

/// The query parameters of a URL, or the fields of a form, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parameters(pub(crate) Vec<(String, String)>);

impl Parameters {
    pub(crate) fn parse(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    pub(crate) fn of(uri: &Uri) -> Self {
        Self::parse(uri.query().unwrap_or_default())
    }

    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Returns the first value of a parameter; empty if it is missing.
    pub(crate) fn value(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    pub(crate) fn unknown(&self, known: &[&str]) -> Vec<String> {
        let unknown = self.0.iter().filter(|(name, _)| !known.contains(&name.as_str()));
        unknown.map(|(name, _)| format!("there is no parameter {name}")).collect()
    }
}

/// The spread of a delay that always equals its median. A spread is the 95th percentile as a multiple of the median.
pub(crate) const NO_SPREAD: f64 = 1.0;
/// The 95th percentile of the standard normal distribution.
const P95: f64 = 1.645;

/// Returns the delay of request `number`. The delays are log-normally distributed around `median`, and their 95th
/// percentile is `spread` times the median. The same number always gets the same delay.
pub(crate) fn delay(median: Duration, spread: f64, number: usize) -> Duration {
    let normal = normal(number as u64);
    median.mul_f64((spread.max(NO_SPREAD).ln() / P95 * normal).exp())
}

/// Returns a normally distributed number (Box-Muller). The same seed always gives the same number.
fn normal(seed: u64) -> f64 {
    let mut random = Random::new(seed);
    let mut uniform = || f64::from(u32::try_from(random.next() >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX);
    (-2.0 * uniform().max(f64::MIN_POSITIVE).ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_have_their_median_and_their_spread() {
        let median = Duration::from_millis(400);
        let mut delays: Vec<_> = (0..2_000).map(|number| delay(median, 2.0, number)).collect();
        delays.sort_unstable();
        let ms = |at: usize| delays[at].as_millis();
        assert!((360..440).contains(&ms(1_000)) && (720..880).contains(&ms(1_900)), "{} {}", ms(1_000), ms(1_900));
        assert_eq!(delay(median, NO_SPREAD, 7), median);
    }
}
