//! A server that behaves like Slack's or Teams' webhooks: it answers as told, and keeps what it took.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

/// One answer.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// `ok` to a message for Slack, an empty body to one for Teams.
    Yes,
    /// Status and body.
    With(u16, &'static str),
    /// HTTP 429 with `Retry-After` in seconds.
    SlowDown(u64),
    /// An answer that comes when nobody waits any more.
    Slow,
}

/// The yes of the app that the message is for.
pub(crate) const TAKEN: Reply = Reply::Yes;

#[derive(Debug, Default)]
struct Inner {
    /// The next answers; after them all is taken.
    replies: Vec<Reply>,
    /// All posts, whatever was answered.
    posts: Vec<Value>,
    /// The posts that were answered with a yes.
    taken: Vec<Value>,
}

/// The server.
#[derive(Debug, Clone)]
pub(crate) struct ChatApp {
    inner: Arc<Mutex<Inner>>,
    pub(crate) url: String,
}

impl ChatApp {
    /// Answers so, one after the other, and then takes everything.
    pub(crate) async fn answering(replies: &[Reply]) -> Self {
        let inner = Arc::new(Mutex::new(Inner { replies: replies.to_vec(), ..Inner::default() }));
        let app = Router::new()
            .route("/services/T0/B0/SECRET", post(receive))
            .with_state(Arc::clone(&inner));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/services/T0/B0/SECRET", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { inner, url }
    }

    pub(crate) fn posts(&self) -> Vec<Value> {
        self.inner.lock().unwrap().posts.clone()
    }

    pub(crate) fn taken(&self) -> Vec<Value> {
        self.inner.lock().unwrap().taken.clone()
    }
}

async fn receive(
    State(inner): State<Arc<Mutex<Inner>>>,
    headers: HeaderMap,
    body: String,
) -> Response {
    assert_eq!(headers[header::CONTENT_TYPE], "application/json; charset=utf-8");
    let message: Value = serde_json::from_str(&body).unwrap();
    let reply = {
        let mut inner = inner.lock().unwrap();
        inner.posts.push(message.clone());
        if inner.replies.is_empty() { TAKEN } else { inner.replies.remove(0) }
    };
    match reply {
        Reply::Yes => {
            let for_teams = message["type"] == "message";
            inner.lock().unwrap().taken.push(message);
            if for_teams { StatusCode::ACCEPTED.into_response() } else { "ok".into_response() }
        }
        Reply::With(status, body) => (StatusCode::from_u16(status).unwrap(), body).into_response(),
        Reply::SlowDown(seconds) => {
            let after = [(header::RETRY_AFTER, seconds.to_string())];
            (StatusCode::TOO_MANY_REQUESTS, after, "rate_limited").into_response()
        }
        Reply::Slow => {
            tokio::time::sleep(Duration::from_secs(3_600)).await;
            StatusCode::OK.into_response()
        }
    }
}

/// A server that cuts every connection in the middle of its answer's head, `times` times; then it
/// hands connections on to the app.
pub(crate) async fn cutting(app: &ChatApp, times: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap();
    let (_, rest) = app.url.split_once("//").unwrap();
    let (address, path) = rest.split_once('/').unwrap();
    let (address, path) = (address.to_owned(), path.to_owned());
    tokio::spawn(async move {
        for n in 0.. {
            let Ok((mut near, _)) = listener.accept().await else { return };
            if n < times {
                let mut some = [0; 64];
                drop(near.read(&mut some).await);
                drop(tokio::io::AsyncWriteExt::write_all(&mut near, b"HTTP/1.1 20").await);
                continue;
            }
            let address = address.clone();
            tokio::spawn(async move {
                let mut far = tokio::net::TcpStream::connect(address).await.unwrap();
                drop(tokio::io::copy_bidirectional(&mut near, &mut far).await);
            });
        }
    });
    format!("http://{own}/{path}")
}
