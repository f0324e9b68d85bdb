//! `amiwatch list`.

mod choosing;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use amiwatch::render::text::is_hidden;
use amiwatch_simulator::{
    BundlePlan, Disk, FaultKind, FaultRule, ImportSnapshotPlan, Simulator, StorePlan, TaskStatus,
    Transfer,
};
use serde_json::Value;

use super::{amiwatch, run, running, simulator, texts};
use crate::support::{ACCOUNT, REGION, ago};

/// A simulator with a store in each state, an import, and a bundle task.
async fn some_of_each() -> Simulator {
    let sim = simulator().await;
    let world = sim.world();
    running(&sim, "ami-0123456789abcdef0");
    let failed =
        StorePlan::new("ami-0123456789abcdef1", "other", ago(200_000), Duration::from_secs(60));
    world.add_store_task(ACCOUNT, REGION, failed.failing("=The snapshot, \"gone\"."));
    let done =
        StorePlan::new("ami-0123456789abcdef2", "my-bucket", ago(4_000), Duration::from_secs(60));
    world.add_store_task(ACCOUNT, REGION, done);
    let bundle =
        BundlePlan::new("bun-c1a540a8", "i-12345678", "b", ago(900), Duration::from_secs(60));
    world.add_bundle_task(ACCOUNT, REGION, bundle);
    let long = Duration::from_secs(1_000_000);
    let import = Transfer::new("import-snap-1", ago(60), long);
    let import = ImportSnapshotPlan::new(import, Disk::in_bucket("VMDK", "disks", "root.vmdk"));
    world.add_import_snapshot_task(ACCOUNT, REGION, import);
    sim
}

async fn listed(sim: &Simulator, arguments: &[&str]) -> (String, String, Option<i32>) {
    let mut command = amiwatch(std::path::Path::new("/nonexistent"), Some(&sim.url()));
    command.arg("list").args(arguments);
    texts(&run(command).await)
}

/// The names of the tasks that are listed.
async fn names(sim: &Simulator, arguments: &[&str]) -> Vec<String> {
    let (out, said, code) = listed(sim, &[arguments, &["-o", "json"]].concat()).await;
    assert_eq!(code, Some(0), "{arguments:?}: {said}");
    let rows: Vec<Value> = serde_json::from_str(&out).unwrap();
    let id = |row: &Value| {
        let ids = ["imageId", "bundleId", "importTaskId"].map(|name| row[name].as_str());
        ids.into_iter().flatten().next().unwrap().to_owned()
    };
    rows.iter().map(id).collect()
}

#[tokio::test]
async fn list_prints_a_table_for_people_and_json_for_programs() {
    let sim = simulator().await;
    running(&sim, "ami-0123456789abcdef0");
    let home = tempfile::tempdir().unwrap();
    let mut list = amiwatch(home.path(), Some(&sim.url()));
    list.arg("list");
    let (out, _, code) = texts(&run(list).await);
    assert_eq!(code, Some(0));
    assert!(out.contains("ami-0123456789abcdef0") && out.contains("InProgress"), "{out}");
    let mut list = amiwatch(home.path(), Some(&sim.url()));
    list.args(["list", "--output", "json", "--kind", "store-image"]);
    let (out, _, _) = texts(&run(list).await);
    let rows: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(rows[0]["imageId"], "ami-0123456789abcdef0");
    assert_eq!(rows[0]["state"], "InProgress");
    assert_eq!(rows[0]["region"], REGION);
}

#[tokio::test]
async fn a_region_that_is_refused_or_a_kind_that_is_denied_leaves_the_rest_listed() {
    let sim = simulator().await;
    running(&sim, "ami-0123456789abcdef0");
    sim.world().add_fault(FaultRule::new(FaultKind::Denied).in_region("eu-west-1"));
    sim.world().add_fault(FaultRule::new(FaultKind::Denied).on("DescribeBundleTasks"));
    let home = tempfile::tempdir().unwrap();
    let list = |arguments: &[&str]| {
        let mut command = amiwatch(home.path(), Some(&sim.url()));
        command.arg("list").args(arguments);
        run(command)
    };
    let two = ["-r", REGION, "-r", "eu-west-1"];
    let (out, said, code) = texts(&list(&two).await);
    assert_eq!(code, Some(2), "{said}");
    assert!(out.contains("ami-0123456789abcdef0"), "{out}");
    // Both kinds of one Region, and one kind of the other.
    assert_eq!(said.matches("error: ").count(), 3, "{said}");
    for failed in [
        "DescribeStoreImageTasks in eu-west-1",
        "DescribeBundleTasks in eu-west-1",
        "DescribeBundleTasks in us-east-1",
    ] {
        assert!(said.contains(failed), "{said}");
    }
    let (out, _, code) = texts(&list(&[&two[..], &["-o", "json"]].concat()).await);
    let rows: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((rows.as_array().unwrap().len(), code), (1, Some(2)));
    // An empty list would say that there are no tasks.
    let (out, _, code) = texts(&list(&["-r", "eu-west-1", "-o", "json"]).await);
    assert_eq!((out.as_str(), code), ("", Some(2)));
}

