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
        ("speed: 0", "speed", "not above 0", "60"),
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
            "places: [{store_tasks: [{image_id: a, bucket: b, start: soon}]}]",
            "places[0].store_tasks[0].start",
            "not a time",
            "+30s",
        ),
        (
            "places: [{store_tasks: [{image_id: a, bucket: b, reason: no}]}]",
            "places[0].store_tasks[0].reason",
            "only for a task that fails",
            "end: Failed",
        ),
        (
            "places: [{bundle_tasks: [{bundle_id: b, instance_id: i, bucket: b, \
             stall: {percent: 5, from: 9m, until: 8m}}]}]",
            "places[0].bundle_tasks[0].stall",
            "before until",
            "start",
        ),
        ("faults: [{kind: slow}]", "faults[0].by", "is missing", "add by"),
        ("faults: [{kind: cut, by: 1s}]", "faults[0].by", "does not go with", "take it out"),
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
fn an_empty_scenario_has_the_defaults() {
    let scenario = Scenario::parse("", "s.yaml").unwrap();
    assert_eq!(scenario.settings(), &Settings::default());
    assert_eq!((scenario.speed(), scenario.start()), (None, None));
}

#[test]
fn json_is_read_as_well_with_characters_beyond_the_basic_plane() {
    let text = r#"{"places": [{"store_tasks": [{"image_id": "a", "bucket": "\ud83d\ude00"}]}]}"#;
    assert!(Scenario::parse(text, "s.json").is_ok());
}

#[test]
fn the_demo_scenario_is_in_order() {
    let text = include_str!("../../../scenarios/demo.yaml");
    let scenario = Scenario::parse(text, "demo.yaml").unwrap();
    assert!(scenario.file.places.len() == 1 && scenario.file.faults.is_empty());
}
