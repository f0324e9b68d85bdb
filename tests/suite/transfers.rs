//! Imports and exports, their whole way: simulator, real function, table, topic.

use std::path::Path;
use std::time::Duration;

use amiwatch_simulator::{
    Disk, ExportImagePlan, ExportInstancePlan, ExportTarget, ImportImagePlan, ImportSnapshotPlan,
    TaskId, Transfer, TransferEnd,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::command_line::{amiwatch, run, texts};
use crate::function::Stack;
use crate::support::lambda::Function;
use crate::support::moto;
use crate::support::{ACCOUNT, REGION};

/// One kind of import or export.
struct Case {
    kind: &'static str,
    /// What an event calls the id, and how ids begin.
    id_name: &'static str,
    id_prefix: &'static str,
    start: fn(&Stack, Transfer) -> TaskId,
    /// What the event of a completed task says of what was made.
    made: fn(&Value, &str),
}

const CASES: [Case; 4] = [
    Case {
        kind: "import-snapshot",
        id_name: "importTaskId",
        id_prefix: "import-snap-",
        start: |stack, transfer| {
            let plan = ImportSnapshotPlan::new(transfer, disk());
            stack.sim.world().add_import_snapshot_task(ACCOUNT, REGION, plan)
        },
        made: |event, _| {
            let snapshot = event["detail"]["snapshotId"].as_str().unwrap();
            let arn = format!("arn:aws:ec2:us-east-1::snapshot/{snapshot}");
            assert!(event["resources"].as_array().unwrap().contains(&json!(arn)), "{event}");
            assert_eq!(event["detail"]["objectKey"], "disks/root.vmdk");
        },
    },
    Case {
        kind: "import-image",
        id_name: "importTaskId",
        id_prefix: "import-ami-",
        start: |stack, transfer| {
            let secret = Disk::at_url("VMDK", "https://disks.example/x?X-Amz-Signature=SECRET");
            let plan = ImportImagePlan::new(transfer, vec![disk(), secret]);
            stack.sim.world().add_import_image_task(ACCOUNT, REGION, plan)
        },
        made: |event, _| {
            let detail = &event["detail"];
            assert!(detail["imageId"].as_str().unwrap().starts_with("ami-"), "{event}");
            assert_eq!(detail["snapshotIds"].as_array().unwrap().len(), 2, "{event}");
        },
    },
    Case {
        kind: "export-image",
        id_name: "exportImageTaskId",
        id_prefix: "export-ami-",
        start: |stack, transfer| {
            let target = ExportTarget::new("exports", "vm/");
            let plan = ExportImagePlan::new(transfer, "ami-0123456789abcdef0", target);
            stack.sim.world().add_export_image_task(ACCOUNT, REGION, plan)
        },
        made: |event, id| {
            assert_eq!(event["detail"]["bucket"], "exports");
            let object = format!("arn:aws:s3:::exports/vm/{id}.*");
            assert!(event["resources"].as_array().unwrap().contains(&json!(object)), "{event}");
        },
    },
    Case {
        kind: "export-instance",
        id_name: "exportTaskId",
        id_prefix: "export-i-",
        start: |stack, transfer| {
            let target = ExportTarget::new("exports", "vm/");
            let plan = ExportInstancePlan::new(transfer, "i-0123456789abcdef0", target);
            stack.sim.world().add_export_instance_task(ACCOUNT, REGION, plan)
        },
        made: |event, id| {
            let key = event["detail"]["objectKey"].as_str().unwrap();
            assert!(key.starts_with(&format!("vm/{id}.")), "{event}");
        },
    },
];

fn disk() -> Disk {
    Disk::in_bucket("VMDK", "images", "disks/root.vmdk")
}

/// Ten minutes from the start to the end, of which five are over.
fn transfer(stack: &Stack, case: &Case, name: &str) -> (String, Transfer) {
    // Not hexadecimal: EC2's ids are not.
    let id = format!("{}247b055a0{name:0>8}t", case.id_prefix);
    let transfer = Transfer::new(&id, stack.ago(300), Duration::from_secs(600));
    (id, transfer)
}

async fn poll(function: &mut Function) -> Value {
    function.invoke(&json!({ "source": "aws.scheduler" })).await.unwrap()
}

#[tokio::test]
async fn each_end_of_an_import_or_export_is_told_once_as_what_it_is() {
    for case in &CASES {
        let stack = Stack::with(&[("AMIWATCH_KINDS", case.kind)]).await;
        let reason = "ClientError: Disk validation failed [Unsupported specified file format]";
        let ends = [
            ("completed", TransferEnd::Completed),
            ("failed", TransferEnd::Failed { reason: Some(reason.into()), percent: 39 }),
            ("noreason", TransferEnd::Failed { reason: None, percent: 39 }),
            ("cancelled", TransferEnd::Cancelled),
        ];
        let mut ids = Vec::new();
        for (name, end) in ends {
            let (id, transfer) = transfer(&stack, case, name);
            (case.start)(&stack, transfer.ending(end));
            ids.push(id);
        }
        let (_, mut old) = transfer(&stack, case, "old");
        old.start = stack.ago(7_200);
        (case.start)(&stack, old);
        let mut function = stack.function().await;
        let baseline = poll(&mut function).await;
        assert_eq!(baseline["targets"][0]["kind"], case.kind);
        poll(&mut function).await;
        assert!(stack.inbox.events().await.is_empty(), "{}: nothing has ended", case.kind);

        // One that is born and ends between two polls.
        let (id, mut born) = transfer(&stack, case, "born");
        born.duration = Duration::from_secs(400);
        (case.start)(&stack, born);
        ids.push(id);
        stack.sim.world().clock().advance(Duration::from_secs(400));
        poll(&mut function).await;
        let events = stack.inbox.events().await;
        let told = |id: &str| {
            let of = |event: &&Value| event["detail"][case.id_name] == id;
            let mut of_task = events.iter().filter(of);
            let event = of_task.next().unwrap_or_else(|| panic!("{id} is not told: {events:#?}"));
            assert!(of_task.next().is_none(), "{id} is told twice");
            event
        };
        assert_eq!(events.len(), ids.len(), "{events:#?}");
        // An instance export that ended as `cancelled` and without a word counts as a user's doing.
        let silent = if case.kind == "export-instance" { "cancelled" } else { "failed" };
        let outcomes = ["completed", "failed", silent, "cancelled", "completed"];
        for (id, outcome) in ids.iter().zip(outcomes) {
            assert_eq!(told(id)["detail"]["outcome"], outcome, "{id}");
            assert_eq!(told(id)["detail"]["kind"], case.kind);
            assert_eq!(told(id)["detail"]["startedAt"], Value::Null);
            assert_eq!(told(id)["detail"]["durationSeconds"], Value::Null);
            assert!(told(id)["detail"]["firstSeenAt"].is_string());
        }
        (case.made)(told(&ids[0]), &ids[0]);
        assert_eq!(told(&ids[1])["detail"]["failure"]["message"], reason);
        assert_eq!(told(&ids[4])["detail"]["previousState"], Value::Null);
        for _ in 0..2 {
            poll(&mut function).await;
        }
        assert!(stack.inbox.events().await.is_empty(), "{}: told once", case.kind);
    }
}

#[tokio::test]
async fn an_import_or_export_is_stalled_only_once_its_status_message_stands_still_too() {
    for case in &CASES {
        let stack = Stack::with(&[("AMIWATCH_KINDS", case.kind)]).await;
        let (_, moving) = transfer(&stack, case, "task");
        let task = (case.start)(&stack, moving);
        let status = |message: &str| amiwatch_simulator::TaskStatus {
            message: Some(message.into()),
            ..amiwatch_simulator::TaskStatus::new("active", 39)
        };
        stack.sim.world().set_state(task, status("converting"));
        let mut function = stack.function().await;
        poll(&mut function).await;
        moto::time_passes(&stack.table, 4 * 3600).await;
        stack.sim.world().set_state(task, status("updating"));
        poll(&mut function).await;
        assert!(stack.inbox.events().await.is_empty(), "{}: its message moved", case.kind);
        moto::time_passes(&stack.table, 4 * 3600).await;
        poll(&mut function).await;
        let events = stack.inbox.events().await;
        assert_eq!(events.len(), 1, "{events:#?}");
        assert_eq!(events[0]["detail"]["outcome"], "stalled");
        assert_eq!(events[0]["detail"]["statusMessage"], "updating");
        poll(&mut function).await;
        assert!(stack.inbox.events().await.is_empty(), "{}: once a stall", case.kind);
    }
}

#[tokio::test]
async fn an_import_or_export_that_leaves_its_listing_unended_has_vanished() {
    for case in &CASES {
        let stack = Stack::with(&[("AMIWATCH_KINDS", case.kind)]).await;
        let (id, running) = transfer(&stack, case, "task");
        let task = (case.start)(&stack, running);
        let mut function = stack.function().await;
        poll(&mut function).await;
        stack.sim.world().remove_task(task);
        poll(&mut function).await;
        moto::time_passes(&stack.table, 60).await;
        poll(&mut function).await;
        let events = stack.inbox.events().await;
        assert_eq!(events.len(), 1, "{events:#?}");
        assert_eq!(events[0]["detail"]["outcome"], "vanished");
        assert_eq!(events[0]["detail"][case.id_name], id);
    }
}

#[tokio::test]
async fn an_instance_export_that_expired_has_failed_and_is_told_once_and_no_image_export_among_them()
 {
    let stack = Stack::with(&[("AMIWATCH_KINDS", "export-image,export-instance")]).await;
    let [.., image, instance] = &CASES;
    let (id, expiring) = transfer(&stack, instance, "task");
    (instance.start)(&stack, expiring.ending(TransferEnd::Expired));
    // Its own listing and that of instance exports both have it.
    let (other, exporting) = transfer(&stack, image, "task");
    (image.start)(&stack, exporting);
    let mut function = stack.function().await;
    poll(&mut function).await;
    stack.sim.world().clock().advance(Duration::from_secs(400));
    for _ in 0..2 {
        poll(&mut function).await;
    }
    let events = stack.inbox.events().await;
    let told = |kind: &str| {
        let of_kind: Vec<&Value> =
            events.iter().filter(|event| event["detail"]["kind"] == kind).collect();
        assert_eq!(of_kind.len(), 1, "{events:#?}");
        of_kind[0]["detail"].clone()
    };
    let expired = told("export-instance");
    assert_eq!((&expired["exportTaskId"], &expired["outcome"]), (&json!(id), &json!("failed")));
    let message = expired["failure"]["message"].as_str().unwrap();
    assert!(message.starts_with("Task expired"), "{message}");
    assert_eq!(told("export-image")["exportImageTaskId"], json!(other));
}

#[tokio::test]
async fn the_address_of_an_imported_disk_is_nowhere() {
    let stack =
        Stack::with(&[("AMIWATCH_KINDS", "all"), ("AMIWATCH_TELL", "started,failed")]).await;
    let mut function = stack.function().await;
    poll(&mut function).await;
    let [_, image, ..] = &CASES;
    let (_, importing) = transfer(&stack, image, "image");
    (image.start)(&stack, importing.failing("ClientError: no system"));
    let (_, importing) = transfer(&stack, &CASES[0], "snap");
    let url = "https://disks.example/y?X-Amz-Signature=SECRET";
    let plan = ImportSnapshotPlan::new(importing, Disk::at_url("VMDK", url));
    stack.sim.world().add_import_snapshot_task(ACCOUNT, REGION, plan);
    poll(&mut function).await;
    stack.sim.world().clock().advance(Duration::from_secs(400));
    poll(&mut function).await;
    let events = stack.inbox.events().await;
    assert!(events.len() >= 3, "{events:#?}");
    let table = moto::table_as_text(&stack.table).await;
    let log = function.log_with("Polled").await;
    for text in [json!(events).to_string(), table, log] {
        assert!(!text.contains("SECRET") && !text.contains("disks.example"), "{text}");
    }
}

/// Lets time pass for what a state file remembers.
fn time_passes(home: &Path, by: SignedDuration) {
    let path = home.join(".local/state/amiwatch/state.db");
    let database = rusqlite::Connection::open(path).unwrap();
    let mut select = database.prepare("SELECT sk, body FROM items WHERE sk LIKE 'u#%'").unwrap();
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let rows: Vec<(String, String)> = rows.collect::<Result<_, _>>().unwrap();
    for (key, body) in rows {
        let mut body: Value = serde_json::from_str(&body).unwrap();
        for name in ["movedAt", "changedAt"] {
            let at: Timestamp = body[name].as_str().unwrap().parse().unwrap();
            body[name] = json!(at - by);
        }
        let written = "UPDATE items SET body = ?2 WHERE sk = ?1";
        assert_eq!(database.execute(written, (&key, body.to_string())).unwrap(), 1);
    }
}

#[tokio::test]
async fn the_command_line_tells_every_outcome_of_an_import_or_export_once() {
    for case in &CASES {
        let stack = Stack::with(&[]).await;
        let reason = "ClientError: the disk is none";
        let begin = |name: &str, change: fn(Transfer) -> Transfer| {
            let (id, transfer) = transfer(&stack, case, name);
            (id, (case.start)(&stack, change(transfer)))
        };
        let (good, _) = begin("good", |it| it);
        let (bad, _) = begin("bad", |it| it.failing("ClientError: the disk is none"));
        let (ended, _) = begin("ended", |it| it.ending(TransferEnd::Cancelled));
        let long = |mut it: Transfer| {
            it.duration = Duration::from_secs(1_000_000);
            it
        };
        let (lost, gone) = begin("lost", long);
        let (slow, stalling) = begin("slow", long);
        let status = |message: &str| amiwatch_simulator::TaskStatus {
            message: Some(message.into()),
            ..amiwatch_simulator::TaskStatus::new("active", 39)
        };
        let world = stack.sim.world();
        world.set_state(stalling, status("converting"));
        let home = tempfile::tempdir().unwrap();
        let told = async |expected: Option<i32>| {
            let mut command = amiwatch(home.path(), Some(&stack.sim.url()));
            command.args(["poll", "--kind", case.kind, "--output", "json"]);
            let (out, said, code) = texts(&run(command).await);
            assert_eq!(code, expected, "{}: {said}", case.kind);
            let events = out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
            let detail = events.map(|event| event["detail"].clone());
            detail.collect::<Vec<_>>()
        };
        let outcomes = |events: &[Value]| {
            let mut all: Vec<String> = events
                .iter()
                .map(|it| format!("{} {}", it[case.id_name].as_str().unwrap(), it["outcome"]))
                .collect();
            all.sort();
            all
        };
        assert_eq!(told(Some(0)).await, [] as [Value; 0], "{}: old news", case.kind);
        world.clock().advance(Duration::from_secs(400));
        world.remove_task(gone);
        let events = told(Some(1)).await;
        let mut expected = [
            format!("{good} \"completed\""),
            format!("{bad} \"failed\""),
            format!("{ended} \"cancelled\""),
        ];
        expected.sort();
        assert_eq!(outcomes(&events), expected, "{}", case.kind);
        let failed = events.iter().find(|it| it[case.id_name] == bad.as_str()).unwrap();
        assert_eq!(failed["failure"]["message"], reason);
        // Its message moves while its percentage does not, and then neither does.
        time_passes(home.path(), SignedDuration::from_hours(4));
        world.set_state(stalling, status("updating"));
        assert_eq!(outcomes(&told(Some(1)).await), [format!("{lost} \"vanished\"")]);
        time_passes(home.path(), SignedDuration::from_hours(4));
        assert_eq!(outcomes(&told(Some(1)).await), [format!("{slow} \"stalled\"")]);
        assert_eq!(told(Some(0)).await, [] as [Value; 0], "{}: once", case.kind);
    }
}

#[tokio::test]
async fn a_poll_that_tells_of_a_cancelled_task_alone_ends_with_exit_code_1() {
    let stack = Stack::with(&[]).await;
    let case = &CASES[0];
    let (_, cancelled) = transfer(&stack, case, "task");
    (case.start)(&stack, cancelled.ending(TransferEnd::Cancelled));
    let home = tempfile::tempdir().unwrap();
    let poll = || {
        let mut command = amiwatch(home.path(), Some(&stack.sim.url()));
        command.args(["poll", "--kind", case.kind]);
        run(command)
    };
    assert_eq!(texts(&poll().await).2, Some(0));
    stack.sim.world().clock().advance(Duration::from_secs(400));
    let (out, said, code) = texts(&poll().await);
    assert!(out.starts_with("Cancelled: snapshot import "), "{out}");
    assert_eq!(code, Some(1), "{said}");
}