#[tokio::test]
async fn a_listing_that_breaks_off_or_holds_an_unreadable_task_is_shown_as_far_as_it_goes() {
    let sim = simulator().await;
    for number in 0..250 {
        running(&sim, &format!("ami-{number:017x}"));
    }
    let denied = FaultRule::new(FaultKind::Denied).on("DescribeStoreImageTasks").after(1);
    sim.world().add_fault(denied);
    let home = tempfile::tempdir().unwrap();
    let mut command = amiwatch(home.path(), Some(&sim.url()));
    command.args(["list", "-o", "json"]);
    let (out, said, code) = texts(&run(command).await);
    let rows: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((rows.as_array().unwrap().len(), code), (200, Some(2)), "{said}");

    sim.world().clear_faults();
    let fields = vec!["amiId".to_owned()];
    sim.world()
        .add_fault(FaultRule::new(FaultKind::MissingFields { fields, item: Some(0) }).times(1));
    let mut command = amiwatch(home.path(), Some(&sim.url()));
    command.args(["list", "-o", "json"]);
    let (out, said, code) = texts(&run(command).await);
    let rows: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((rows.as_array().unwrap().len(), code), (249, Some(2)), "{said}");
    assert!(said.contains("cannot be read"), "{said}");
}

#[tokio::test]
async fn the_same_page_token_twice_is_an_error_and_no_thousand_calls() {
    // The simulator refuses a token that it never gave, so this is a server of its own.
    let page = "<DescribeStoreImageTasksResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
        <storeImageTaskResultSet><item><amiId>ami-0123456789abcdef0</amiId>\
        <taskStartTime>2026-11-20T00:10:00.000Z</taskStartTime><bucket>b</bucket>\
        <s3objectKey>k</s3objectKey><progressPercentage>1</progressPercentage>\
        <storeTaskState>InProgress</storeTaskState></item></storeImageTaskResultSet>\
        <nextToken>again</nextToken></DescribeStoreImageTasksResponse>";
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let answer = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        async move { page }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = axum::Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, app).await });
    let home = tempfile::tempdir().unwrap();
    let mut command = amiwatch(home.path(), Some(&url));
    command.args(["list", "--kind", "store-image"]);
    let (out, said, code) = texts(&run(command).await);
    assert_eq!(code, Some(2), "{said}");
    assert!(out.contains("ami-0123456789abcdef0"), "{out}");
    assert!(said.contains("the same page token twice"), "{said}");
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_narrow_terminal_breaks_neither_an_id_nor_a_time() {
    let sim = simulator().await;
    let started = "2026-11-20T00:10:00Z".parse().unwrap();
    let plan = |image: &str, bucket: &str| {
        let takes = std::time::Duration::from_secs(60);
        amiwatch_simulator::StorePlan::new(image, bucket, started, takes)
    };
    let reason = "The bucket images-of-the-build does not exist, or ami-0123456789abcdef1 is not \
                  available in this Region";
    for (region, image) in
        [(REGION, "ami-0123456789abcdef0"), ("eu-west-1", "ami-0123456789abcdef2")]
    {
        sim.world().add_store_task(ACCOUNT, region, plan(image, "my-bucket-with-a-long-name"));
    }
    let failing = plan("ami-0123456789abcdef1", "images-of-the-build").failing(reason);
    sim.world().add_store_task(ACCOUNT, REGION, failing);
    let bundle = amiwatch_simulator::BundlePlan::new(
        "bun-0123456789abcdef0",
        "i-1",
        "images-of-the-build",
        ago(90),
        std::time::Duration::from_secs(1_000_000),
    );
    sim.world().add_bundle_task(ACCOUNT, "eu-west-1", bundle);
    let home = tempfile::tempdir().unwrap();
    for (columns, arguments) in [
        ("60", &["-r", REGION, "-r", "eu-west-1", "--kind", "store-image"][..]),
        ("80", &["-r", REGION, "-r", "eu-west-1", "--kind", "store-image"]),
        ("140", &["-r", REGION, "-r", "eu-west-1", "--kind", "store-image"]),
        ("80", &["-r", "eu-west-1", "--kind", "store-image"]),
    ] {
        let mut command = amiwatch(home.path(), Some(&sim.url()));
        command.arg("list").args(arguments).env("COLUMNS", columns);
        let (out, said, code) = texts(&run(command).await);
        assert_eq!(code, Some(0), "{said}");
        let width = columns.parse().unwrap();
        assert!(out.lines().all(|line| line.chars().count() <= width), "{out}");
        let name = format!("list_{columns}_{}", arguments.len() / 2);
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(name, out) });
    }
    let mut command = amiwatch(home.path(), Some(&sim.url()));
    command.args(["list", "-r", "eu-west-1"]).env("COLUMNS", "40");
    let (out, _, _) = texts(&run(command).await);
    assert!(
        out.contains("bun-0123456789abcdef0") && out.contains("ami-0123456789abcdef2"),
        "{out}"
    );
}

