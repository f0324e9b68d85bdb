//! The simulator as a server on a local port.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use futures_util::stream;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::admin;
use super::builder::{SimError, SimulatorBuilder};
use super::dispatch::Reply;
use super::request::Incoming;
use super::world::World;

/// More than any call of these APIs needs.
const MOST_BODY_BYTES: usize = 4 << 20;
/// How long open connections get to end on their own.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(2);

/// A running simulator. It stops when it is dropped.
#[derive(Debug)]
pub struct Simulator {
    addr: SocketAddr,
    world: Arc<World>,
    stop: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
}

impl Simulator {
    /// Starts to set one up.
    #[must_use]
    pub fn builder() -> SimulatorBuilder {
        SimulatorBuilder::default()
    }

    pub(crate) async fn start(listen: SocketAddr, world: World) -> Result<Self, SimError> {
        let failed = |source| SimError::Listen { addr: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let addr = listener.local_addr().map_err(failed)?;
        let world = Arc::new(world);
        let (stop, mut stopped) = watch::channel(false);
        let api = get(api).post(api);
        let app = admin::routes(Router::new().route("/", api)).with_state(Arc::clone(&world));
        let server = axum::serve(listener, app).with_graceful_shutdown(async move {
            // An error means that the simulator is gone, which is as good a reason to stop.
            let _ = stopped.wait_for(|stop| *stop).await;
        });
        let task = tokio::spawn(async move {
            // Ends only when told to: axum keeps accepting after every error.
            let _ = server.await;
        });
        Ok(Self { addr, world, stop, task: Some(task) })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The endpoint URL for an EC2 client.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// What it serves, to be looked at and changed while it runs.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Serves until `end` is there, such as Ctrl-C, and then shuts down.
    pub async fn wait_until_shutdown(self, end: impl Future<Output = ()>) {
        end.await;
        self.shutdown().await;
    }

    /// Takes no new connections, lets open calls end, and cuts them off after two seconds.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        if let Some(task) = self.task.take() {
            end(task).await;
        }
    }
}

impl std::ops::Deref for Simulator {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        let Some(task) = self.task.take() else { return };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(end(task))),
            Err(_) => task.abort(),
        }
    }
}

async fn end(mut task: JoinHandle<()>) {
    if tokio::time::timeout(SHUTDOWN_LIMIT, &mut task).await.is_err() {
        task.abort();
    }
}

async fn api(State(world): State<Arc<World>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MOST_BODY_BYTES).await else {
        return plain(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let reply = world.answer(Incoming::read(&parts, &body));
    if !reply.delay.is_zero() {
        tokio::time::sleep(reply.delay).await;
    }
    respond(reply)
}

fn respond(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let length = reply.body.len();
    let body = if reply.cut { cut(reply.body) } else { Body::from(reply.body) };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("text/xml;charset=UTF-8");
    headers.insert(header::CONTENT_TYPE, kind);
    // The announced length is what makes a cut answer a cut answer.
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    if let Ok(id) = HeaderValue::from_str(&reply.request_id) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}

/// Sends half of the body and then breaks the connection.
fn cut(mut body: Vec<u8>) -> Body {
    body.truncate(body.len() / 2);
    let half = Some(Bytes::from(body));
    Body::from_stream(stream::unfold((half, true), |(half, going_on)| async move {
        if let Some(half) = half {
            return Some((Ok(half), (None, true)));
        }
        // Gives the connection the turn that it needs to send what it has.
        tokio::task::yield_now().await;
        going_on.then(|| (Err(std::io::Error::other("cut by a fault rule")), (None, false)))
    }))
}

fn plain(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
