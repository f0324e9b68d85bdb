//! The forms of an invocation, its answer, its settings and its log.

use amiwatch_simulator::{FaultKind, FaultRule};
use serde_json::{Value, json};

use super::{AMI, Stack, one, schedule, told};
use crate::support::lambda::Function;
use crate::support::{ACCOUNT, now};

#[tokio::test]
async fn a_manual_poll_polls_what_it_names_and_a_wrong_one_does_nothing() {
    let stack = Stack::new().await;
    let mut function = stack.function().await;
    let manual: Value =
        serde_json::from_str(include_str!("../../../events/manual-poll.json")).unwrap();
    let summary = function.invoke(&manual).await.unwrap();
    assert_eq!(summary["targets"].as_array().unwrap().len(), 1);
    stack.sim.world().reset_calls();
    for (payload, named) in [
        (json!([1]), "a list"),
        (json!({ "poll": { "region": "us-east-1" } }), "region"),
        (json!({ "poll": { "kinds": ["snapshot"] } }), "snapshot"),
        (json!({ "poll": { "regions": ["eu-north-1"] } }), "eu-north-1"),
    ] {
        let error = function.invoke(&payload).await.unwrap_err();
        let text = error["errorMessage"].as_str().unwrap();
        assert!(text.contains(named) && text.contains("nothing was done"), "{text}");
    }
    assert!(stack.sim.world().calls().is_empty());
}

#[tokio::test]
async fn under_a_local_runtime_the_account_comes_from_a_variable_and_a_past_deadline_is_none() {
    // As `cargo lambda watch` has it.
    const ARN: &str = "function-arn";
    const DEADLINE_MS: i64 = 600_000;
    let mut stack = Stack::new().await;
    // An access key that is no account id, as keys are.
    stack.variables.insert("AWS_ACCESS_KEY_ID".into(), "AKIAIOSFODNN7EXAMPLE".into());
    let mut function = Function::start_as("poller", ARN, &stack.variables).await;
    let error = function.invoke_until(&schedule(), DEADLINE_MS).await.unwrap_err();
    assert_eq!(error["errorType"], "ConfigurationError");
    let text = error["errorMessage"].as_str().unwrap();
    assert!(text.contains("AMIWATCH_ACCOUNT") && text.contains("\"function-arn\""), "{text}");
    assert!(stack.sim.world().calls().is_empty());

    stack.variables.insert("AMIWATCH_ACCOUNT".into(), ACCOUNT.into());
    let task = stack.running(AMI, "b", 600);
    let mut function = Function::start_as("poller", ARN, &stack.variables).await;
    let summary = function.invoke_until(&schedule(), DEADLINE_MS).await.unwrap();
    assert_eq!(summary["targets"][0]["listed"], 1, "{summary}");
    stack.completes(task);
    function.invoke_until(&schedule(), DEADLINE_MS).await.unwrap();
    let events = stack.inbox.events().await;
    assert_eq!(told(&events), one("completed", AMI));
    assert_eq!(events[0]["account"], ACCOUNT);

    // A simulator's access key is the account; and a variable wins over a made-up ARN.
    stack.variables.remove("AMIWATCH_ACCOUNT");
    stack.variables.insert("AWS_ACCESS_KEY_ID".into(), ACCOUNT.into());
    let mut function = Function::start_as("poller", ARN, &stack.variables).await;
    function.invoke_until(&schedule(), DEADLINE_MS).await.unwrap();
    stack.variables.insert("AMIWATCH_ACCOUNT".into(), ACCOUNT.into());
    stack.ended("ami-00000000000000009", "b", 60);
    let made_up = "arn:aws:lambda:us-east-1:012345678912:function:poller";
    let mut function = Function::start_as("poller", made_up, &stack.variables).await;
    function.invoke(&schedule()).await.unwrap();
    assert_eq!(stack.inbox.events().await[0]["account"], ACCOUNT);
}

#[tokio::test]
async fn every_failed_invocation_has_an_error_type_that_stays() {
    let stack = Stack::new().await;
    let mut function = stack.function().await;
    for payload in [
        json!(7),
        json!({ "poll": { "region": "us-east-1" } }),
        json!({ "poll": { "regions": ["eu-north-1"] } }),
    ] {
        let error = function.invoke(&payload).await.unwrap_err();
        assert_eq!(error["errorType"], "InvalidRequest", "{error}");
    }
    stack.sim.world().add_fault(FaultRule::new(FaultKind::Denied));
    let error = function.invoke(&schedule()).await.unwrap_err();
    assert_eq!(error["errorType"], "PollFailed", "{error}");
}

