//! Each item of a listing is read for itself.

use std::time::Duration;

use amiwatch::aws::clients::ATTEMPTS;
use amiwatch::ports::{PageAt, TaskSource};
use amiwatch::task::{Kind, State};
use amiwatch_simulator::{BundlePlan, FaultKind, FaultRule, StorePlan, TaskStatus};

use super::{adapter, add_stores, simulator, store_pages};
use crate::support::{ACCOUNT, REGION, ago, place};

#[tokio::test]
async fn a_failed_store_has_its_reason_and_a_long_one_is_cut_with_a_note() {
    let sim = simulator().await;
    let reason = "x".repeat(400_000);
    let plan = StorePlan::new("ami-00000000000000001", "b", ago(600), Duration::from_secs(1));
    sim.world().add_store_task(ACCOUNT, REGION, plan.failing(reason));
    let pages = store_pages(&sim).await;
    let task = &pages[0].tasks[0];
    assert_eq!(task.state, State::new("Failed"));
    let message = task.failure.as_ref().unwrap().message.as_ref().unwrap();
    assert!(message.ends_with("[... 396000 characters more]") && message.len() < 4_100);
}

#[tokio::test]
async fn a_bundle_task_comes_without_its_secrets() {
    let sim = simulator().await;
    let mut plan = BundlePlan::new("bun-c1a540a8", "i-1", "b", ago(60), Duration::from_secs(600));
    plan.access_key_id = Some("AKIASECRET".into());
    plan.upload_policy = Some("c2VjcmV0LXBvbGljeQ==".into());
    plan.upload_policy_signature = Some("secret-signature".into());
    sim.world().add_bundle_task(ACCOUNT, REGION, plan);
    let page = adapter(&sim).list(&place(), Kind::Bundle, PageAt::WHOLE, ATTEMPTS).await.unwrap();
    let task = &page.tasks[0];
    assert_eq!(task.subject.task_id.as_deref(), Some("bun-c1a540a8"));
    let text = format!("{page:?}").to_lowercase();
    assert!(!text.contains("secret") && !text.contains("c2vjcmv0"), "{text}");
}

#[tokio::test]
async fn one_item_with_a_missing_field_is_named_and_the_others_are_kept() {
    let sim = simulator().await;
    add_stores(&sim, 3);
    for (field, position) in
        [("amiId", 0), ("bucket", 1), ("taskStartTime", 2), ("storeTaskState", 0)]
    {
        sim.world().clear_faults();
        let fields = vec![field.to_owned()];
        sim.world()
            .add_fault(FaultRule::new(FaultKind::MissingFields { fields, item: Some(position) }));
        let page =
            adapter(&sim).list(&place(), Kind::StoreImage, PageAt::WHOLE, ATTEMPTS).await.unwrap();
        assert_eq!((page.tasks.len(), page.rejected.len()), (2, 1), "{field}");
        assert!(page.rejected[0].reason.contains(field), "{:?}", page.rejected);
    }
    sim.world().clear_faults();
    let fields = ["s3objectKey", "progressPercentage"].map(str::to_owned).to_vec();
    sim.world().add_fault(FaultRule::new(FaultKind::MissingFields { fields, item: None }));
    let page =
        adapter(&sim).list(&place(), Kind::StoreImage, PageAt::WHOLE, ATTEMPTS).await.unwrap();
    assert_eq!((page.tasks.len(), page.rejected.len()), (3, 0));
    assert_eq!(page.tasks[0].progress_percent, None);
}

#[tokio::test]
async fn a_state_that_ec2_does_not_document_is_kept_by_name() {
    let sim = simulator().await;
    let plan = StorePlan::new("ami-00000000000000001", "b", ago(600), Duration::from_secs(1));
    let id = sim.world().add_store_task(ACCOUNT, REGION, plan);
    sim.world().set_state(id, TaskStatus::new("Paused", 40));
    let pages = store_pages(&sim).await;
    assert_eq!(pages[0].tasks[0].state, State::new("Paused"));
}

#[tokio::test]
async fn a_reason_that_holds_no_character_costs_neither_its_task_nor_the_others() {
    let sim = simulator().await;
    add_stores(&sim, 3);
    let plan = StorePlan::new("ami-0000000000000000f", "b", ago(10), Duration::from_secs(1));
    sim.world().add_store_task(ACCOUNT, REGION, plan.failing("reason"));
    for text in ["half &#xD800; of a pair", "&#0;", "\u{1}\u{202e}", "&lt;Response&gt;"] {
        sim.world().clear_faults();
        let element = "storeTaskFailureReason".to_owned();
        let text = text.to_owned();
        sim.world().add_fault(FaultRule::new(FaultKind::RawText { element, text, item: Some(0) }));
        let page =
            adapter(&sim).list(&place(), Kind::StoreImage, PageAt::WHOLE, ATTEMPTS).await.unwrap();
        assert_eq!((page.tasks.len(), page.rejected.len()), (4, 0));
        assert!(page.tasks[0].failure.is_some());
    }
}

