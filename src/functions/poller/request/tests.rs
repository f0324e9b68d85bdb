use serde_json::json;

use super::*;

fn parse(text: &str) -> Result<Request, RequestError> {
    Request::parse(&serde_json::from_str(text).unwrap())
}

#[test]
fn a_schedule_or_a_rule_polls_everything() {
    for text in [
        "{}",
        r#"{"anything": ["else"]}"#,
        r#"{"Records": []}"#,
        r#"{"Records": [{"eventSource": "aws:sns"}]}"#,
    ] {
        assert_eq!(parse(text).unwrap(), Request::Everything(None), "{text}");
    }
    for text in [
        include_str!("../../../../events/scheduler.json"),
        include_str!("../../../../events/eventbridge-rule.json"),
    ] {
        let time: serde_json::Value = serde_json::from_str(text).unwrap();
        let due = time["time"].as_str().map(|time| time.parse().unwrap());
        assert!(due.is_some(), "{text}");
        assert_eq!(parse(text).unwrap(), Request::Everything(due), "{text}");
    }
}

#[test]
fn a_workers_message_names_an_account_its_regions_and_its_tick() {
    let message = |body: serde_json::Value| {
        let record =
            json!({ "eventSource": "aws:sqs", "messageId": "1", "body": body.to_string() });
        let request = Request::parse(&json!({ "Records": [record] })).unwrap();
        let Request::Queue(mut records) = request else { panic!("{request:?}") };
        records.remove(0).body
    };
    let body = json!({
        "account": "111122223333", "regions": ["us-east-1", "eu-west-1"],
        "kinds": ["store-image"], "tick": "2026-11-26T12:00:00Z",
    });
    let dispatched = Dispatched {
        account: "111122223333".into(),
        regions: vec!["us-east-1".into(), "eu-west-1".into()],
        kinds: [Kind::StoreImage].into(),
        tick: "2026-11-26T12:00:00Z".parse().unwrap(),
    };
    assert_eq!(message(body.clone()), Ok(QueueBody::Dispatched(dispatched)));
    for (field, value, says) in [
        ("account", json!("1"), "is not an account id"),
        ("regions", json!(["moon"]), "\"moon\", which is no Region code"),
        ("kinds", json!(["snapshot"]), "snapshot"),
        ("tick", json!("noon"), "cannot be read"),
    ] {
        let mut wrong = body.clone();
        wrong[field] = value;
        let fault = message(wrong).unwrap_err();
        assert!(fault.starts_with("SQS message 1 ") && fault.contains(says), "{fault}");
    }
}

