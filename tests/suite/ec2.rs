//! The EC2 adapter: the real SDK client over HTTP against the simulator.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use amiwatch::aws::clients::ATTEMPTS;
use amiwatch::aws::ec2::Ec2Tasks;
use amiwatch::ports::{Page, PageAt, TaskSource};
use amiwatch::record::Cursor;
use amiwatch::task::{Kind, State};
use amiwatch_simulator::{
    BundlePlan, FaultKind, FaultRule, Settings, SimClock, Simulator, StorePlan, TaskStatus,
    Throttle,
};
use axum::Router;
use axum::http::StatusCode;

use crate::support::{ACCOUNT, REGION, ago, now, place, sdk, sdk_of_the_function};

async fn simulator() -> Simulator {
    let builder = Simulator::builder().clock(SimClock::manual(now())).throttle(Throttle::Off);
    builder.start().await.unwrap()
}

fn adapter(sim: &Simulator) -> Ec2Tasks {
    Ec2Tasks::new(&sdk(), Some(sim.url()))
}

async fn store_pages(sim: &Simulator) -> Vec<Page> {
    let source = adapter(sim);
    let mut pages =
        vec![source.list(&place(), Kind::StoreImage, PageAt::WHOLE, ATTEMPTS).await.unwrap()];
    while let Some(token) = pages.last().unwrap().next.clone() {
        pages.push(
            source.list(&place(), Kind::StoreImage, PageAt::Next(&token), ATTEMPTS).await.unwrap(),
        );
    }
    pages
}

fn add_stores(sim: &Simulator, count: i64) {
    for n in 0..count {
        let plan =
            StorePlan::new(format!("ami-{n:017x}"), "b", ago(60 + n), Duration::from_secs(1));
        sim.world().add_store_task(ACCOUNT, REGION, plan);
    }
}

#[tokio::test]
async fn all_pages_hold_every_task_once_and_newest_first() {
    let sim = simulator().await;
    add_stores(&sim, 450);
    let pages = store_pages(&sim).await;
    assert_eq!(pages.iter().map(|page| page.tasks.len()).collect::<Vec<_>>(), [200, 200, 50]);
    let starts: Vec<_> =
        pages.iter().flat_map(|page| &page.tasks).map(|task| task.started_at).collect();
    assert!(starts.is_sorted_by(|a, b| a > b));
}

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
async fn throttled_and_broken_answers_are_tried_again_and_then_succeed() {
    for kind in
        [FaultKind::Throttle, FaultKind::InternalError, FaultKind::Unavailable, FaultKind::Cut]
    {
        let sim = simulator().await;
        add_stores(&sim, 1);
        sim.world().add_fault(FaultRule::new(kind.clone()).times(2));
        let page = adapter(&sim).list(&place(), Kind::StoreImage, PageAt::WHOLE, ATTEMPTS).await;
        let page = page.unwrap_or_else(|error| panic!("{kind:?}: {error}"));
        let is_put_off = matches!(kind, FaultKind::Throttle | FaultKind::Unavailable);
        assert_eq!((page.tasks.len(), page.throttled), (1, if is_put_off { 2 } else { 0 }));
        assert_eq!(sim.world().calls().len(), 3);
    }
}

#[tokio::test]
async fn no_more_calls_are_made_than_are_allowed_and_all_are_counted() {
    for (allowed, made) in [(1, 1), (2, 2), (3, 3), (10, 3)] {
        let sim = simulator().await;
        sim.world().add_fault(FaultRule::new(FaultKind::Throttle));
        for kind in Kind::ALL {
            let error =
                adapter(&sim).list(&place(), kind, PageAt::WHOLE, allowed).await.unwrap_err();
            assert_eq!((error.calls, error.throttled), (made, made), "{kind}: {error}");
        }
        assert_eq!(sim.world().calls().len(), Kind::ALL.len() * made as usize);
        sim.world().clear_faults();
        add_stores(&sim, 1);
        sim.world().add_fault(FaultRule::new(FaultKind::Throttle).times(u64::from(made - 1)));
        let page =
            adapter(&sim).list(&place(), Kind::StoreImage, PageAt::WHOLE, allowed).await.unwrap();
        assert_eq!((page.calls, page.tasks.len()), (made, 1));
    }
}

