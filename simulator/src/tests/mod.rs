//! The protocol as a caller sees it, without the network.

mod bundle;
mod export_image;
mod export_instance;
mod fleet;
mod images;
mod import_image;
mod import_snapshot;
mod listing;
mod protocol;
mod serving;
mod sts;
mod transfer_case;
mod transfer_scenarios;
mod transfers;

use std::time::Duration;

use axum::http::Request;

use crate::dispatch::{Reply, answer};
use crate::request::Incoming;
use crate::{Settings, SimClock, StorePlan, World};

const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-east-1";

/// A world on a clock that stands at midnight.
fn world_with(settings: Settings) -> World {
    World::new(SimClock::manual("2026-11-22T00:00:00Z".parse().unwrap()), settings)
}

fn world() -> World {
    world_with(Settings::default())
}

fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

/// A task that began so many minutes ago and takes ten.
fn stored(world: &World, image: &str, minutes_ago: u64) -> crate::TaskId {
    let start = crate::clock::earlier(world.now(), minutes(minutes_ago));
    world.add_store_task(ACCOUNT, REGION, StorePlan::new(image, "b", start, minutes(10)))
}

fn call_in(world: &World, region: &str, fields: &str) -> Reply {
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={ACCOUNT}/20261122/{region}/ec2/aws4_request, Signature=0"
    );
    let request = Request::builder().header("authorization", authorization).body(()).unwrap();
    let body = format!("Version=2016-11-15&{fields}");
    answer(world, Incoming::read(&request.into_parts().0, body.as_bytes()))
}

fn call(world: &World, fields: &str) -> Reply {
    call_in(world, REGION, fields)
}

fn text(reply: &Reply) -> String {
    String::from_utf8(reply.body.clone()).unwrap()
}

/// The contents of every element of this name.
fn all(reply: &Reply, element: &str) -> Vec<String> {
    within(&text(reply), element)
}

fn within(text: &str, element: &str) -> Vec<String> {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    let parts = text.split(&open).skip(1);
    parts.map(|part| part.split(&close).next().unwrap().to_owned()).collect()
}

/// The HTTP status and the error code; `OK` where there is none.
fn outcome(world: &World, fields: &str) -> (u16, String) {
    let reply = call(world, fields);
    (reply.status, all(&reply, "Code").pop().unwrap_or_else(|| "OK".to_owned()))
}