#[tokio::test]
async fn one_number_or_time_that_is_none_costs_no_other_task() {
    let sim = simulator().await;
    add_stores(&sim, 3);
    for (element, text, kept) in [
        ("progressPercentage", "", 3),
        ("progressPercentage", "seven", 3),
        ("taskStartTime", "", 2),
        ("taskStartTime", "2026-13-01T00:00:00.000Z", 2),
        ("storeTaskState", "", 2),
    ] {
        sim.world().clear_faults();
        let (element, text) = (element.to_owned(), text.to_owned());
        sim.world().add_fault(FaultRule::new(FaultKind::RawText { element, text, item: Some(1) }));
        let page =
            adapter(&sim).list(&place(), Kind::StoreImage, PageAt::WHOLE, ATTEMPTS).await.unwrap();
        assert_eq!((page.tasks.len(), page.rejected.len()), (kept, 3 - kept));
    }
}

#[tokio::test]
async fn an_empty_or_blank_element_is_an_absent_one_in_every_field_of_every_kind() {
    for text in ["", " ", "\n\t "] {
        let sim = simulator().await;
        let plan = StorePlan::new("ami-00000000000000001", "b", ago(600), Duration::from_secs(1));
        sim.world().add_store_task(ACCOUNT, REGION, plan);
        let plan = BundlePlan::new("bun-00000001", "i-1", "b", ago(600), Duration::from_secs(1));
        sim.world().add_bundle_task(ACCOUNT, REGION, plan);
        let source = adapter(&sim);
        let list = async |kind: Kind, element: &str, text: &str| {
            sim.world().clear_faults();
            let (element, text) = (element.to_owned(), text.to_owned());
            sim.world().add_fault(FaultRule::new(FaultKind::RawText { element, text, item: None }));
            source.list(&place(), kind, PageAt::WHOLE, ATTEMPTS).await.unwrap()
        };
        for required in ["amiId", "bucket", "taskStartTime", "storeTaskState"] {
            let page = list(Kind::StoreImage, required, text).await;
            assert_eq!((page.tasks.len(), page.rejected.len()), (0, 1), "{required} {text:?}");
            assert!(page.rejected[0].reason.contains(required), "{:?}", page.rejected);
            assert!(!page.rejected[0].item.contains("  "), "{:?}", page.rejected);
        }
        for required in ["bundleId", "state"] {
            let page = list(Kind::Bundle, required, text).await;
            assert_eq!((page.tasks.len(), page.rejected.len()), (0, 1), "{required} {text:?}");
            assert!(page.rejected[0].reason.contains(required), "{:?}", page.rejected);
        }
        let optional = ["s3objectKey", "progressPercentage", "storeTaskFailureReason", "nextToken"];
        for element in optional {
            let page = list(Kind::StoreImage, element, text).await;
            let task = &page.tasks[0];
            assert_eq!(task.subject.object_key.is_none(), element == "s3objectKey");
            assert_eq!(task.progress_percent.is_none(), element == "progressPercentage");
            assert_eq!((&task.failure, &page.next), (&None, &None), "{element} {text:?}");
        }
        let optional =
            ["instanceId", "prefix", "bucket", "progress", "startTime", "updateTime", "error"];
        for element in optional {
            let page = list(Kind::Bundle, element, text).await;
            let task = &page.tasks[0];
            assert_eq!(task.subject.instance_id.is_none(), element == "instanceId");
            assert_eq!(task.subject.prefix.is_none(), element == "prefix");
            assert_eq!(task.subject.bucket.is_none(), element == "bucket");
            assert_eq!(task.progress_percent.is_none(), element == "progress");
            assert_eq!(task.started_at.is_none(), element == "startTime");
            assert_eq!(task.updated_at.is_none(), element == "updateTime");
            assert_eq!(task.failure, None, "{element} {text:?}");
        }
        for error in [
            format!("<code>{text}</code>"),
            format!("<message>{text}</message>"),
            format!("<code>{text}</code><message>{text}</message>"),
        ] {
            let page = list(Kind::Bundle, "error", &error).await;
            assert_eq!(page.tasks[0].failure, None, "{error:?}");
        }
        let error = format!("<code>{text}</code><message>no</message>");
        let failure = list(Kind::Bundle, "error", &error).await.tasks[0].failure.clone().unwrap();
        assert_eq!((failure.code, failure.message.as_deref()), (None, Some("no")));
    }
}

#[tokio::test]
async fn the_simulator_sends_an_empty_reason_as_ec2_does_and_none_arrives() {
    let sim = simulator().await;
    add_stores(&sim, 1);
    let pages = store_pages(&sim).await;
    let task = &pages[0].tasks[0];
    assert_eq!((&task.state, task.progress_percent), (&State::new("Completed"), Some(100)));
    assert_eq!(task.failure, None);
}
