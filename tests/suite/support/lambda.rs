//! The real functions under a stand-in for Lambda's Runtime API.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc, watch};

use super::{ACCOUNT, REGION, now};

/// How long an invocation may take: as the poller's time-out in the template.
const TIMEOUT_MS: i64 = 55_000;

/// How long a log line may take from the function's pipe to us.
const LINE_ARRIVES_WITHIN: Duration = Duration::from_secs(30);

/// The variables that template.yaml gives a function; `tests/template` holds them against it.
pub(crate) fn environment(function: &str) -> BTreeMap<String, String> {
    let all: BTreeMap<String, BTreeMap<String, String>> =
        serde_json::from_str(include_str!("../../support/environments.json")).unwrap();
    all[function].clone()
}

/// The function as `sam build` builds it, where `tests/run` has built it; else as cargo did.
fn binary(name: &str) -> PathBuf {
    match (std::env::var_os("AMIWATCH_TEST_FUNCTIONS"), name) {
        (Some(folder), name) => PathBuf::from(folder).join(name),
        (None, "poller") => env!("CARGO_BIN_EXE_poller").into(),
        #[cfg(feature = "webhook")]
        (None, "webhook") => env!("CARGO_BIN_EXE_webhook").into(),
        (None, name) => panic!("there is no function {name}"),
    }
}

struct Invocation {
    payload: String,
    deadline_ms: i64,
}

/// What Lambda calls the function.
fn arn() -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:amiwatch-poller")
}

struct Api {
    arn: String,
    waiting: Mutex<mpsc::Receiver<Invocation>>,
    answers: mpsc::Sender<Result<Value, Value>>,
}

/// The function, running.
pub(crate) struct Function {
    invocations: mpsc::Sender<Invocation>,
    answers: mpsc::Receiver<Result<Value, Value>>,
    log: watch::Receiver<String>,
    child: Child,
}

impl Function {
    /// Starts the function with these variables, and what Lambda itself sets, and nothing else.
    pub(crate) async fn start(name: &str, variables: &BTreeMap<String, String>) -> Self {
        Self::start_as(name, &arn(), variables).await
    }

    /// As a runtime starts it that calls it by another ARN.
    pub(crate) async fn start_as(
        name: &str,
        arn: &str,
        variables: &BTreeMap<String, String>,
    ) -> Self {
        let (invocations, waiting) = mpsc::channel(1);
        let (answers_in, answers) = mpsc::channel(1);
        let api = Arc::new(Api {
            arn: arn.to_owned(),
            waiting: Mutex::new(waiting),
            answers: answers_in,
        });
        let app = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .with_state(api);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        let mut child = Command::new(binary(name))
            .env_clear()
            .envs([
                ("AWS_LAMBDA_RUNTIME_API", address.to_string().as_str()),
                ("AWS_LAMBDA_FUNCTION_NAME", "amiwatch-poller"),
                ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
                ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/amiwatch-poller"),
                ("AWS_LAMBDA_LOG_STREAM_NAME", "stream"),
                ("AWS_REGION", REGION),
                ("AWS_ACCESS_KEY_ID", ACCOUNT),
                ("AWS_SECRET_ACCESS_KEY", "secret"),
                ("AWS_SESSION_TOKEN", "token"),
            ])
            .envs(variables)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .expect("the function starts");
        let (log_in, log) = watch::channel(String::new());
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                log_in.send_modify(|log| log.extend([line.as_str(), "\n"]));
            }
        });
        Self { invocations, answers, log, child }
    }

    /// Invokes the function and waits for its answer: a value, or the error it ended in.
    pub(crate) async fn invoke(&mut self, payload: &Value) -> Result<Value, Value> {
        let deadline_ms = now().as_millisecond() + TIMEOUT_MS;
        self.invoke_until(payload, deadline_ms).await
    }

    pub(crate) async fn invoke_until(
        &mut self,
        payload: &Value,
        deadline_ms: i64,
    ) -> Result<Value, Value> {
        let payload = payload.to_string();
        self.invocations.send(Invocation { payload, deadline_ms }).await.unwrap();
        tokio::select! {
            answer = self.answers.recv() => answer.expect("an answer"),
            status = self.child.wait() => panic!("the function ended with {status:?}: {}", *self.log.borrow()),
        }
    }

    /// Waits until the function ends by itself; whether it ended well.
    pub(crate) async fn end(&mut self) -> bool {
        self.child.wait().await.unwrap().success()
    }

    /// Kills the function, as a crash would.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// What the function logged, once these words are in it.
    pub(crate) async fn log_with(&self, words: &str) -> String {
        let mut log = self.log.clone();
        let arrived = log.wait_for(|log| log.contains(words));
        match tokio::time::timeout(LINE_ARRIVES_WITHIN, arrived).await {
            Ok(Ok(log)) => log.clone(),
            Ok(Err(_)) => panic!("the function ended without {words:?}: {}", *self.log.borrow()),
            Err(late) => panic!("no {words:?} in the log, {late}: {}", *self.log.borrow()),
        }
    }
}

async fn next(State(api): State<Arc<Api>>) -> impl IntoResponse {
    let Some(invocation) = api.waiting.lock().await.recv().await else {
        return (StatusCode::GONE, HeaderMap::new(), String::new());
    };
    let id = uuid::Uuid::new_v4().to_string();
    let arn = api.arn.clone();
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", invocation.deadline_ms.to_string()),
        ("lambda-runtime-invoked-function-arn", arn),
        ("lambda-runtime-trace-id", "Root=1-0-0".to_owned()),
    ] {
        headers.insert(name, value.parse().unwrap());
    }
    (StatusCode::OK, headers, invocation.payload)
}

async fn response(State(api): State<Arc<Api>>, Path(_): Path<String>, body: String) -> StatusCode {
    api.answers.send(Ok(serde_json::from_str(&body).unwrap())).await.unwrap();
    StatusCode::ACCEPTED
}

async fn error(State(api): State<Arc<Api>>, Path(_): Path<String>, body: String) -> StatusCode {
    api.answers.send(Err(serde_json::from_str(&body).unwrap())).await.unwrap();
    StatusCode::ACCEPTED
}
