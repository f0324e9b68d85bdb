//! `amiwatch wait`: every kind, every end, every way of not ending.

use std::process::Command;
use std::time::Duration;

use amiwatch_simulator::{
    BundlePlan, Disk, ExportImagePlan, ExportInstancePlan, ExportTarget, FaultKind, FaultRule,
    ImportImagePlan, ImportSnapshotPlan, Simulator, StorePlan, TaskStatus, Throttle, Transfer,
    TransferEnd,
};
use serde_json::Value;

use super::{amiwatch, run, running, simulator, texts};
use crate::support::{ACCOUNT, REGION, ago, now};

const AMI: &str = "ami-0123456789abcdef0";
const LONG: Duration = Duration::from_secs(1_000_000);

/// `amiwatch wait` with short pauses.
fn wait(sim: &Simulator, arguments: &[&str]) -> Command {
    // Nothing is kept: there is no home to write to.
    let mut command = amiwatch(std::path::Path::new("/nonexistent"), Some(&sim.url()));
    command.args(["wait", "--pause", "1s"]).args(arguments);
    command
}

async fn waited(sim: &Simulator, arguments: &[&str]) -> (String, String, Option<i32>) {
    texts(&run(wait(sim, arguments)).await)
}

/// Changes the world once EC2 has been asked so often.
async fn after_looks(sim: &Simulator, looks: usize, change: impl FnOnce()) {
    while sim.world().calls().len() < looks {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    change();
}

#[tokio::test]
async fn a_task_of_any_kind_is_waited_for_until_it_completes() {
    let sim = simulator().await;
    let world = sim.world();
    let begun = |id: &str| Transfer::new(id, ago(60), LONG);
    let disk = || Disk::in_bucket("VMDK", "disks", "root.vmdk");
    let target = || ExportTarget::new("exports", "vm/");
    let bundle = BundlePlan::new("bun-c1a540a8", "i-12345678", "b", ago(60), LONG);
    let tasks = [
        (AMI, "Completed", running(&sim, AMI)),
        ("bun-c1a540a8", "complete", world.add_bundle_task(ACCOUNT, REGION, bundle)),
        (
            "import-snap-1",
            "completed",
            world.add_import_snapshot_task(
                ACCOUNT,
                REGION,
                ImportSnapshotPlan::new(begun("import-snap-1"), disk()),
            ),
        ),
        (
            "import-ami-1",
            "completed",
            world.add_import_image_task(
                ACCOUNT,
                REGION,
                ImportImagePlan::new(begun("import-ami-1"), vec![disk()]),
            ),
        ),
        (
            "export-ami-1",
            "completed",
            world.add_export_image_task(
                ACCOUNT,
                REGION,
                ExportImagePlan::new(begun("export-ami-1"), AMI, target()),
            ),
        ),
        (
            "export-i-1",
            "completed",
            world.add_export_instance_task(
                ACCOUNT,
                REGION,
                ExportInstancePlan::new(begun("export-i-1"), "i-12345678", target()),
            ),
        ),
    ];
    let ids: Vec<&str> = tasks.iter().map(|(id, ..)| *id).collect();
    let end = after_looks(&sim, 8, || {
        for (_, state, task) in &tasks {
            world.set_state(*task, TaskStatus::new(*state, 100));
        }
    });
    let ((out, said, code), ()) = tokio::join!(waited(&sim, &ids), end);
    assert_eq!(code, Some(0), "{said}");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), tasks.len(), "{out}");
    // Listing by listing, they may end in two looks.
    for id in ids {
        let told =
            |line: &&&str| line.starts_with("Completed: ") && line.contains(&format!(" {id} "));
        assert_eq!(lines.iter().filter(told).count(), 1, "{id}: {out}");
    }
    assert!(said.contains(&format!("{AMI} is InProgress, ")), "{said}");
}