#[tokio::test]
async fn a_lasting_failure_names_operation_region_and_ec2s_words() {
    for (kind, words, calls) in [
        (FaultKind::Denied, "UnauthorizedOperation", 1),
        (FaultKind::AuthFailure, "AuthFailure", 1),
        (FaultKind::Throttle, "RequestLimitExceeded", 3),
        (FaultKind::MalformedXml, "ends in the middle", 3),
    ] {
        let sim = simulator().await;
        sim.world().add_fault(FaultRule::new(kind.clone()));
        let error = adapter(&sim)
            .list(&place(), Kind::StoreImage, PageAt::WHOLE, ATTEMPTS)
            .await
            .unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("DescribeStoreImageTasks in us-east-1: "), "{text}");
        assert!(text.contains(words), "{kind:?}: {text}");
        assert_eq!(sim.world().calls().len(), calls, "{kind:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_none_is_no_empty_listing() {
    let body = |text: &str| FaultKind::Body(text.to_owned());
    let set = |name: &str| FaultKind::MissingFields { fields: vec![name.into()], item: None };
    for (kind, fault, words) in [
        (Kind::StoreImage, set("storeImageTaskResultSet"), "without storeImageTaskResultSet"),
        (Kind::Bundle, set("bundleInstanceTasksSet"), "without bundleInstanceTasksSet"),
        (Kind::Bundle, body(""), "HTTP 200 with an empty body, which is no answer of EC2"),
        (
            Kind::StoreImage,
            body("<html>busy</html>"),
            "HTTP 200 with a web page, which is no answer",
        ),
        (
            Kind::StoreImage,
            body("{\"message\": 1}"),
            "HTTP 200 with JSON, which is no answer of EC2",
        ),
        (Kind::StoreImage, body("busy"), "HTTP 200 with plain text, which is no answer of EC2"),
        (Kind::StoreImage, body("<a>x"), "ends in the middle"),
        (Kind::StoreImage, body("<a>x</Response>"), "HTTP 200 with XML that cannot be read: "),
    ] {
        let sim = simulator().await;
        add_stores(&sim, 1);
        sim.world().add_fault(FaultRule::new(fault));
        let error = adapter(&sim).list(&place(), kind, PageAt::WHOLE, ATTEMPTS).await.unwrap_err();
        assert!(error.to_string().to_lowercase().contains(&words.to_lowercase()), "{error}");
    }
}

/// A server that is not EC2, and what was asked of it.
async fn somebody_else(status: u16, body: &'static str) -> (String, Arc<AtomicUsize>) {
    let calls = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&calls);
    let app = Router::new().fallback(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        std::future::ready((StatusCode::from_u16(status).unwrap(), body))
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, calls)
}

#[tokio::test]
async fn what_somebody_else_answers_in_place_of_ec2_is_told_with_its_status() {
    const PAGE: &str = "<!DOCTYPE html><html><body>Sign in to continue</body></html>";
    const JSON: &str = r#"{"message": "Forbidden"}"#;
    for (status, body, what, calls) in [
        (200, PAGE, "a web page", 3),
        (200, JSON, "JSON", 3),
        (302, PAGE, "a web page", 1),
        (307, "", "an empty body", 1),
        (403, PAGE, "a web page", 1),
        (403, JSON, "JSON", 1),
        (404, "404 page not found", "plain text", 1),
        (407, "", "an empty body", 1),
        (502, PAGE, "a web page", 3),
        (503, "upstream connect error", "plain text", 3),
    ] {
        let (url, made) = somebody_else(status, body).await;
        for kind in Kind::ALL {
            made.store(0, Ordering::Relaxed);
            let source = Ec2Tasks::new(&sdk(), Some(url.clone()));
            let error = source.list(&place(), kind, PageAt::WHOLE, ATTEMPTS).await.unwrap_err();
            let expected = format!("HTTP {status} with {what}, which is no answer of EC2");
            let text = error.to_string();
            assert!(text.contains(&expected) && text.contains("HTTPS_PROXY"), "{text}");
            assert_eq!(made.load(Ordering::Relaxed), calls, "{status} {kind}");
        }
    }
}

