//! `amiwatch history` and `amiwatch explain`: what pollers remember.

use std::path::Path;
use std::time::Duration;

use amiwatch_simulator::{
    Disk, ImportSnapshotPlan, Simulator, StorePlan, TaskStatus, Throttle, Transfer,
};
use serde_json::{Value, json};

use super::{amiwatch, run, running, texts};
use crate::support::{ACCOUNT, REGION, ago, moto};

const AMI: &str = "ami-0123456789abcdef0";
const OTHER: &str = "ami-0123456789abcdef1";
const OLD: &str = "ami-0123456789abcdef2";

async fn simulator() -> Simulator {
    Simulator::builder().throttle(Throttle::Off).start().await.unwrap()
}

async fn say(home: &Path, sim: &Simulator, arguments: &[&str]) -> (String, String, Option<i32>) {
    let mut command = amiwatch(home, Some(&sim.url()));
    command.env("AWS_ENDPOINT_URL_SNS", moto::url()).env("AWS_ENDPOINT_URL_DYNAMODB", moto::url());
    texts(
        &run({
            command.args(arguments);
            command
        })
        .await,
    )
}

/// A home in which one store completed, one failed, an import runs, and one store is old news.
async fn a_past(home: &Path, sim: &Simulator) {
    let (good, bad) = (running(sim, AMI), running(sim, OTHER));
    let old = StorePlan::new(OLD, "my-bucket", ago(600), Duration::from_secs(60));
    sim.world().add_store_task(ACCOUNT, REGION, old);
    let import = Transfer::new("import-snap-1", ago(60), Duration::from_secs(1_000_000));
    let import = ImportSnapshotPlan::new(import, Disk::in_bucket("VMDK", "disks", "root.vmdk"));
    sim.world().add_import_snapshot_task(ACCOUNT, REGION, import);
    let poll = ["poll", "--kind", "store-image", "--kind", "import-snapshot"];
    assert_eq!(say(home, sim, &poll).await.2, Some(0));
    sim.world().set_state(good, TaskStatus::new("Completed", 100));
    let why = TaskStatus {
        message: Some("The snapshot is gone.".into()),
        ..TaskStatus::new("Failed", 5)
    };
    sim.world().set_state(bad, why);
    assert_eq!(say(home, sim, &poll).await.2, Some(1));
}

