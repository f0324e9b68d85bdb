//! The real `poller` under a Runtime API stand-in, configured by what template.yaml gives it, with
//! the simulator for EC2 and moto for DynamoDB and SNS.

mod calls;
mod endings;
mod failures;
mod invocations;

use std::collections::BTreeMap;
use std::time::Duration;

use amiwatch_simulator::{SimClock, Simulator, StorePlan, TaskId, TaskStatus, Throttle};
use serde_json::{Value, json};

use crate::support::lambda::{Function, environment};
use crate::support::moto::{self, Inbox};
use crate::support::{ACCOUNT, REGION, now};

const AMI: &str = "ami-0123456789abcdef0";

/// The whole stack on loopback.
pub(crate) struct Stack {
    pub(crate) sim: Simulator,
    pub(crate) inbox: Inbox,
    pub(crate) table: String,
    variables: BTreeMap<String, String>,
}

impl Stack {
    async fn new() -> Self {
        Self::with(&[]).await
    }

    pub(crate) async fn with(more: &[(&str, &str)]) -> Self {
        let sim = Simulator::builder()
            .clock(SimClock::manual(now()))
            .throttle(Throttle::Documented)
            .start()
            .await
            .unwrap();
        let inbox = Inbox::open().await;
        let table = moto::table().await;
        let mut variables = environment("poller");
        let own = [
            ("AMIWATCH_TABLE", table.as_str()),
            ("AMIWATCH_TOPIC_ARN", inbox.topic_arn.as_str()),
            ("AWS_ENDPOINT_URL", &moto::url()),
            ("AWS_ENDPOINT_URL_EC2", &sim.url()),
        ];
        for (name, value) in own.iter().chain(more) {
            variables.insert((*name).to_owned(), (*value).to_owned());
        }
        Self { sim, inbox, table, variables }
    }

    /// With the simulator for STS too.
    pub(crate) async fn with_sts(more: &[(&str, &str)]) -> Self {
        let mut stack = Self::with(more).await;
        stack.variables.insert("AWS_ENDPOINT_URL_STS".to_owned(), stack.sim.url());
        stack
    }

    pub(crate) async fn function(&self) -> Function {
        Function::start("poller", &self.variables).await
    }

    /// The function that takes what the scheduled one dispatches.
    pub(crate) async fn worker(&self) -> Function {
        let mut variables = self.variables.clone();
        variables
            .retain(|name, _| name != "AMIWATCH_QUEUE_URL" && name != "AMIWATCH_FAN_OUT_ABOVE");
        Function::start("poller", &variables).await
    }

    /// Before the simulated present, which stands still.
    pub(crate) fn ago(&self, seconds: i64) -> jiff::Timestamp {
        self.sim.world().now().saturating_sub(jiff::SignedDuration::from_secs(seconds)).unwrap()
    }

    pub(crate) fn running(&self, image: &str, bucket: &str, seconds_ago: i64) -> TaskId {
        let long = Duration::from_secs(30 * 24 * 3600);
        self.sim.world().add_store_task(
            ACCOUNT,
            REGION,
            StorePlan::new(image, bucket, self.ago(seconds_ago), long),
        )
    }

    fn ended(&self, image: &str, bucket: &str, seconds_ago: i64) -> TaskId {
        let plan = StorePlan::new(image, bucket, self.ago(seconds_ago), Duration::from_secs(1));
        self.sim.world().add_store_task(ACCOUNT, REGION, plan)
    }

    pub(crate) fn completes(&self, task: TaskId) {
        self.sim.world().set_state(task, TaskStatus::new("Completed", 100));
    }
}

fn schedule() -> Value {
    json!({ "source": "aws.scheduler" })
}

/// Outcome and image (or bundle) of each event.
fn told(events: &[Value]) -> Vec<(String, String)> {
    let mut told: Vec<(String, String)> = events
        .iter()
        .map(|event| {
            let detail = &event["detail"];
            let name = detail["imageId"].as_str().or(detail["bundleId"].as_str()).unwrap();
            (detail["outcome"].as_str().unwrap().to_owned(), name.to_owned())
        })
        .collect();
    told.sort();
    told
}

fn one(outcome: &str, name: &str) -> Vec<(String, String)> {
    vec![(outcome.to_owned(), name.to_owned())]
}
