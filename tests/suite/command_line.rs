//! The real `amiwatch` binary: output, exit codes, errors.

mod accounts;
mod configuration;
mod examining;
mod examining_stack;
mod listing;
mod manual;
mod pipes;
mod remembering;
mod rendering;
mod serving;
mod state;
mod telling;
mod waiting;
mod watching;

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use amiwatch_simulator::{FaultKind, FaultRule, Simulator, StorePlan, TaskStatus};
use serde_json::Value;

use crate::support::{ACCOUNT, REGION, ago};

pub(crate) fn amiwatch(home: &Path, endpoint: Option<&str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_amiwatch"));
    command
        .env_clear()
        .env("HOME", home)
        .env("AWS_REGION", REGION)
        .env("AWS_ACCESS_KEY_ID", ACCOUNT)
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    if let Some(endpoint) = endpoint {
        command.env("AWS_ENDPOINT_URL_EC2", endpoint);
    }
    command
}

pub(crate) async fn run(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

pub(crate) fn texts(output: &Output) -> (String, String, Option<i32>) {
    (
        String::from_utf8(output.stdout.clone()).unwrap(),
        String::from_utf8(output.stderr.clone()).unwrap(),
        output.status.code(),
    )
}

async fn simulator() -> Simulator {
    Simulator::builder().start().await.unwrap()
}

pub(crate) fn running(sim: &Simulator, image: &str) -> amiwatch_simulator::TaskId {
    let plan = StorePlan::new(image, "my-bucket", ago(60), Duration::from_secs(1_000_000));
    sim.world().add_store_task(ACCOUNT, REGION, plan)
}

#[tokio::test]
async fn poll_remembers_in_a_file_and_tells_once_with_exit_code_1_for_a_failure() {
    let sim = simulator().await;
    let good = running(&sim, "ami-0123456789abcdef0");
    let bad = running(&sim, "ami-0123456789abcdef1");
    let home = tempfile::tempdir().unwrap();
    let poll = |arguments: &[&str]| {
        let mut command = amiwatch(home.path(), Some(&sim.url()));
        command.arg("poll").args(arguments);
        run(command)
    };
    let (out, said, code) = texts(&poll(&[]).await);
    assert_eq!((out.as_str(), said.as_str(), code), ("", "", Some(0)), "nothing new is no output");
    assert!(home.path().join(".local/state/amiwatch/state.db").exists());

    sim.world().set_state(good, TaskStatus::new("Completed", 100));
    let (out, _, code) = texts(&poll(&["--output", "json"]).await);
    assert_eq!(code, Some(0));
    let event: Value = serde_json::from_str(out.trim()).unwrap();
    assert_eq!(event["detail"]["outcome"], "completed");
    assert_eq!(event["account"], ACCOUNT);

    sim.world().set_state(bad, TaskStatus::new("Failed", 50));
    let (out, _, code) = texts(&poll(&[]).await);
    assert_eq!(code, Some(1));
    assert!(
        out.contains("(ami-0123456789abcdef1)") && out.starts_with("Failed: AMI store "),
        "{out}"
    );
    let (out, said, code) = texts(&poll(&[]).await);
    assert_eq!((out.as_str(), said.as_str(), code), ("", "", Some(0)));
    let (out, said, code) = texts(&poll(&["-v"]).await);
    assert_eq!((out.as_str(), code), ("", Some(0)));
    assert!(
        said.contains("us-east-1 store-image: 2 tasks listed, 0 records saved, 0 to tell"),
        "{said}"
    );
    assert!(said.contains("0 told, 0 left for the next poll"), "{said}");
}

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:amiwatch";

#[tokio::test]
async fn what_cannot_be_done_ends_with_exit_code_2_and_says_why() {
    let sim = simulator().await;
    sim.world().add_fault(FaultRule::new(FaultKind::Denied));
    let home = tempfile::tempdir().unwrap();
    for (arguments, words) in [
        (&["list"][..], "UnauthorizedOperation"),
        (&["list", "--region", "mars"], "such as us-east-1"),
        (&["list", "--region", ""], "such as us-east-1"),
        (&["list", "--kind", "snapshot"], "write store-image, bundle"),
        (&["poll", "--account", "12"], "12 digits"),
        (&["poll", "--topic", ""], "write a topic's ARN"),
        (&["poll", "--topic", "amiwatch"], "write a topic's ARN"),
        (&["poll", "--topic", "arn:aws:sqs:us-east-1:123456789012:q"], "write a topic's ARN"),
        (&["poll", "--topic", "arn:aws:sns:us-east-1:1234:t"], "write a topic's ARN"),
        (&["poll", "--topic", "arn:aws:sns:us-east-1:123456789012:t.fifo"], "a standard topic"),
        (&["poll", "--topic", TOPIC, "--table", ""], "write its name"),
        (&["poll", "--topic", TOPIC, "--table", "my table"], "write its name"),
        (&["render", "no-such-file.json"], "no-such-file.json"),
        (&["render", "--channel", "fax"], "fax"),
        (&["sim", "--scenario", "no-such-file.yaml"], "no-such-file.yaml"),
        (&["sim", "--speed", "0"], "speed"),
        (&["fly"], "fly"),
    ] {
        let mut command = amiwatch(home.path(), Some(&sim.url()));
        command.args(arguments);
        let (out, said, code) = texts(&run(command).await);
        assert_eq!((out.as_str(), code), ("", Some(2)), "{arguments:?}");
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}