#[tokio::test]
async fn history_says_what_was_seen_and_told_also_once_ec2_lists_nothing_any_more() {
    let sim = simulator().await;
    let home = tempfile::tempdir().unwrap();
    let (_, said, code) = say(home.path(), &sim, &["history"]).await;
    assert_eq!(code, Some(2));
    assert!(said.contains("nothing was polled yet"), "{said}");
    a_past(home.path(), &sim).await;
    // Another EC2, which lists nothing; and none is asked.
    let empty = simulator().await;
    let (out, said, code) = say(home.path(), &empty, &["history", "-o", "json"]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(empty.world().calls().is_empty());
    let all: Vec<Value> = serde_json::from_str(&out).unwrap();
    let of = |task: &str| {
        all.iter().find(|it| it["task"] == task).unwrap_or_else(|| panic!("{task}: {out}"))
    };
    assert_eq!(all.len(), 4);
    let good = of(AMI);
    assert_eq!((&good["outcome"], &good["account"]), (&json!("completed"), &json!(ACCOUNT)));
    assert_eq!(good["told"][0]["outcome"], "completed");
    assert!(good["told"][0]["sinks"]["terminal"].is_string(), "{good}");
    assert!(good["durationSeconds"].as_u64().unwrap() >= 60, "{good}");
    assert_eq!(of(OTHER)["reason"], "The snapshot is gone.");
    assert_eq!((&of(OLD)["told"], &of(OLD)["durationSeconds"]), (&json!([]), &Value::Null));
    assert_eq!(
        (&of("import-snap-1")["outcome"], &of("import-snap-1")["endedAt"]),
        (&Value::Null, &Value::Null)
    );

    for (arguments, expected) in [
        (vec![AMI, "import-snap-1"], vec![AMI, "import-snap-1"]),
        (vec!["--outcome", "failed"], vec![OTHER]),
        (vec!["--kind", "import-snapshot"], vec!["import-snap-1"]),
        (vec!["--region", "eu-west-1"], vec![]),
        (vec!["--account", "222222222222"], vec![]),
    ] {
        let arguments = [&["history", "-o", "json"], &arguments[..]].concat();
        let (out, said, code) = say(home.path(), &sim, &arguments).await;
        assert_eq!(code, Some(0), "{said}");
        let mut tasks: Vec<String> = serde_json::from_str::<Vec<Value>>(&out)
            .unwrap()
            .iter()
            .map(|it| it["task"].as_str().unwrap().to_owned())
            .collect();
        tasks.sort();
        assert_eq!(tasks, expected, "{arguments:?}");
    }
}

#[tokio::test]
async fn history_fits_its_terminal_as_a_table_and_as_a_timeline() {
    let sim = simulator().await;
    let home = tempfile::tempdir().unwrap();
    a_past(home.path(), &sim).await;
    for width in [60, 80, 140] {
        for form in [&["history"][..], &["history", "--timeline"]] {
            let mut command = amiwatch(home.path(), None);
            command.env("COLUMNS", width.to_string()).args(form);
            let (out, said, code) = texts(&run(command).await);
            assert_eq!(code, Some(0), "{said}");
            assert!(out.lines().all(|line| line.chars().count() <= width), "{width}: {out}");
            for words in ["completed", "failed", "import-snap-1"] {
                assert!(out.contains(words), "{width}: {out}");
            }
        }
    }
    let mut command = amiwatch(home.path(), None);
    command.env("COLUMNS", "140").arg("history");
    let (out, _, _) = texts(&run(command).await);
    assert!(out.contains("completed to terminal at"), "{out}");
    assert!(out.contains("no: it had ended"), "{out}");
}

#[tokio::test]
async fn the_history_of_a_table_is_that_of_its_pollers() {
    let sim = simulator().await;
    let home = tempfile::tempdir().unwrap();
    let (table, inbox) = (moto::table().await, moto::Inbox::open().await);
    let task = running(&sim, AMI);
    let poll = ["poll", "--kind", "store-image", "--table", &table, "--topic", &inbox.topic_arn];
    assert_eq!(say(home.path(), &sim, &poll).await.2, Some(0));
    sim.world().set_state(task, TaskStatus::new("Completed", 100));
    assert_eq!(say(home.path(), &sim, &poll).await.2, Some(0));
    let (out, said, code) =
        say(home.path(), &sim, &["history", "--table", &table, "-o", "json"]).await;
    assert_eq!(code, Some(0), "{said}");
    let all: Vec<Value> = serde_json::from_str(&out).unwrap();
    assert_eq!(all.len(), 1);
    assert!(all[0]["told"][0]["sinks"]["sns"].is_string(), "{out}");
    let (out, said, _) = say(home.path(), &sim, &["explain", "--table", &table, AMI]).await;
    assert!(out.contains("Told: completed to sns, "), "{out}{said}");
}

#[tokio::test]
async fn explain_says_what_ec2_lists_what_is_remembered_and_what_the_next_poll_does() {
    let sim = simulator().await;
    let home = tempfile::tempdir().unwrap();
    let explain = async |id: &str| say(home.path(), &sim, &["explain", id]).await;
    let (_, said, code) = explain(AMI).await;
    assert_eq!(code, Some(2));
    assert!(said.contains(&format!("nothing is known of {AMI}")), "{said}");
    let task = running(&sim, AMI);
    let (out, said, code) = explain(AMI).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(out.contains("DescribeStoreImageTasks calls it InProgress"), "{out}");
    assert!(out.contains("No poll has looked at this Region yet"), "{out}");
    sim.world().remove_task(task);
    a_past(home.path(), &sim).await;
    for (id, words) in [
        (
            AMI,
            vec![
                "calls it Completed",
                "It is closed: completed",
                "Told: completed to terminal",
                "does nothing: it has ended",
            ],
        ),
        (OTHER, vec!["Reason: The snapshot is gone.", "Told: failed to terminal"]),
        (
            OLD,
            vec![
                "Nobody was told: it had ended before it was first seen",
                "does nothing: it has ended",
            ],
        ),
        (
            "import-snap-1",
            vec!["calls it active", "It runs; it last moved", "does nothing: nothing has changed"],
        ),
    ] {
        let (out, said, code) = explain(id).await;
        assert_eq!(code, Some(0), "{said}");
        for words in words {
            assert!(out.contains(words), "{id}, {words}: {out}");
        }
    }
    // What has ended since the last poll, is new, or is gone.
    let born = running(&sim, "ami-0123456789abcdef3");
    let (out, ..) = explain("ami-0123456789abcdef3").await;
    assert!(out.contains("Remembered for account 123456789012: nothing"), "{out}");
    assert!(
        out.contains("The next poll remembers it as running, and tells when it ends."),
        "{out}"
    );
    sim.world().set_state(born, TaskStatus::new("Completed", 100));
    let (out, ..) = explain("ami-0123456789abcdef3").await;
    assert!(out.contains("The next poll tells it as completed."), "{out}");
    // EC2 is asked, and nothing is written.
    let (out, ..) = explain("ami-0123456789abcdef3").await;
    assert!(out.contains("The next poll tells it as completed."), "{out}");
}