#[tokio::test]
async fn a_failure_is_told_with_its_reason_and_exit_code_1() {
    let sim = simulator().await;
    let plan = StorePlan::new(AMI, "b", ago(600), Duration::from_secs(60));
    sim.world().add_store_task(ACCOUNT, REGION, plan.failing("Snapshot snap-1 was deleted."));
    let transfer = Transfer::new("import-snap-1", ago(600), Duration::from_secs(60));
    let cancelled = ImportSnapshotPlan::new(
        transfer.ending(TransferEnd::Cancelled),
        Disk::in_bucket("VMDK", "b", "k"),
    );
    sim.world().add_import_snapshot_task(ACCOUNT, REGION, cancelled);
    let (out, said, code) = waited(&sim, &[AMI]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(out.starts_with(&format!("Failed: AMI store {AMI} to b (us-east-1)")), "{out}");
    assert!(out.contains("\n    Snapshot snap-1 was deleted.\n"), "{out}");
    let (out, _, code) = waited(&sim, &["import-snap-1"]).await;
    assert_eq!(
        (out.as_str(), code),
        ("Cancelled: snapshot import import-snap-1 from b (us-east-1)\n", Some(1))
    );
    let (out, _, code) = waited(&sim, &[AMI, "-o", "json"]).await;
    let event: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, Some(1));
    assert_eq!(event["detail"]["failure"]["message"], "Snapshot snap-1 was deleted.");
    assert_eq!(event["account"], ACCOUNT);
}

#[tokio::test]
async fn with_fail_fast_the_first_failure_ends_it_and_without_all_are_waited_for() {
    let sim = simulator().await;
    let other = "ami-0123456789abcdef1";
    let (bad, good) = (running(&sim, AMI), running(&sim, other));
    sim.world().set_state(bad, TaskStatus::new("Failed", 5));
    let (out, _, code) = waited(&sim, &["--fail-fast", AMI, other]).await;
    assert_eq!((out.lines().filter(|line| !line.starts_with(' ')).count(), code), (1, Some(1)));
    let looks = sim.world().calls().len();
    let end = after_looks(&sim, looks + 2, || {
        assert!(sim.world().set_state(good, TaskStatus::new("Completed", 100)));
    });
    let both = [AMI, other];
    let ((out, _, code), ()) = tokio::join!(waited(&sim, &both), end);
    assert_eq!((out.matches("AMI store").count(), code), (2, Some(1)), "{out}");
}

#[tokio::test]
async fn a_task_that_does_not_end_in_time_is_exit_code_3() {
    let sim = simulator().await;
    running(&sim, AMI);
    let (out, said, code) = waited(&sim, &["--timeout", "2s", AMI]).await;
    assert_eq!((out.as_str(), code), ("", Some(3)), "{said}");
    assert!(said.contains(&format!("timed out: {AMI} is InProgress")), "{said}");
}

#[tokio::test]
async fn an_unknown_id_is_an_error_at_once_unless_it_may_still_appear() {
    let sim = simulator().await;
    let (out, said, code) = waited(&sim, &["import-snap-1"]).await;
    assert_eq!((out.as_str(), code), ("", Some(2)));
    for words in
        ["DescribeImportSnapshotTasks does not list import-snap-1 in us-east-1", "--appear 2m"]
    {
        assert!(said.contains(words), "{said}");
    }
    assert_eq!(sim.world().calls().len(), 1, "at once");
    let (_, said, code) = waited(&sim, &["--appear", "2s", "import-snap-1"]).await;
    assert_eq!(code, Some(2));
    assert!(said.contains("does not list import-snap-1") && !said.contains("--appear"), "{said}");

    // An old store of the AMI is not the one that is to appear.
    let old = StorePlan::new(AMI, "b", ago(6_000), Duration::from_secs(60));
    sim.world().add_store_task(ACCOUNT, REGION, old);
    let looks = sim.world().calls().len();
    let appear = after_looks(&sim, looks + 2, || {
        let plan = StorePlan::new(AMI, "c", now(), Duration::from_millis(1));
        sim.world().add_store_task(ACCOUNT, REGION, plan);
    });
    let ((out, said, code), ()) = tokio::join!(
        waited(&sim, {
            const IDS: &[&str] = &["--appear", "60s", AMI];
            IDS
        }),
        appear
    );
    assert_eq!(code, Some(0), "{said}");
    assert!(out.contains(&format!("{AMI} to c")), "{out}");
}