#[tokio::test]
async fn a_dry_run_says_of_each_listing_whether_it_is_permitted() {
    let sim = simulator().await;
    let (out, said, code) = listed(&sim, &["--dry-run"]).await;
    assert_eq!(code, Some(0), "{said}");
    let expected = "DescribeStoreImageTasks in us-east-1: permitted\nDescribeBundleTasks in us-east-1: permitted\n";
    assert_eq!(out, expected);
    sim.world().add_fault(FaultRule::new(FaultKind::Denied).on("DescribeBundleTasks"));
    let (out, said, code) = listed(&sim, &["--dry-run"]).await;
    assert_eq!((out.lines().count(), code), (1, Some(2)));
    assert!(
        said.contains("DescribeBundleTasks in us-east-1: ")
            && said.contains("UnauthorizedOperation"),
        "{said}"
    );
}

#[tokio::test]
async fn every_region_that_is_enabled_is_listed() {
    let sim = simulator().await;
    let plan = StorePlan::new("ami-0123456789abcdef0", "b", ago(60), Duration::from_secs(600));
    sim.world().add_store_task(ACCOUNT, "eu-west-1", plan);
    assert_eq!(names(&sim, &["--all-regions"]).await, ["ami-0123456789abcdef0"]);
    assert!(names(&sim, &[]).await.is_empty());
    sim.world().add_fault(FaultRule::new(FaultKind::Denied).on("DescribeRegions"));
    let (_, said, code) = listed(&sim, &["--all-regions"]).await;
    assert_eq!(code, Some(2));
    assert!(said.contains("DescribeRegions in us-east-1") && said.contains("--region"), "{said}");
}

#[tokio::test]
async fn csv_is_read_back_as_it_was_listed() {
    let sim = some_of_each().await;
    let (out, said, code) = listed(&sim, &["--kind", "all", "-o", "csv"]).await;
    assert_eq!(code, Some(0), "{said}");
    let mut csv = csv::Reader::from_reader(out.as_bytes());
    let names = csv.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 5);
    let of = |name: &str| names.iter().position(|it| it == name).unwrap();
    let failed = rows.iter().find(|row| &row[of("state")] == "Failed").unwrap();
    assert_eq!(&failed[of("imageId")], "ami-0123456789abcdef1");
    // No spreadsheet takes it for a formula.
    assert_eq!(&failed[of("failureMessage")], "'=The snapshot, \"gone\".");
}

#[tokio::test]
async fn no_form_of_a_listing_moves_the_cursor_or_turns_text_around() {
    let sim = simulator().await;
    let task = running(&sim, "ami-0123456789abcdef0");
    let reason = "\u{9b}31mred \u{202e}gnp.exe\u{2066} \u{7f}end";
    let failed = TaskStatus { message: Some(reason.into()), ..TaskStatus::new("Failed", 5) };
    sim.world().set_state(task, failed);
    for form in ["text", "json", "csv"] {
        let arguments = ["--kind", "store-image", "-o", form];
        let (out, said, code) = listed(&sim, &arguments).await;
        assert_eq!(code, Some(0), "{said}");
        assert!(!out.chars().any(|c| c != '\n' && is_hidden(c)), "{form}: {out:?}");
        if form == "json" {
            let rows: Value = serde_json::from_str(&out).unwrap();
            assert_eq!(rows[0]["failure"]["message"], reason);
        } else {
            assert!(out.contains("31mred gnp.exe end"), "{form}: {out}");
        }
    }
    // A failure quotes what it is about.
    let mut command = amiwatch(std::path::Path::new("/nonexistent"), None);
    command.args(["render", "no\u{9b}31m\u{202e}file"]);
    let (_, said, code) = texts(&run(command).await);
    assert_eq!(code, Some(2));
    assert!(said.contains("no31mfile"), "{said:?}");
    assert!(!said.chars().any(|c| c != '\n' && is_hidden(c)), "{said:?}");
}

#[tokio::test]
async fn a_table_has_no_rules_and_says_ages_in_words() {
    let sim = some_of_each().await;
    for width in [60, 80, 140] {
        let mut command = amiwatch(std::path::Path::new("/nonexistent"), Some(&sim.url()));
        command.env("COLUMNS", width.to_string()).args(["list", "--kind", "all"]);
        let (out, said, code) = texts(&run(command).await);
        assert_eq!(code, Some(0), "{said}");
        assert!(
            out.lines().all(|line| line.chars().count() <= width && !line.contains('─')),
            "{out}"
        );
        // Times move on: only where each column stands is fixed.
        let ages = out.replace("15 minutes", "AGE").replace("1 hour 6 minutes", "AGE");
        assert!(width < 80 || (ages.contains("AGE") && out.contains("2 days")), "{out}");
    }
}
