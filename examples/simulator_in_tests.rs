//! The simulator in tests of your own: the AWS SDK calls it, and the test moves its clock.
//!
//! ```console
//! $ cargo run --example simulator_in_tests
//! ```
//!
//! In a project of yours this is a `#[tokio::test]`, with `amiwatch-simulator` among the
//! dev-dependencies. Nothing else of amiwatch is needed.

// An example prints what it does.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::time::Duration;

use amiwatch_simulator::{FaultKind, FaultRule, SimClock, Simulator, StorePlan};
use aws_sdk_ec2::Client;
use aws_sdk_ec2::config::{BehaviorVersion, Credentials, Region};

const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-east-1";
const IMAGE: &str = "ami-0123456789abcdef0";

/// The code under test: how far the newest store of an AMI is, in words.
async fn standing(ec2: &Client, image: &str) -> Result<String, Box<dyn Error>> {
    let answer = ec2.describe_store_image_tasks().image_ids(image).send().await?;
    let task = answer.store_image_task_results().first().ok_or("EC2 lists no store of the AMI")?;
    let state = task.store_task_state().unwrap_or("in no state");
    let percent = task.progress_percentage().unwrap_or(0);
    Ok(match task.store_task_failure_reason().filter(|reason| !reason.is_empty()) {
        Some(reason) => format!("{state} at {percent} percent: {reason}"),
        None => format!("{state} at {percent} percent"),
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // A port of 127.0.0.1 that is free, and a clock that moves only when it is told to.
    let clock = SimClock::manual("2026-11-22T00:00:00Z".parse()?);
    let sim = Simulator::builder().clock(clock).start().await?;
    let world = sim.world();
    let ec2 = client(&sim);
    println!("A simulated EC2 listens at {}.", sim.url());

    // A task that the API starts takes ten minutes.
    let started = ec2.create_store_image_task().image_id(IMAGE).bucket("my-bucket").send().await?;
    println!("It stores the AMI as {}.", started.object_key().unwrap_or_default());
    let five_minutes = Duration::from_mins(5);
    for expected in
        ["InProgress at 0 percent", "InProgress at 50 percent", "Completed at 100 percent"]
    {
        let seen = standing(&ec2, IMAGE).await?;
        println!("At {} it is {seen}.", world.now());
        assert_eq!(seen, expected);
        world.advance(five_minutes);
    }

    // A task with a plan of its own, which fails half way.
    let other = "ami-0fedcba9876543210";
    let plan = StorePlan::new(other, "my-bucket", world.now(), five_minutes)
        .failing("ClientError: The specified bucket does not exist.");
    world.add_store_task(ACCOUNT, REGION, plan);
    world.advance(five_minutes);
    let seen = standing(&ec2, other).await?;
    println!("Another one is {seen}");
    assert_eq!(seen, "Failed at 50 percent: ClientError: The specified bucket does not exist.");

    // EC2 throttles the next call, and the SDK tries again.
    world.reset_calls();
    world.add_fault(FaultRule::new(FaultKind::Throttle).on("DescribeStoreImageTasks").times(1));
    standing(&ec2, other).await?;
    let codes: Vec<Option<String>> = world.calls().into_iter().map(|call| call.error).collect();
    println!("Once throttled, the SDK made {} calls.", codes.len());
    assert_eq!(codes, [Some("RequestLimitExceeded".to_owned()), None]);
    Ok(())
}

/// The SDK's client for the simulator. The access key id is the account; the secret may be anything.
fn client(sim: &Simulator) -> Client {
    let config = aws_sdk_ec2::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new(ACCOUNT, "secret", None, None, "test"))
        .endpoint_url(sim.url())
        // amiwatch builds the SDK without an HTTP client. With its default features this is not needed.
        .http_client(amiwatch::aws::clients::http_client())
        .build();
    Client::from_conf(config)
}