#[tokio::test]
async fn of_several_stores_of_an_ami_the_newest_is_meant_and_said_so() {
    let sim = simulator().await;
    for (bucket, seconds, end) in [("newest", 600, "Completed"), ("older", 6_000, "Failed")] {
        let task = sim.world().add_store_task(
            ACCOUNT,
            REGION,
            StorePlan::new(AMI, bucket, ago(seconds), LONG),
        );
        sim.world().set_state(task, TaskStatus::new(end, 100));
    }
    let (out, said, code) = waited(&sim, &[AMI]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(out.contains(&format!("{AMI} to newest")), "{out}");
    assert!(
        said.contains("stored more than once") && said.contains(&format!("{AMI}@BUCKET")),
        "{said}"
    );
    let (out, said, code) = waited(&sim, &[&format!("{AMI}@older")]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(out.contains("to older") && !said.contains("more than once"), "{out}{said}");
}

#[tokio::test]
async fn a_task_that_leaves_the_listing_has_vanished() {
    let sim = simulator().await;
    let task = running(&sim, AMI);
    let gone = after_looks(&sim, 1, || assert!(sim.world().remove_task(task)));
    let ((out, said, code), ()) = tokio::join!(
        waited(&sim, {
            const IDS: &[&str] = &[AMI];
            IDS
        }),
        gone
    );
    assert_eq!(code, Some(1), "{said}");
    assert!(out.starts_with("Vanished: AMI store"), "{out}");
}

#[tokio::test]
async fn a_task_whose_item_cannot_be_read_for_a_while_has_not_vanished() {
    let sim = simulator().await;
    let task = running(&sim, AMI);
    let trouble = async {
        after_looks(&sim, 1, || {
            let fields = vec!["amiId".to_owned()];
            let torn = FaultRule::new(FaultKind::MissingFields { fields, item: None });
            sim.world().add_fault(torn);
        })
        .await;
        after_looks(&sim, 4, || {
            sim.world().clear_faults();
            sim.world().set_state(task, TaskStatus::new("Completed", 100));
        })
        .await;
        std::future::pending::<()>().await;
    };
    let ids = [AMI];
    let (out, said, code) = tokio::select! {
        ended = waited(&sim, &ids) => ended,
        () = trouble => panic!("it never ends"),
    };
    assert_eq!(code, Some(0), "{out}{said}");
    assert!(out.starts_with("Completed"), "{out}");
}

#[tokio::test]
async fn all_that_runs_is_waited_for_and_what_starts_later_is_not() {
    let sim = simulator().await;
    let (out, said, code) = waited(&sim, &["--all-running"]).await;
    assert_eq!((out.as_str(), said.as_str(), code), ("", "nothing runs in us-east-1\n", Some(0)));
    // What cannot be read may run.
    let torn = running(&sim, AMI);
    let fields = vec!["amiId".to_owned()];
    sim.world().add_fault(FaultRule::new(FaultKind::MissingFields { fields, item: Some(0) }));
    let (out, said, code) = waited(&sim, &["--all-running"]).await;
    assert_eq!((out.as_str(), code), ("", Some(2)), "{said}");
    assert!(said.contains("a store-image task in us-east-1 cannot be read"), "{said}");
    assert!(!said.contains("nothing runs"), "{said}");
    sim.world().clear_faults();
    assert!(sim.world().remove_task(torn));
    let tasks: Vec<_> = (0..3).map(|n| running(&sim, &format!("ami-{n:017x}"))).collect();
    let ended = running(&sim, AMI);
    sim.world().set_state(ended, TaskStatus::new("Completed", 100));
    let looks = sim.world().calls().len();
    let end = after_looks(&sim, looks + 4, || {
        running(&sim, "ami-0123456789abcdef1");
        for task in &tasks {
            sim.world().set_state(*task, TaskStatus::new("Completed", 100));
        }
    });
    let ((out, said, code), ()) = tokio::join!(
        waited(&sim, {
            const IDS: &[&str] = &["--all-running", "--kind", "all"];
            IDS
        }),
        end
    );
    assert_eq!((out.lines().count(), code), (3, Some(0)), "{out}{said}");
}

#[tokio::test]
async fn a_task_on_a_later_page_is_found_and_no_more_is_read_than_needed() {
    let sim = Simulator::builder().throttle(Throttle::Off).start().await.unwrap();
    let task =
        sim.world().add_store_task(ACCOUNT, REGION, StorePlan::new(AMI, "b", ago(50_000), LONG));
    sim.world().set_state(task, TaskStatus::new("Failed", 5));
    for n in 0..450 {
        let plan =
            StorePlan::new(format!("ami-{n:017x}"), "b", ago(600 + n), Duration::from_secs(1));
        sim.world().add_store_task(ACCOUNT, REGION, plan);
    }
    let (_, said, code) = waited(&sim, &[AMI]).await;
    assert_eq!((code, sim.world().calls().len()), (Some(1), 3), "{said}");
    sim.world().reset_calls();
    let first = format!("ami-{:017x}", 0);
    let (_, said, code) = waited(&sim, &[&first]).await;
    assert_eq!((code, sim.world().calls().len()), (Some(0), 1), "{said}");
}

#[tokio::test]
async fn what_fails_at_the_first_look_is_an_error_and_later_it_goes_on() {
    let sim = simulator().await;
    let task = running(&sim, AMI);
    let denied = sim.world().add_fault(FaultRule::new(FaultKind::Denied));
    let (_, said, code) = waited(&sim, &[AMI]).await;
    assert_eq!(code, Some(2));
    assert!(said.contains("UnauthorizedOperation"), "{said}");
    sim.world().remove_fault(denied);
    sim.world().reset_calls();
    let trouble = async {
        after_looks(&sim, 1, || {
            sim.world().add_fault(FaultRule::new(FaultKind::Denied));
        })
        .await;
        after_looks(&sim, 3, || {
            sim.world().clear_faults();
            sim.world().set_state(task, TaskStatus::new("Completed", 100));
        })
        .await;
    };
    let ((out, said, code), ()) = tokio::join!(
        waited(&sim, {
            const IDS: &[&str] = &[AMI];
            IDS
        }),
        trouble
    );
    assert_eq!(code, Some(0), "{said}");
    assert!(
        out.starts_with("Completed") && said.matches("cannot look at the moment").count() == 1,
        "{said}"
    );
}

#[tokio::test]
async fn a_task_is_looked_for_in_every_region_that_is_named() {
    let sim = simulator().await;
    let plan = StorePlan::new(AMI, "b", ago(600), Duration::from_secs(60));
    sim.world().add_store_task(ACCOUNT, "eu-west-1", plan);
    let (out, said, code) = waited(&sim, &["-r", "us-east-1", "-r", "eu-west-1", AMI]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(out.contains("(eu-west-1)"), "{out}");
    let (_, said, code) = waited(&sim, &[AMI]).await;
    assert_eq!(code, Some(2), "{said}");
}

#[tokio::test]
async fn what_is_no_id_and_what_cannot_be_meant_is_refused_before_any_call() {
    let sim = simulator().await;
    for (arguments, words) in [
        (vec![""], "printed nothing"),
        (vec!["None"], "begins with ami-"),
        (vec!["bun-1@b"], "write bun-1"),
        (vec![], "<ID>"),
        (vec!["--all-running", AMI], "cannot be used with"),
        (vec!["--kind", "bundle", AMI], "leave --kind out"),
        (vec!["--timeout", "soon", AMI], "1h30m"),
        (vec!["--timeout=-5m", AMI], "1h30m"),
        (vec!["--appear", "0s", AMI], "1h30m"),
    ] {
        let (out, said, code) = waited(&sim, &arguments).await;
        assert_eq!((out.as_str(), code), ("", Some(2)), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
    assert!(sim.world().calls().is_empty());
}