#[tokio::test]
async fn an_answer_without_end_is_given_up_at_a_limit_that_the_error_names() {
    let (url, made) = somebody_else(200, Box::leak("x".repeat(33 << 20).into_boxed_str())).await;
    let source = Ec2Tasks::new(&sdk(), Some(url));
    let error = source.list(&place(), Kind::Bundle, PageAt::WHOLE, ATTEMPTS).await.unwrap_err();
    assert!(error.to_string().contains("more than 32 MB"), "{error}");
    assert_eq!(made.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_region_that_is_not_enabled_and_credentials_that_ran_out_say_what_to_do() {
    let other = |status, code: &str| FaultKind::Error {
        status,
        code: code.to_owned(),
        message: "You are not subscribed to this service.".to_owned(),
    };
    for (fault, code, words) in [
        (FaultKind::AuthFailure, "AuthFailure", "Region is not enabled in this account"),
        (other(401, "OptInRequired"), "OptInRequired", "aws account enable-region"),
        (other(403, "InvalidClientTokenId"), "InvalidClientTokenId", "aws sts get-caller-identity"),
        (FaultKind::ExpiredToken, "RequestExpired", "aws sso login"),
    ] {
        let sim = simulator().await;
        sim.world().add_fault(FaultRule::new(fault));
        let source = adapter(&sim);
        let text =
            source.list(&place(), Kind::Bundle, PageAt::WHOLE, 1).await.unwrap_err().to_string();
        assert!(text.starts_with("DescribeBundleTasks in us-east-1: "), "{text}");
        assert!(text.contains(code) && text.contains(words), "{text}");
    }
}

#[tokio::test]
async fn an_empty_token_and_one_before_an_empty_page_end_the_listing() {
    let sim = simulator().await;
    add_stores(&sim, 3);
    let empty = FaultKind::RawText { element: "nextToken".into(), text: String::new(), item: None };
    sim.world().add_fault(FaultRule::new(empty));
    assert_eq!(store_pages(&sim).await.len(), 1);
    let mut settings = Settings::default();
    settings.trailing_token = true;
    settings.throttle = Throttle::Off;
    let builder = Simulator::builder().clock(SimClock::manual(now())).settings(settings);
    let sim = builder.start().await.unwrap();
    add_stores(&sim, 200);
    let pages = store_pages(&sim).await;
    assert_eq!(pages.iter().map(|page| page.tasks.len()).collect::<Vec<_>>(), [200, 0]);
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

#[tokio::test]
async fn a_secret_in_an_answer_that_cannot_be_read_is_in_no_error() {
    let sim = simulator().await;
    let mut plan = BundlePlan::new("bun-c1a540a8", "i-1", "b", ago(60), Duration::from_secs(600));
    plan.upload_policy_signature = Some("signature".into());
    sim.world().add_bundle_task(ACCOUNT, REGION, plan);
    for (element, text) in [("uploadPolicySignature", "x&SECRET;y"), ("AWSAccessKeyId", "<SECRET")]
    {
        sim.world().clear_faults();
        let (element, text) = (element.to_owned(), text.to_owned());
        sim.world().add_fault(FaultRule::new(FaultKind::RawText { element, text, item: None }));
        let page = adapter(&sim).list(&place(), Kind::Bundle, PageAt::WHOLE, ATTEMPTS).await;
        assert!(!format!("{page:?}").contains("SECRET"));
        assert_eq!(page.unwrap().tasks.len(), 1, "and it costs nothing");
    }
    sim.world().clear_faults();
    let (element, text) = ("bucket".to_owned(), "&broken;".to_owned());
    sim.world().add_fault(FaultRule::new(FaultKind::RawText { element, text, item: None }));
    let error =
        adapter(&sim).list(&place(), Kind::Bundle, PageAt::WHOLE, ATTEMPTS).await.unwrap_err();
    assert!(!format!("{error:?}").contains("signature"), "{error}");
}

#[tokio::test]
async fn an_answer_that_never_comes_ends_in_a_time_out() {
    let sim = simulator().await;
    sim.world().add_fault(FaultRule::new(FaultKind::Slow(Duration::from_secs(3_600))));
    let began = std::time::Instant::now();
    let adapter = Ec2Tasks::new(&sdk_of_the_function(), Some(sim.url()));
    let error = adapter
        .list(&place(), Kind::Bundle, PageAt::WHOLE, ATTEMPTS)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("timeout") || error.contains("timed out"), "{error}");
    // The bound is ours (8 s a call); an hour would be the server's.
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[tokio::test]
async fn a_refused_token_is_told_from_other_errors() {
    let sim = simulator().await;
    let source = adapter(&sim);
    let cursor = Cursor { token: "not-a-token".into(), page_size: 200 };
    let error =
        source.list(&place(), Kind::StoreImage, PageAt::Next(&cursor), ATTEMPTS).await.unwrap_err();
    assert!(error.token_refused, "{error}");
}

#[tokio::test]
async fn every_region_is_asked_for_itself() {
    let sim = simulator().await;
    add_stores(&sim, 1);
    let elsewhere = amiwatch::place::Place::new(ACCOUNT, "eu-west-1");
    let source = adapter(&sim);
    assert_eq!(
        source.list(&place(), Kind::StoreImage, PageAt::WHOLE, ATTEMPTS).await.unwrap().tasks.len(),
        1
    );
    assert_eq!(
        source
            .list(&elsewhere, Kind::StoreImage, PageAt::WHOLE, ATTEMPTS)
            .await
            .unwrap()
            .tasks
            .len(),
        0
    );
    let regions: Vec<String> = sim.world().calls().into_iter().map(|call| call.region).collect();
    assert_eq!(regions, ["us-east-1", "eu-west-1"]);
}
