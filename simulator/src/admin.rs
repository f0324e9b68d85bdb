//! The admin surface: what a test in any language needs to steer a running simulator.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use axum::routing::{delete, get, post, put};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::faults::FaultId;
use crate::place::DEFAULT_ACCOUNT;
use crate::room::TaskId;
use crate::scenario::{
    Account, AccountSpec, FaultSpec, PlaceSpec, Problem, Span, check_percent, check_words,
    from_yaml,
};
use crate::status::TaskStatus;
use crate::world::World;

type Shared = State<Arc<World>>;

/// Room for a scenario of some ten thousand tasks.
const MOST_BODY_BYTES: usize = 16 << 20;

/// Adds its routes, all of them under `/_sim/`.
pub(crate) fn routes(router: Router<Arc<World>>) -> Router<Arc<World>> {
    router
        .route("/_sim/clock", get(clock))
        .route("/_sim/advance", post(advance))
        .route("/_sim/accounts", post(set_account))
        .route("/_sim/tasks", post(add_tasks))
        .route("/_sim/tasks/{id}", put(set_state).delete(remove_task))
        .route("/_sim/objects", delete(delete_object))
        .route("/_sim/tasks/{id}/state", delete(release_state))
        .route("/_sim/faults", post(add_fault).delete(clear_faults))
        .route("/_sim/faults/{id}", delete(remove_fault))
        .route("/_sim/calls", get(calls).delete(reset_calls))
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(MOST_BODY_BYTES))
}

async fn unknown(uri: Uri) -> Response {
    let rule = format!("there is no {}", uri.path());
    let way_out = "see docs/simulator.md for what there is";
    refuse(StatusCode::NOT_FOUND, &Problem::new("path", rule, way_out))
}

async fn wrong_method(method: Method, uri: Uri) -> Response {
    let rule = format!("{} does not take {method}", uri.path());
    let way_out = "see docs/simulator.md for what it takes";
    refuse(StatusCode::METHOD_NOT_ALLOWED, &Problem::new("method", rule, way_out))
}

async fn release_state(State(world): Shared, Path(id): Path<String>) -> Response {
    let found = id.parse().is_ok_and(|number| world.release_state(TaskId(number)));
    if found { ok(&json!({})) } else { unknown_task(&id) }
}

async fn remove_fault(State(world): Shared, Path(id): Path<String>) -> Response {
    if id.parse().is_ok_and(|number| world.remove_fault(FaultId(number))) {
        return ok(&json!({}));
    }
    let rule = format!("there is no fault {id}");
    let way_out = "use an id that POST /_sim/faults gave";
    refuse(StatusCode::NOT_FOUND, &Problem::new("id", rule, way_out))
}

fn answer(status: StatusCode, value: &impl Serialize) -> Response {
    let body = serde_json::to_vec(value).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn ok(value: &Value) -> Response {
    answer(StatusCode::OK, value)
}

fn refuse(status: StatusCode, problem: &Problem) -> Response {
    let Problem { field, rule, way_out } = problem;
    let message = format!("{field}: {rule}: {way_out}");
    let error = json!({"field": field, "rule": rule, "way_out": way_out, "message": message});
    answer(status, &json!({ "error": error }))
}

/// Reads the body, and answers with what is wrong in it or with what `then` makes of it.
fn with<T: DeserializeOwned>(
    body: &[u8],
    then: impl FnOnce(T) -> Result<Value, Problem>,
) -> Response {
    match read(body).and_then(then) {
        Ok(value) => ok(&value),
        Err(problem) => refuse(StatusCode::BAD_REQUEST, &problem),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(body)
        .map_err(|error| Problem::new("the document", error.to_string(), "send UTF-8"))?;
    from_yaml(text)
}

async fn clock(State(world): Shared) -> Response {
    ok(&json!({ "now": world.now() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    by: Span,
}

async fn advance(State(world): Shared, body: Bytes) -> Response {
    with(&body, |Advance { by: Span(by) }| Ok(json!({ "now": world.advance(by) })))
}

async fn set_account(State(world): Shared, body: Bytes) -> Response {
    with(&body, |account: AccountSpec| {
        account.check()?;
        account.apply(&world);
        Ok(json!({}))
    })
}

async fn add_tasks(State(world): Shared, body: Bytes) -> Response {
    with(&body, |place: PlaceSpec| {
        place.check(world.settings())?;
        Ok(json!(place.apply(&world)))
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Status {
    state: String,
    progress: Option<u8>,
    code: Option<String>,
    message: Option<String>,
}

fn unknown_task(id: &str) -> Response {
    let rule = format!("there is no task {id}");
    let way_out = "use an id that POST /_sim/tasks gave";
    refuse(StatusCode::NOT_FOUND, &Problem::new("id", rule, way_out))
}

async fn set_state(State(world): Shared, Path(id): Path<String>, body: Bytes) -> Response {
    let status: Status = match read(&body) {
        Ok(status) => status,
        Err(problem) => return refuse(StatusCode::BAD_REQUEST, &problem),
    };
    let Status { state, progress, code, message } = status;
    let wrong = check_percent("progress", progress)
        .and_then(|()| check_words("message", message.as_ref()))
        .and_then(|()| check_words("code", code.as_ref()))
        .and_then(|()| check_words("state", Some(&state)));
    if let Err(problem) = wrong {
        return refuse(StatusCode::BAD_REQUEST, &problem);
    }
    let status = TaskStatus { state, progress, code, message };
    let found = id.parse().is_ok_and(|number| world.set_state(TaskId(number), status));
    if found { ok(&json!({})) } else { unknown_task(&id) }
}

async fn remove_task(State(world): Shared, Path(id): Path<String>) -> Response {
    let found = id.parse().is_ok_and(|number| world.remove_task(TaskId(number)));
    if found { ok(&json!({})) } else { unknown_task(&id) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Object {
    account: Option<Account>,
    region: String,
    bucket: String,
    #[serde(rename = "object_key")]
    key: String,
}

async fn delete_object(State(world): Shared, body: Bytes) -> Response {
    with(&body, |object: Object| {
        let account = object.account.map_or_else(|| DEFAULT_ACCOUNT.to_owned(), |id| id.0);
        let Object { region, bucket, key, .. } = object;
        if world.delete_object(&account, &region, &bucket, &key) {
            return Ok(json!({}));
        }
        let rule = format!("there is no such object in the bucket \"{bucket}\"");
        Err(Problem::new("object_key", rule, "name the object of a task that is Completed"))
    })
}

async fn add_fault(State(world): Shared, body: Bytes) -> Response {
    with(&body, |fault: FaultSpec| {
        fault.check()?;
        Ok(json!({ "id": world.add_fault(fault.resolve(world.now())).0 }))
    })
}

async fn clear_faults(State(world): Shared) -> Response {
    world.clear_faults();
    ok(&json!({}))
}

async fn calls(State(world): Shared) -> Response {
    answer(StatusCode::OK, &json!({ "calls": world.calls() }))
}

async fn reset_calls(State(world): Shared) -> Response {
    world.reset_calls();
    ok(&json!({}))
}