#[test]
fn a_poll_by_hand_names_regions_and_kinds() {
    let request = parse(include_str!("../../../../events/manual-poll.json")).unwrap();
    let selection = Selection {
        regions: ["us-east-1".to_owned()].into(),
        kinds: [Kind::StoreImage].into(),
        ..Selection::default()
    };
    assert_eq!(request, Request::Some(selection));
    assert_eq!(parse(r#"{"poll": {}}"#).unwrap(), Request::Some(Selection::default()));
}

#[test]
fn an_sqs_batch_names_one_target_a_record() {
    let request = parse(include_str!("../../../../events/sqs-targets.json")).unwrap();
    let target = QueueTarget { region: "us-east-1".into(), kind: Kind::StoreImage, stored: None };
    let message_id = "059f36b4-87a3-44ab-83d2-661975830a7d".into();
    assert_eq!(
        request,
        Request::Queue(vec![QueueRecord { message_id, body: Ok(QueueBody::Target(target)) }])
    );
}

#[test]
fn what_is_no_object_is_refused_with_an_example() {
    for (payload, described) in [
        (json!(null), "null"),
        (json!(true), "true or false"),
        (json!(1), "a number"),
        (json!("poll"), "a text"),
        (json!([{}]), "a list"),
    ] {
        let error = Request::parse(&payload).unwrap_err().to_string();
        assert!(error.starts_with(&format!("the invocation is {described};")), "{error}");
        assert!(error.contains("send a JSON object") && error.ends_with("nothing was done"));
    }
}

#[test]
fn a_poll_by_hand_with_anything_wrong_in_it_is_refused_with_the_input_the_rule_and_the_way_out() {
    for (text, parts) in [
        (r#"{"poll": {}, "dryRun": true}"#, ["\"dryRun\"", "leave it out"]),
        (r#"{"poll": {"region": "us-east-1"}}"#, ["`region`", "\"regions\""]),
        (r#"{"poll": {"regions": "us-east-1"}}"#, ["us-east-1", "[\"us-east-1\"]"]),
        (r#"{"poll": {"kinds": ["ami"]}}"#, ["`ami`", "store-image"]),
        (r#"{"poll": null}"#, ["null", "write {\"poll\""]),
        (r#"{"poll": {"regions": ["Ohio"]}}"#, ["\"Ohio\"", "such as us-east-1"]),
        (r#"{"poll": {"accounts": ["1234"]}}"#, ["\"1234\"", "12 digits"]),
    ] {
        let error = parse(text).unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "{error} lacks {part}");
        }
        assert!(error.ends_with("nothing was done"), "{error}");
    }
}

#[test]
fn what_was_given_is_repeated_on_one_short_line() {
    let long = "\u{1}\u{202e}\nx".repeat(100_000);
    for payload in [
        json!({"poll": {}, long.as_str(): 1}),
        json!({"poll": {long.as_str(): 1}}),
        json!({"poll": {"accounts": [long]}}),
        json!({"poll": {"regions": [long]}}),
        json!({"poll": {"kinds": [long]}}),
    ] {
        let error = Request::parse(&payload).unwrap_err().to_string();
        assert!(error.len() < 1_000 && error.ends_with("nothing was done"), "{error}");
        assert!(!error.chars().any(crate::render::text::is_hidden), "{error:?}");
    }
    for body in [json!({"region": long, "kind": "bundle"}), json!({long.as_str(): 1})] {
        let body = body.to_string();
        let payload =
            json!({"Records": [{"messageId": "m", "eventSource": "aws:sqs", "body": body}]});
        let Request::Queue(records) = Request::parse(&payload).unwrap() else { panic!("no queue") };
        let error = records[0].body.as_ref().unwrap_err();
        assert!(error.len() < 1_000 && !error.chars().any(crate::render::text::is_hidden));
    }
}

#[test]
fn a_bad_sqs_record_fails_alone() {
    let record =
        |id: &str, body: &str| json!({"messageId": id, "eventSource": "aws:sqs", "body": body});
    let payload = json!({"Records": [
        record("m-1", r#"{"region": "us-east-1", "kind": "bundle"}"#),
        record("m-2", "hello"),
        record("m-3", r#"{"region": "Ohio", "kind": "bundle"}"#),
        record("m-4", r#"{"region": "us-east-1", "kind": "bundle", "x": 1}"#),
        json!({"messageId": "m-5", "eventSource": "aws:sqs"}),
    ]});
    let Request::Queue(records) = Request::parse(&payload).unwrap() else { panic!("no queue") };
    assert!(records[0].body.is_ok());
    for (record, part) in records[1..].iter().zip(["write {", "\"Ohio\"", "`x`", "write {"]) {
        let error = record.body.as_ref().unwrap_err();
        assert!(error.contains(&record.message_id) && error.contains(part), "{error}");
    }
}

#[test]
fn an_sqs_record_without_an_id_cannot_be_reported_and_is_refused() {
    let payload = json!({"Records": [{"eventSource": "aws:sqs", "body": "{}"}]});
    let error = Request::parse(&payload).unwrap_err().to_string();
    assert!(error.contains("messageId"), "{error}");
}

#[test]
fn a_message_may_name_the_object_that_it_is_about() {
    let request = parse(include_str!("../../../../events/stored-object.json")).unwrap();
    let Request::Queue(records) = request else { panic!("{request:?}") };
    let QueueBody::Target(target) = records[0].body.as_ref().unwrap() else { panic!() };
    assert_eq!((target.region.as_str(), target.kind), ("us-east-1", Kind::StoreImage));
    let object_key = "ami-0123456789abcdef0.bin".to_owned();
    assert_eq!(target.stored, Some(Stored { object_key, bucket: "my-bucket".into() }));
}
