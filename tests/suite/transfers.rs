//! Imports and exports, their whole way: simulator, real function, table, topic.

use std::time::Duration;

use amiwatch_simulator::{ExportImagePlan, ExportTarget, TaskId, Transfer, TransferEnd};
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

const CASES: [Case; 1] = [Case {
    kind: "export-image",
    id_name: "exportImageTaskId",
    id_prefix: "export-ami-",
    start: |stack, transfer| {
        let plan = ExportImagePlan::new(
            transfer,
            "ami-0123456789abcdef0",
            ExportTarget::new("exports", "vm/"),
        );
        stack.sim.world().add_export_image_task(ACCOUNT, REGION, plan)
    },
    tells_cancelled: true,
    made: |event, id| {
        assert_eq!(event["detail"]["bucket"], "exports");
        let object = format!("arn:aws:s3:::exports/vm/{id}.*");
        assert!(event["resources"].as_array().unwrap().contains(&json!(object)), "{event}");
    },
}];

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
        let outcomes = ["completed", "failed", "failed", cancelled, "completed"];
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
