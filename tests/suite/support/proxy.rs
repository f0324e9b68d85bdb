//! A proxy between a client and a local AWS: it counts requests, spoils some, and can hold one back.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use fastrand::Rng;
use futures_util::stream;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Which request is held back for good, counted from 1, and whether it is forwarded before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hold {
    pub(crate) request: u64,
    pub(crate) forwarded: bool,
}

#[derive(Debug)]
struct Plan {
    rng: Rng,
    fault_percent: u32,
    hold: Option<Hold>,
    requests: u64,
    /// What was done, by the operation's name and the fault.
    counts: BTreeMap<String, u64>,
}

/// The plan of several proxies, and what they saw.
#[derive(Debug, Clone)]
pub(crate) struct Control {
    plan: Arc<Mutex<Plan>>,
    held: watch::Sender<bool>,
}

impl Control {
    pub(crate) fn new(seed: u64) -> Self {
        let plan = Plan {
            rng: Rng::with_seed(seed),
            fault_percent: 0,
            hold: None,
            requests: 0,
            counts: BTreeMap::new(),
        };
        Self { plan: Arc::new(Mutex::new(plan)), held: watch::Sender::new(false) }
    }

    /// Of a hundred requests so many are spoilt from now on.
    pub(crate) fn spoil(&self, percent: u32) {
        self.plan.lock().unwrap().fault_percent = percent;
    }

    /// Counts anew, and holds a request back.
    pub(crate) fn hold(&self, hold: Option<Hold>) {
        let mut plan = self.plan.lock().unwrap();
        plan.requests = 0;
        plan.hold = hold;
        plan.counts.clear();
        self.held.send_replace(false);
    }

    /// Waits until a request is held back.
    pub(crate) async fn held(&self) {
        self.held.subscribe().wait_for(|held| *held).await.unwrap();
    }

    pub(crate) fn counts(&self) -> BTreeMap<String, u64> {
        self.plan.lock().unwrap().counts.clone()
    }

    /// Starts a proxy in front of a URL and returns its own.
    pub(crate) async fn in_front_of(&self, url: &str) -> String {
        let upstream = url.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(pass).with_state(Arc::new((self.clone(), upstream)));
        tokio::spawn(async move { axum::serve(listener, app).await });
        own
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    InternalError,
    Throttled,
    /// The connection breaks before anything is done.
    CutBefore,
    /// All is done, and the connection breaks in the middle of the answer.
    CutAfter,
    /// All is done, and the answer comes after the caller has given up.
    Slow,
    /// `BatchGetItem` leaves all keys out.
    Unprocessed,
}

async fn pass(State(state): State<Arc<(Control, String)>>, request: Request) -> Response {
    let (control, upstream) = &*state;
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 4 << 20).await.unwrap();
    let name = operation(&parts.headers, &body);
    let (fault, hold) = {
        let mut plan = control.plan.lock().unwrap();
        plan.requests += 1;
        let befallen = plan.rng.u32(..100) < plan.fault_percent;
        let fault = befallen.then(|| {
            let fault = match plan.rng.u32(..20) {
                0..5 => Fault::InternalError,
                5..10 => Fault::Throttled,
                10..13 => Fault::CutBefore,
                13..18 => Fault::CutAfter,
                _ => Fault::Slow,
            };
            if name == "BatchGetItem" && plan.rng.bool() { Fault::Unprocessed } else { fault }
        });
        let hold = plan.hold.filter(|hold| hold.request == plan.requests);
        let counted = match fault {
            Some(fault) => format!("{name} {fault:?}"),
            None => name.clone(),
        };
        if hold.is_none_or(|hold| hold.forwarded) {
            *plan.counts.entry(counted).or_default() += 1;
        }
        (fault, hold)
    };
    if let Some(hold) = hold {
        if hold.forwarded {
            forward(upstream, &parts, &body).await;
        }
        control.held.send_replace(true);
        std::future::pending::<()>().await;
    }
    match fault {
        None => forward(upstream, &parts, &body).await,
        Some(Fault::InternalError) => refusal(500, "InternalServerError"),
        Some(Fault::Throttled) => refusal(400, "ThrottlingException"),
        Some(Fault::CutBefore) => cut(Response::new(Body::from("{\"a cut\": 1}")), 12).await,
        Some(Fault::CutAfter) => cut(forward(upstream, &parts, &body).await, 0).await,
        Some(Fault::Slow) => {
            let answer = forward(upstream, &parts, &body).await;
            tokio::time::sleep(Duration::from_millis(400)).await;
            answer
        }
        Some(Fault::Unprocessed) => {
            let asked: Value = serde_json::from_slice(&body).unwrap();
            let answer = json!({ "Responses": {}, "UnprocessedKeys": asked["RequestItems"] });
            Response::new(Body::from(answer.to_string()))
        }
    }
}

/// The operation's name, of JSON and of query protocols.
fn operation(headers: &axum::http::HeaderMap, body: &Bytes) -> String {
    if let Some(target) = headers.get("x-amz-target").and_then(|target| target.to_str().ok()) {
        return target.rsplit('.').next().unwrap_or_default().to_owned();
    }
    let text = String::from_utf8_lossy(body);
    let action = text.split('&').find_map(|pair| pair.strip_prefix("Action="));
    action.unwrap_or("unknown").to_owned()
}

fn refusal(status: u16, code: &str) -> Response {
    let body = json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}") });
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

/// Sends less than was announced.
async fn cut(response: Response, announced: u64) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = to_bytes(body, 16 << 20).await.unwrap();
    let length = announced.max(whole.len() as u64);
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    let half = whole.slice(..whole.len() / 2);
    let body = Body::from_stream(stream::unfold(Some(half), |half| async move {
        tokio::task::yield_now().await;
        half.map(|half| (Ok(half), None)).or(Some((Err(std::io::Error::other("cut")), None)))
    }));
    Response::from_parts(parts, body)
}

/// Does the request upstream.
async fn forward(upstream: &str, parts: &axum::http::request::Parts, body: &Bytes) -> Response {
    let mut text = format!("{} {} HTTP/1.1\r\n", parts.method, parts.uri);
    for (name, value) in &parts.headers {
        if name != header::CONNECTION && name != header::CONTENT_LENGTH {
            let _ = write!(text, "{name}: {}\r\n", value.to_str().unwrap());
        }
    }
    let _ = write!(text, "connection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    let mut stream = TcpStream::connect(upstream).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a whole head");
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse::<u16>().unwrap();
    let mut response = Response::new(Body::from(answer[end + 4..].to_vec()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let name = header::HeaderName::from_bytes(name.as_bytes()).unwrap();
        if ![header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING].contains(&name)
        {
            response.headers_mut().insert(name, value.trim().parse().unwrap());
        }
    }
    response
}
