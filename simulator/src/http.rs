//! The EC2 API and the admin surface over HTTP.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use futures_util::stream;

use crate::admin;
use crate::dispatch::{Reply, answer};
use crate::request::Incoming;
use crate::world::World;

/// More than any call of these APIs needs.
const MOST_BODY_BYTES: usize = 4 << 20;

/// Everything that a simulator serves.
pub(crate) fn app(world: Arc<World>) -> Router {
    let router = Router::new().route("/", get(api).post(api));
    admin::routes(router).with_state(world)
}

async fn api(State(world): State<Arc<World>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MOST_BODY_BYTES).await else {
        return plain(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let reply = answer(&world, Incoming::read(&parts, &body));
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
