//! The real function is killed again and again, and started again.
//!
//! Half of the moments are requests: the proxy holds one back, before it is done or after, and the
//! process is killed while it waits for the answer. The others are any moment of its work.

use std::collections::BTreeMap;
use std::time::Duration;

use amiwatch_simulator::{BundlePlan, Simulator, StorePlan, TaskId, TaskStatus, Throttle};
use fastrand::Rng;
use futures_util::future::{Either, select};
use serde_json::{Value, json};

use crate::support::lambda::{Function, environment};
use crate::support::moto::{self, Inbox};
use crate::support::proxy::{Control, Hold};
use crate::support::{ACCOUNT, REGION, ago};

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

/// When the function is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    Request(Hold),
    /// So long after its invocation.
    Time(Duration),
}

/// Everything that the function talks to.
struct Stack {
    sim: Simulator,
    inbox: Inbox,
    table: String,
    control: Control,
    variables: BTreeMap<String, String>,
    born: u64,
    running: Vec<TaskId>,
    /// The name of each task that must be told.
    ended: Vec<String>,
}

impl Stack {
    async fn new(seed: u64) -> Self {
        // Its clock runs: to one that stands still, what begins minutes later is not yet there.
        let sim = Simulator::builder().throttle(Throttle::Off).start().await.unwrap();
        let (inbox, table) = (Inbox::open().await, moto::table().await);
        let control = Control::new(seed);
        let mut variables = environment("poller");
        variables.extend([
            ("AMIWATCH_TABLE".to_owned(), table.clone()),
            ("AMIWATCH_TOPIC_ARN".to_owned(), inbox.topic_arn.clone()),
            ("AWS_ENDPOINT_URL".to_owned(), control.in_front_of(&moto::url()).await),
            ("AWS_ENDPOINT_URL_EC2".to_owned(), control.in_front_of(&sim.url()).await),
        ]);
        let (running, ended) = (Vec::new(), Vec::new());
        Self { sim, inbox, table, control, variables, born: 0, running, ended }
    }

    async fn function(&self) -> Function {
        Function::start("poller", &self.variables).await
    }

    /// Whether the function is at work when the moment has come.
    async fn invoke_until(&self, moment: Moment, function: &mut Function, payload: &Value) -> bool {
        self.control.hold(match moment {
            Moment::Request(hold) => Some(hold),
            Moment::Time(_) => None,
        });
        let come = Box::pin(async {
            match moment {
                Moment::Request(_) => self.control.held().await,
                Moment::Time(after) => tokio::time::sleep(after).await,
            }
        });
        // A poll with less to do than that has ended before.
        matches!(select(come, Box::pin(function.invoke(payload))).await, Either::Left(_))
    }

    /// One task that ran ends, another one is first seen ended, and the next one begins.
    fn life_goes_on(&mut self, rng: &mut Rng) {
        for task in self.running.drain(..) {
            let end = if rng.bool() { "Completed" } else { "Failed" };
            self.sim.world().set_state(task, TaskStatus::new(end, 100));
            self.ended.push(format!("ami-{:017x}", self.born));
        }
        self.born += 1;
        if rng.u32(..4) == 0 {
            let id = format!("bun-{:08x}", self.born);
            let takes = Duration::from_secs(1);
            self.sim.world().add_bundle_task(
                ACCOUNT,
                REGION,
                BundlePlan::new(&id, "i-1", "b", ago(60), takes),
            );
            self.ended.push(id);
        }
        self.born += 1;
        let plan = |takes| {
            let image = format!("ami-{:017x}", self.born);
            StorePlan::new(image, "b", ago(120), Duration::from_secs(takes))
        };
        if rng.bool() {
            self.sim.world().add_store_task(ACCOUNT, REGION, plan(1));
            self.ended.push(format!("ami-{:017x}", self.born));
        } else {
            self.running.push(self.sim.world().add_store_task(ACCOUNT, REGION, plan(1_000_000)));
        }
    }
}

fn name(event: &Value) -> &str {
    let detail = &event["detail"];
    detail["imageId"].as_str().or(detail["bundleId"].as_str()).unwrap()
}

#[derive(Debug, Default)]
struct Figures {
    kills: u64,
    /// Kills while a publish was under way, or after it and before the write that acks it.
    after_publish: u64,
    at: BTreeMap<String, u64>,
    most_repeats: u64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_that_is_killed_again_and_again_loses_nothing() {
    let kills = setting("AMIWATCH_KILLS", 200);
    let seed = setting("AMIWATCH_KILLS_SEED", 20_261_122);
    println!("seed {seed}: again with AMIWATCH_KILLS={kills} AMIWATCH_KILLS_SEED={seed}");
    let mut rng = Rng::with_seed(seed);
    let mut stack = Stack::new(rng.u64(..)).await;
    let schedule = json!({ "source": "aws.scheduler" });
    // The baseline, and what was told is nothing.
    let mut function = stack.function().await;
    function.invoke(&schedule).await.unwrap();
    function.kill().await;
    assert!(stack.inbox.events().await.is_empty());

    let mut figures = Figures::default();
    while figures.kills < kills {
        stack.life_goes_on(&mut rng);
        if rng.u32(..3) == 0 {
            moto::time_passes(&stack.table, 90).await;
        }
        let moment = if rng.bool() {
            let early = rng.u32(..4) == 0;
            let request = if early { rng.u64(1..=4) } else { rng.u64(4..=14) };
            Moment::Request(Hold { request, forwarded: rng.bool() })
        } else {
            Moment::Time(Duration::from_micros(rng.u64(..60_000)))
        };
        let mut function = stack.function().await;
        let was_at_work = stack.invoke_until(moment, &mut function, &schedule).await;
        function.kill().await;
        if was_at_work {
            let published = stack.control.counts().get("Publish").copied().unwrap_or_default();
            figures.kills += 1;
            figures.after_publish += u64::from(published > 0);
            figures.most_repeats += published;
            let when = match moment {
                Moment::Request(Hold { request, forwarded: true }) => {
                    format!("after request {request}")
                }
                Moment::Request(Hold { request, .. }) => format!("before request {request}"),
                Moment::Time(_) => "at any time".to_owned(),
            };
            *figures.at.entry(when).or_default() += 1;
        }
    }

    // All is well from here on.
    stack.control.hold(None);
    stack.running.clear();
    moto::time_passes(&stack.table, 90).await;
    let mut function = stack.function().await;
    for _ in 0..2 {
        function.invoke(&schedule).await.unwrap();
    }
    function.kill().await;
    let events = stack.inbox.events().await;
    let quiet = moto::table_as_text(&stack.table).await;
    assert!(!quiet.contains("\\\"outbox\\\":[{"), "something is left untold");

    let mut told: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for event in &events {
        told.entry(name(event)).or_default().push(event);
    }
    let lost: Vec<&String> =
        stack.ended.iter().filter(|name| !told.contains_key(name.as_str())).collect();
    let repeats = u64::try_from(events.len() - told.len()).unwrap();
    println!(
        "{} kills ({} after a publish), {} endings, {} told, {} lost, {repeats} repeats, seed {seed}; {:?}",
        figures.kills,
        figures.after_publish,
        stack.ended.len(),
        told.len(),
        lost.len(),
        figures.at,
    );
    assert!(lost.is_empty(), "lost: {lost:?}, seed {seed}");
    assert_eq!(told.len(), stack.ended.len(), "something was told that did not end");
    for (name, events) in &told {
        assert!(events.iter().all(|event| *event == events[0]), "{name}: the repeats differ");
    }
    assert!(repeats <= figures.most_repeats, "repeats without a reason, seed {seed}");
}
