//! What is no answer of EC2, and what fails, is told with its reason.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use amiwatch::aws::clients::ATTEMPTS;
use amiwatch::aws::ec2::Ec2Tasks;
use amiwatch::ports::{PageAt, TaskSource};
use amiwatch::record::Cursor;
use amiwatch::task::Kind;
use amiwatch_simulator::{BundlePlan, FaultKind, FaultRule};
use axum::Router;
use axum::http::StatusCode;

use super::{adapter, add_stores, simulator};
use crate::support::{ACCOUNT, REGION, ago, place, sdk, sdk_of_the_function};

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

#[tokio::test]
async fn an_answer_without_a_region_is_no_account_without_regions() {
    let sim = simulator().await;
    assert!(adapter(&sim).regions(ACCOUNT, REGION).await.unwrap().len() > 10);
    let fields = vec!["regionInfo".to_owned()];
    sim.world().add_fault(FaultRule::new(FaultKind::MissingFields { fields, item: None }));
    let error = adapter(&sim).regions(ACCOUNT, REGION).await.unwrap_err();
    let expected =
        format!("DescribeRegions in us-east-1 of account {ACCOUNT}: EC2 answered without a Region");
    assert_eq!(error, expected);
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
