use super::*;

fn refused(text: &str) -> (String, String, String) {
    let error = Scenario::parse(text, "s.yaml").expect_err(text);
    assert_eq!(error.file, "s.yaml");
    assert!(error.to_string().starts_with("s.yaml: "));
    (error.field, error.rule, error.way_out)
}

#[test]
fn an_error_names_the_field_the_rule_and_the_way_out() {
    for (text, field, rule, way_out) in [
        ("tasks: []", "the document", "unknown field `tasks`", "expected one of"),
        ("speed: 0", "speed", "not from 0.001", "60"),
        ("speed: 1e300", "speed", "to 1000000", "60"),
        ("speed: fast", "speed", "invalid type", "expected f64"),
        ("settings: {page_size: 201}", "settings.page_size", "201", "1 to 200"),
        ("settings: {retention: 1 week}", "settings.retention", "not a length of time", "90s"),
        ("throttle: maybe", "throttle", "not a throttle", "off"),
        (
            "throttle: {Nope: {capacity: 1, per_second: 1}}",
            "throttle.Nope",
            "not an action",
            "Desc",
        ),
        ("places: [{account: 12}]", "places[0].account", "not an account id", "12 digits"),
        (
            "places: [{store_tasks: [{image_id: ami-1}]}]",
            "places[0].store_tasks[0]",
            "missing field `bucket`",
            "add `bucket`",
        ),
        (
            "places: [{store_tasks: [{image_id: ami-00000001, bucket: b, start: soon}]}]",
            "places[0].store_tasks[0].start",
            "not a time",
            "+30s",
        ),
        (
            "places: [{store_tasks: [{image_id: ami-00000001, bucket: b, reason: no}]}]",
            "places[0].store_tasks[0].reason",
            "only for a task that fails",
            "end: Failed",
        ),
        (
            "places: [{bundle_tasks: [{bundle_id: bun-00000001, instance_id: i-00000001, bucket: b, \
             stall: {percent: 5, from: 9m, until: 8m}}]}]",
            "places[0].bundle_tasks[0].stall",
            "before until",
            "start",
        ),
        ("accounts: [{account: 12}]", "accounts[0].account", "not an account id", "12 digits"),
        ("accounts: [{regions: [Ohio]}]", "accounts[0].regions[0]", "no Region code", "us-east"),
        ("places: [{region: us-est}]", "places[0].region", "no Region code", "us-east-1"),
        ("places: [{images: [ami-1]}]", "places[0].images[0]", "no AMI id", "ami-0123"),
        ("faults: [{kind: slow}]", "faults[0].by", "which the kind slow needs", "add by"),
        ("faults: [{kind: malformed-xml, by: 1s}]", "faults[0].by", "kind malformed-xml", "take"),
        ("faults: [{kind: cut, region: Ohio}]", "faults[0].region", "no Region code", "us-east"),
        ("faults: [{kind: cut, next: 0}]", "faults[0].next", "hits no call", "1 or more"),
        ("faults: [{kind: cut, from: +2m, until: +1m}]", "faults[0].until", "not after", "later"),
        ("faults: [{kind: missing-fields, fields: []}]", "faults[0].fields", "none", "names"),
        (
            "faults: [{kind: missing-fields, fields: [amiID]}]",
            "faults[0].fields",
            "\"amiID\" is no element",
            "amiId",
        ),
        ("faults: [{kind: cut, action: X}]", "faults[0].action", "not an action", "one of"),
        ("faults: [{kind: bang}]", "faults[0].kind", "unknown variant", "expected one of"),
    ] {
        let found = refused(text);
        assert!(found.0.starts_with(field), "{text}: field {found:?}");
        assert!(found.1.contains(rule), "{text}: rule {found:?}");
        assert!(found.2.contains(way_out), "{text}: way out {found:?}");
    }
}

#[test]
fn a_task_that_could_not_be_is_refused() {
    let store = "image_id: ami-00000001, bucket: b";
    let bundle = "bundle_id: bun-00000001, instance_id: i-00000001, bucket: b";
    for (list, task, field, rule) in [
        ("store_tasks", "image_id: ami-1, bucket: b".to_owned(), "image_id", "no AMI id"),
        ("store_tasks", "image_id: ami-00000001, bucket: \"\"".to_owned(), "bucket", "no bucket"),
        ("store_tasks", format!("{store}, end: Failed, percent: 101"), "percent", "101"),
        ("store_tasks", format!("{store}, end: complete"), "end", "unknown variant"),
        ("store_tasks", format!("{store}, omit: [ami]"), "omit", "no element"),
        (
            "store_tasks",
            format!("{store}, end: Failed, stall: {{percent: 80, from: 1m, until: 2m}}"),
            "stall.percent",
            "more than the 50",
        ),
        (
            "store_tasks",
            format!("{store}, timeline: [{{after: 1m, state: x, progress: 101}}]"),
            "timeline[0].progress",
            "101",
        ),
        (
            "store_tasks",
            format!("{store}, timeline: [{{after: 1m, state: x, code: y}}]"),
            "timeline[0].code",
            "only for bundle",
        ),
        ("store_tasks", format!("{store}, end: Failed, reason: \"a\\x01\""), "reason", "XML"),
        ("bundle_tasks", bundle.replace("bun-", "bin-"), "bundle_id", "no bundle task id"),
        ("bundle_tasks", bundle.replace("i-0", "j-0"), "instance_id", "no instance id"),
        ("generate", "bucket: b, count: 2000000".to_owned(), "count", "2000000"),
        ("generate", "bucket: b, count: 1, failed_every: 0".to_owned(), "failed_every", "0"),
        ("generate", "bucket: b, count: 1, reason: x".to_owned(), "reason", "that fail"),
    ] {
        let found = refused(&format!("places: [{{{list}: [{{{task}}}]}}]"));
        assert_eq!(found.0, format!("places[0].{list}[0].{field}"), "{task}: {found:?}");
        assert!(found.1.contains(rule), "{task}: {found:?}");
    }
    let twice = refused(&format!("places: [{{bundle_tasks: [{{{bundle}}}, {{{bundle}}}]}}]"));
    assert_eq!(twice.0, "places[0].bundle_tasks[1].bundle_id");
}

