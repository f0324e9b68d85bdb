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

    let (_, said, code) = say(home.path(), &sim, &["history", "foo"]).await;
    assert_eq!(code, Some(2));
    assert!(said.contains("no task's id begins so"), "{said}");
    let of_bucket = format!("{AMI}@my-bucket");
    let of_other = format!("{AMI}@other");
    for (arguments, expected) in [
        (vec![of_bucket.as_str()], vec![AMI]),
        (vec![of_other.as_str()], vec![]),
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
    assert!(out.contains("terminal at once"), "{out}");
    assert!(out.contains("no: it had ended"), "{out}");
}

#[tokio::test]
async fn history_writes_a_page_in_which_no_text_of_ec2_ends_the_data() {
    let sim = simulator().await;
    let home = tempfile::tempdir().unwrap();
    a_past(home.path(), &sim).await;
    let task = running(&sim, "ami-0123456789abcdef5");
    assert_eq!(say(home.path(), &sim, &["poll"]).await.2, Some(0));
    let why = TaskStatus {
        message: Some("</script><script>alert(1)</script> {{data}}".into()),
        ..TaskStatus::new("Failed", 5)
    };
    sim.world().set_state(task, why);
    assert_eq!(say(home.path(), &sim, &["poll"]).await.2, Some(1));
    let page = home.path().join("history.html");
    let arguments = ["history", "--html", page.to_str().unwrap()];
    let (out, said, code) = say(home.path(), &sim, &arguments).await;
    assert_eq!((out.as_str(), code), ("", Some(0)), "{said}");
    assert!(said.starts_with("5 tasks in "), "{said}");
    let text = std::fs::read_to_string(&page).unwrap();
    let (out, _, code) = say(home.path(), &sim, &["history", "--html", "-"]).await;
    assert_eq!((out.len() / 10, code), (text.len() / 10, Some(0)));
    let (_, data) = text.split_once(r#"<script id="data" type="application/json">"#).unwrap();
    let (data, _) = data.split_once("</script>").unwrap();
    let data: Value = serde_json::from_str(data).unwrap();
    let tasks = data["tasks"].as_array().unwrap();
    assert_eq!((tasks.len(), &data["unreadable"]), (5, &json!(0)));
    let reasons: Vec<&Value> = tasks.iter().map(|task| &task["reason"]).collect();
    assert!(
        reasons.iter().any(|it| it.as_str().is_some_and(|it| it.starts_with("</script><script>"))),
        "{reasons:?}"
    );
    let (_, said, code) = say(home.path(), &sim, &["history", "--html", "/no/such/page"]).await;
    assert_eq!(code, Some(2));
    assert!(said.contains("cannot write /no/such/page"), "{said}");
}

#[tokio::test]
async fn ended_tasks_are_remembered_for_as_long_as_is_asked() {
    let sim = simulator().await;
    let home = tempfile::tempdir().unwrap();
    let task = running(&sim, AMI);
    let days_of = async |options: &[&str]| {
        let (_, said, code) = say(home.path(), &sim, &[&["poll"][..], options].concat()).await;
        assert_eq!(code, Some(0), "{said}");
        let file = home.path().join(".local/state/amiwatch/state.db");
        let select = "SELECT (expires_at - unixepoch()) / 86400 FROM items WHERE expires_at > 0";
        let connection = rusqlite::Connection::open(file).unwrap();
        connection.query_row(select, [], |row| row.get::<_, i64>(0)).ok()
    };
    assert_eq!(days_of(&["--keep-days", "400"]).await, None);
    sim.world().set_state(task, TaskStatus::new("Completed", 100));
    let days = days_of(&["--keep-days", "400"]).await;
    assert!(matches!(days, Some(399 | 400)), "{days:?}");
    let (_, said, code) = say(home.path(), &sim, &["poll", "--keep-days", "44"]).await;
    assert_eq!(code, Some(2));
    assert!(said.contains("44 is not in 45..=3653"), "{said}");
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
    let (_, said, code) = say(home.path(), &sim, &["explain", AMI, "--kind", "bundle"]).await;
    assert_eq!(code, Some(2));
    assert!(said.contains("ids name their kind: leave --kind out"), "{said}");
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
    // The same for programs.
    let arguments = ["explain", "ami-0123456789abcdef3", "-o", "json"];
    let (out, said, code) = say(home.path(), &sim, &arguments).await;
    assert_eq!(code, Some(0), "{said}");
    let all: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(all.as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&all[0]["listed"]["state"], &all[0]["region"]),
        (&json!("Completed"), &json!(REGION))
    );
    let remembered = &all[0]["remembered"][0];
    assert_eq!((&remembered["record"], &remembered["account"]), (&Value::Null, &json!(ACCOUNT)));
    assert_eq!(remembered["nextPoll"], json!({"does": "tells", "outcomes": ["completed"]}));
    let (out, ..) = say(home.path(), &sim, &["explain", AMI, "-o", "json"]).await;
    let all: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(all[0]["remembered"][0]["record"]["told"][0]["outcome"], "completed");
    assert_eq!(all[0]["remembered"][0]["nextPoll"]["does"], "nothing-is-left");
    // A poller that tells no completions would keep quiet.
    let arguments = ["explain", "ami-0123456789abcdef3", "--tell", "failed"];
    let (out, ..) = say(home.path(), &sim, &arguments).await;
    assert!(!out.contains("tells it as completed"), "{out}");
    // EC2 is asked, and nothing is written.
    let (out, ..) = explain("ami-0123456789abcdef3").await;
    assert!(out.contains("The next poll tells it as completed."), "{out}");
}