#[tokio::test]
async fn missing_credentials_are_reported_at_start_with_all_else() {
    for missing in ["", " "] {
        let stack = Stack::with(&[
            ("AWS_ACCESS_KEY_ID", missing),
            ("AWS_SECRET_ACCESS_KEY", missing),
            ("AMIWATCH_TABLE", missing),
            ("AMIWATCH_ACCOUNT", "12345"),
            ("HTTPS_PROXY", "socks5://127.0.0.1:1"),
            ("AWS_CA_BUNDLE", "/no/such/bundle.pem"),
        ])
        .await;
        let mut function = stack.function().await;
        assert!(!function.end().await);
        let log = function.log_with("the configuration is wrong").await;
        for words in [
            "AWS_ACCESS_KEY_ID is not set",
            "AWS_SECRET_ACCESS_KEY is not set",
            "AMIWATCH_TABLE is not set",
            "AMIWATCH_ACCOUNT is",
            "HTTPS_PROXY names a proxy that speaks socks5",
            "AWS_CA_BUNDLE names the file /no/such/bundle.pem, which cannot be read",
        ] {
            assert!(log.contains(words), "{words}: {log}");
        }
    }
}

#[tokio::test]
async fn of_a_batch_from_sqs_only_what_failed_is_delivered_again() {
    let stack = Stack::new().await;
    let mut function = stack.function().await;
    stack.sim.world().add_fault(FaultRule::new(FaultKind::Denied).on("DescribeBundleTasks"));
    let record =
        |id: &str, body: &str| json!({ "messageId": id, "eventSource": "aws:sqs", "body": body });
    let batch = json!({ "Records": [
        record("good", r#"{"region": "us-east-1", "kind": "store-image"}"#),
        record("denied", r#"{"region": "us-east-1", "kind": "bundle"}"#),
        record("garbage", "{"),
    ]});
    let answer = function.invoke(&batch).await.unwrap();
    let mut again: Vec<&str> = answer["batchItemFailures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["itemIdentifier"].as_str().unwrap())
        .collect();
    again.sort_unstable();
    assert_eq!(again, ["denied", "garbage"]);
}

#[tokio::test]
async fn a_deadline_that_is_near_begins_nothing_and_says_what_it_left() {
    let stack = Stack::new().await;
    let mut function = stack.function().await;
    let error =
        function.invoke_until(&schedule(), now().as_millisecond() + 1_000).await.unwrap_err();
    let text = error["errorMessage"].as_str().unwrap();
    assert!(text.contains("us-east-1 store-image: not begun, out of time"), "{text}");
    assert!(stack.sim.world().calls().is_empty());
}

#[tokio::test]
async fn a_wrong_configuration_names_every_fault_at_start() {
    let stack = Stack::with(&[
        ("AMIWATCH_TABLE", ""),
        ("AMIWATCH_KINDS", "store-image,snapshot"),
        ("AMIWATCH_LISTING_CALLS", "0"),
    ])
    .await;
    let mut function = stack.function().await;
    assert!(!function.end().await);
    let log = function.log_with("the configuration is wrong").await;
    for name in ["AMIWATCH_TABLE", "AMIWATCH_KINDS", "AMIWATCH_LISTING_CALLS"] {
        assert!(log.contains(name), "{log}");
    }
}

#[tokio::test]
async fn every_log_line_is_json_with_a_sentence_and_one_sums_up_the_poll() {
    let stack = Stack::new().await;
    let mut function = stack.function().await;
    let answer = function.invoke(&schedule()).await.unwrap();
    let log = function.log_with("Polled 2 targets").await;
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let summaries: Vec<&Value> = lines
        .iter()
        .filter(|line| line["message"].as_str().unwrap().starts_with("Polled 2 targets"))
        .collect();
    assert_eq!(summaries.len(), 1, "{log}");
    assert_eq!(summaries[0]["listing_calls"], 2);
    // The template makes metrics out of it.
    let template = include_str!("../../../template.yaml");
    let counted: Vec<&str> = template
        .split("MetricValue: $.")
        .skip(1)
        .map(|rest| rest.split(' ').next().unwrap())
        .collect();
    assert!(counted.len() >= 5, "{counted:?}");
    for field in counted {
        assert!(summaries[0][field].is_u64(), "{field} is not in {log}");
    }
    let manual = include_str!("../../../docs/operations/log.md");
    for reported in [summaries[0], &answer, &answer["targets"][0]] {
        for field in reported.as_object().unwrap().keys() {
            assert!(manual.contains(&format!("`{field}`")), "{field} is not in log.md");
        }
    }
}
