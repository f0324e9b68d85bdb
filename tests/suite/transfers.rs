//! Imports and exports, their whole way: simulator, real function, table, topic.

use std::time::Duration;

use amiwatch_simulator::{
    Disk, ExportImagePlan, ExportInstancePlan, ExportTarget, ImportImagePlan, ImportSnapshotPlan,
    TaskId, Transfer, TransferEnd,
};
use serde_json::{Value, json};

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
    /// Whether EC2 says which failures are a user's doing.
    tells_cancelled: bool,
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
        tells_cancelled: true,
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
        tells_cancelled: true,
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
        tells_cancelled: true,
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
        // `cancelled` without a text is a user's doing, as far as anybody knows.
        tells_cancelled: true,
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
        let cancelled = if case.tells_cancelled { "cancelled" } else { "failed" };
        // An instance export that ended as `cancelled` and without a word counts as a user's doing.
        let silent = if case.kind == "export-instance" { "cancelled" } else { "failed" };
        let outcomes = ["completed", "failed", silent, cancelled, "completed"];
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
