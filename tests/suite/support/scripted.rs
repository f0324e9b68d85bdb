//! A server that answers as a script says.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::post;
use tokio::net::TcpListener;

/// The answers that are left, each a status and a body, and the requests' bodies.
pub(crate) type Script = Arc<Mutex<(Vec<(u16, &'static str)>, Vec<String>)>>;

/// A server that answers the n-th request as the script says, and the last again and again.
pub(crate) async fn scripted(answers: Vec<(u16, &'static str)>) -> (String, Script) {
    async fn answer(State(script): State<Script>, body: String) -> impl IntoResponse {
        let mut script = script.lock().unwrap();
        script.1.push(body);
        let (status, body) = if script.0.len() > 1 { script.0.remove(0) } else { script.0[0] };
        (StatusCode::from_u16(status).unwrap(), body)
    }
    let script: Script = Arc::new(Mutex::new((answers, Vec::new())));
    let app = Router::new().route("/", post(answer)).with_state(Arc::clone(&script));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, script)
}