#[test]
fn a_scenario_takes_effect_as_it_is_written() {
    let text = r#"
start: 2026-11-22T00:00:00Z
speed: 60
settings: {page_size: 2, store_duration: 30m, bundle_linger: 5m, trailing_token: true, seed: 7}
throttle: {DescribeStoreImageTasks: {capacity: 3, per_second: 1}}
accounts: [{account: "111111111111", regions: [eu-west-1]}]
places:
  - account: "111111111111"
    region: eu-west-1
    images: [ami-00000001]
    store_tasks:
      - {image_id: ami-00000001, bucket: b, object_key: k, start: -5m, stall: {percent: 40, from: 1m, until: 9m}}
      - {image_id: ami-00000002, bucket: b, omit: [bucket], timeline: [{after: 0s, state: Odd, message: why}]}
    bundle_tasks:
      - {bundle_id: bun-00000001, instance_id: i-00000001, bucket: b, access_key_id: AKID, upload_policy: cG9s, upload_policy_signature: sig}
    generate: [{count: 1, bucket: old}]
  - {account: "111111111111", region: eu-west-1, generate: [{count: 1, bucket: old}]}
faults:
  - {kind: slow, by: 2s, action: DescribeRegions, from: +10s, until: +20s, next: 1, account: "111111111111"}
"#;
    let scenario = Scenario::parse(text, "s.yaml").unwrap();
    let settings = scenario.settings().clone();
    assert_eq!((scenario.speed(), settings.page_size, settings.seed), (Some(60.0), 2, 7));
    let clock = crate::SimClock::manual(scenario.start().unwrap());
    let world = World::new(clock, settings);
    scenario.apply(&world);
    let place = crate::place::Place::new("111111111111", "eu-west-1");
    let now = world.now();
    let mut state = world.state();
    let effects = |state: &mut crate::state::State, seconds: u64| {
        let at = crate::clock::later(now, std::time::Duration::from_secs(seconds));
        let crate::state::State { faults, rng, .. } = state;
        faults
            .befall(crate::service::Service::Ec2, "DescribeRegions", &place, at, rng)
            .delay
            .as_secs()
    };
    assert_eq!([9, 10, 11].map(|at| effects(&mut state, at)), [0, 2, 0]);
    assert!(state.enabled("111111111111").is_some());
    let held = state.place(&place);
    let stores: Vec<_> = held.stores.plans().values().collect();
    let images: std::collections::BTreeSet<_> = stores.iter().map(|plan| &plan.image_id).collect();
    assert_eq!(
        (stores.len(), images.len()),
        (4, 4),
        "each set of generated tasks has its own AMIs"
    );
    let first = held.stores.of("ami-00000001").next().unwrap();
    assert_eq!((first.object_key.as_str(), first.status(now).progress), ("k", Some(40)));
    assert_eq!(first.duration.as_secs(), 30 * 60);
    let odd = held.stores.of("ami-00000002").next().unwrap();
    assert_eq!(
        (odd.status(now).state.as_str(), odd.status(now).message.as_deref()),
        ("Odd", Some("why"))
    );
    assert_eq!(odd.omit, ["bucket"]);
    let bundle = held.bundles.iter().next().unwrap().1;
    let secrets = [&bundle.access_key_id, &bundle.upload_policy, &bundle.upload_policy_signature];
    assert_eq!(secrets.map(|secret| secret.as_deref().unwrap()), ["AKID", "cG9s", "sig"]);
}

#[test]
fn an_empty_scenario_has_the_defaults() {
    let scenario = Scenario::parse("", "s.yaml").unwrap();
    assert_eq!(scenario.settings(), &Settings::default());
    assert_eq!((scenario.speed(), scenario.start()), (None, None));
}

#[test]
fn json_is_read_as_well_with_characters_beyond_the_basic_plane() {
    let text = r#"{"places": [{"store_tasks": [{"image_id": "ami-00000001",
        "bucket": "\ud83d\ude00\u007f\u0085\u009f"}]}]}"#;
    let scenario = Scenario::parse(text, "s.json").unwrap();
    assert!(format!("{scenario:?}").contains(r"\u{7f}\u{85}\u{9f}"), "{scenario:?}");
}
