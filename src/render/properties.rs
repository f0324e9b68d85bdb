//! Whatever text EC2 writes, every channel keeps its rules.

use proptest::prelude::*;
use serde_json::Value;

use super::text::is_hidden;
use super::{
    ChatChannel, chat, email, minimal_for, render, sample, slack, sms, sns, subject, teams,
    terminal,
};
use crate::event::{Event, Outcome};
use crate::render::Channel;
use crate::task::{Failure, Kind, Subject};

const NASTY: [&str; 24] = [
    "",
    "   ",
    "\r\n\r\nBcc: all@example.com",
    "<!channel> <!here> <@U123> <https://evil.example|click>",
    "@here @channel @everyone <at>all</at>",
    "```\n# x\n```",
    "`code` *bold* _it_ ~no~ [a](https://evil.example) ![i](http://evil.example/p.png)",
    "https://evil.example/login?a=b&c=d",
    "evil.example",
    "\u{202e}gnp.exe\u{2066}\u{200b}\u{feff}\u{e0041}",
    "\0\u{1}\u{7}\u{1b}[2J\u{7f}\u{9b}31m",
    "{\"version\":\"0\",\"x\":\"\\u0000\"}",
    "<Error><Code>x</Code></Error>&amp;&lt;",
    "\"'$(reboot)`reboot`; rm -rf / | x && y",
    "--recursive",
    "file:///etc/passwd",
    "\u{2028}\u{2029}\u{85}\u{fffe}\u{ffff}",
    "Zürich 漢字 🙂 e\u{301}",
    "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "ami-0123456789abcdef0.bin",
    "__proto__",
    "null",
    "\\\\\\\"\\n",
    "'''''''''''''''''''''''''''''''''''''''''''''''''''''''''''''''",
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(&NASTY[..]).prop_map(str::to_owned),
        any::<String>(),
        "[a-z0-9. -]{0,80}",
        (any::<char>(), 0_usize..3_000).prop_map(|(c, times)| c.to_string().repeat(times)),
    ];
    prop::collection::vec(piece, 1..4).prop_map(|pieces| pieces.concat())
}

prop_compose! {
    fn event()(
        kind in prop::sample::select(&Kind::ALL[..]),
        outcome in prop::sample::select(&Outcome::ALL[..]),
        names in prop::collection::vec(text(), 6),
        optional in prop::collection::vec(prop::option::of(text()), 9),
        percent in any::<Option<u8>>(),
        seconds in any::<Option<u64>>(),
        all_from_outside in any::<bool>(),
    ) -> Event {
        let mut event = sample::event(kind, outcome);
        let mut optional = optional.into_iter();
        let mut next = move || optional.next().flatten();
        event.detail.failure = Some(Failure { code: next(), message: next() });
        event.detail.subject.bucket = next();
        event.detail.previous_state = next();
        event.detail.image_name = event.detail.image_name.and_then(|_| next());
        event.detail.progress_percent = percent;
        event.detail.duration_seconds = seconds;
        let [state, id, resource, region, account, detail_type] =
            <[String; 6]>::try_from(names).expect("six names");
        event.detail.state = state;
        event.resources.push(resource);
        event.detail.updated_at = None;
        event.detail.subject = Subject {
            bucket: event.detail.subject.bucket,
            object_key: event.detail.subject.object_key.and_then(|_| next()),
            instance_id: event.detail.subject.instance_id.and_then(|_| next()),
            prefix: event.detail.subject.prefix.and_then(|_| next()),
            status_message: event.detail.subject.status_message.and_then(|_| next()),
            description: event.detail.subject.description.and_then(|_| next()),
            image_id: event.detail.subject.image_id.map(|_| id.clone()),
            task_id: event.detail.subject.task_id.map(|_| id.clone()),
            snapshot_id: event.detail.subject.snapshot_id.map(|_| id.clone()),
            snapshot_ids: event.detail.subject.snapshot_ids.into_iter().map(|_| id.clone()).collect(),
        };
        if all_from_outside {
            event.region = region;
            event.account = account;
            event.detail_type = detail_type;
        }
        event
    }
}

/// Every rule of every channel.
fn check(event: &Event) {
    check_subject(&subject(event));
    check_email(&email::email(event));
    let text = sms::sms(event);
    assert!(text.len() <= sms::LONGEST, "{} characters", text.len());
    assert!(text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()), "{text:?}");
    check_chat(&chat::notification(event));
    check_slack(&slack::payload(event));
    check_teams(&teams::message(event));
    check_teams(&teams::minimal(event));
    let bare = slack::minimal(event);
    check_defused(&bare);
    check_slack_text(&bare["text"]);
    assert!((1..=3_000).contains(&length(&bare["text"])), "{bare}");
    let shown = terminal::notification(event);
    assert!(!shown.chars().any(|c| is_hidden(c) && c != '\n'), "{shown:?}");
    for chat in [ChatChannel::Present, ChatChannel::Absent] {
        check_sns(&sns(event, chat), chat);
        let last = minimal_for(event, chat);
        check_sns(&last, chat);
        assert!(last.message.is_ascii(), "{}", last.message);
        assert!(last.size() < 48 * 1024, "{} bytes", last.size());
    }
    for channel in Channel::ALL {
        assert!(render(channel, event).ends_with('\n'));
    }
}

fn check_subject(line: &str) {
    assert!(line.len() <= 99, "{} characters", line.len());
    assert!(line.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()), "{line:?}");
    assert!(line.starts_with(|c: char| c.is_ascii_alphabetic()), "{line:?}");
    assert!(line.contains(" (") && line.ends_with(')'), "{line:?}");
}

fn check_email(text: &str) {
    for line in text.lines() {
        assert!(!line.chars().any(is_hidden), "{line:?}");
        let is_command = ["aws ", "amiwatch "].iter().any(|it| line.trim_start().starts_with(it));
        let whole = is_command || line.contains("://") || line.contains("arn:");
        assert!(whole || line.chars().count() <= email::WIDTH, "{line:?}");
    }
    assert!(text.contains("\nWhat to do next\n"));
}

/// No text in the message means anything to a chat but what we wrote.
fn check_defused(value: &Value) {
    for text in texts(value) {
        let hidden = text.chars().any(|c| is_hidden(c) && c != '\n');
        assert!(!hidden, "{text:?}");
        assert!(
            !text.contains("<!") && !text.contains("<@") && !text.contains("<http"),
            "{text:?}"
        );
    }
}

fn check_chat(message: &Value) {
    let schema = include_str!("../../tests/schemas/chat-custom-notification.schema.json");
    conforms(&serde_json::from_str(schema).expect("a schema"), message, "$");
    check_defused(message);
    for text in texts(message) {
        assert!(!text.contains(['<', '>', '@', '&']) || text.contains("`aws "), "{text:?}");
        assert_eq!(text.matches('`').count() % 2, 0, "an open code span: {text:?}");
        for (at, _) in text.match_indices("://") {
            assert!(text[..at].ends_with("s3"), "a link: {text:?}");
        }
    }
}

fn check_slack(payload: &Value) {
    check_defused(payload);
    check_slack_text(&payload["text"]);
    for text in texts(payload) {
        assert!(!text.contains(['<', '>']), "{text:?}");
        assert!(text.chars().count() <= 3_000);
    }
    let blocks = payload["attachments"][0]["blocks"].as_array().expect("blocks");
    assert!(blocks.len() <= 50);
    for block in blocks {
        match block["type"].as_str().expect("a type") {
            "header" => assert!(length(&block["text"]["text"]) <= 150),
            "section" => {
                assert!(
                    block["text"].is_null()
                        || (1..=3_000).contains(&length(&block["text"]["text"]))
                );
                let fields = block["fields"].as_array().map_or(&[][..], Vec::as_slice);
                assert!(fields.len() <= 10);
                assert!(fields.iter().all(|field| (1..=2_000).contains(&length(&field["text"]))));
            }
            "actions" => {
                let elements = block["elements"].as_array().expect("elements");
                assert!((1..=25).contains(&elements.len()));
                assert!(elements.iter().all(|button| length(&button["url"]) <= 3_000));
            }
            "context" | "divider" => {}
            other => panic!("{other} is no block of ours"),
        }
    }
}

/// Outside a code span there is no markup, and nothing that looks like a host. Three dots stand for what is
/// left out of a long name.
fn check_slack_text(text: &Value) {
    let text = text.as_str().expect("a text");
    assert_eq!(text.matches('`').count() % 2, 0, "an open code span: {text:?}");
    let outside: String = text.split('`').step_by(2).collect();
    let outside = outside.replace("...", "");
    assert!(!outside.contains(['*', '_', '~', '.', '@', '<', '>']), "{text:?}");
}

fn check_teams(message: &Value) {
    assert!(message.to_string().len() <= teams::LARGEST, "{} bytes", message.to_string().len());
    check_defused(message);
    let card = &message["attachments"][0]["content"];
    assert_eq!((&card["type"], &card["version"]), (&"AdaptiveCard".into(), &"1.4".into()));
    // In a text block Teams reads markup; a text run it shows as it is.
    let mut waiting: Vec<&Value> = card["body"].as_array().expect("a body").iter().collect();
    while let Some(element) = waiting.pop() {
        match element["type"].as_str().expect("a type") {
            "Container" => waiting.extend(element["items"].as_array().expect("items")),
            "RichTextBlock" => {
                for run in element["inlines"].as_array().expect("inlines") {
                    assert_eq!(run["type"], "TextRun");
                    assert!(length(&run["text"]) > 0, "{run}");
                }
            }
            other => panic!("{other} is no element of ours"),
        }
    }
    for action in card["actions"].as_array().expect("actions") {
        assert_eq!(action["type"], "Action.OpenUrl");
        assert!(action["url"].as_str().is_some_and(|url| url.starts_with("https://")), "{action}");
    }
}

fn check_sns(message: &super::SnsMessage, chat: ChatChannel) {
    check_subject(&message.subject);
    assert!(message.size() + message.subject.len() <= 262_144, "{} bytes", message.size());
    let protocols: Value = serde_json::from_str(&message.message).expect("valid JSON");
    let text = |key: &str| protocols[key].as_str().expect("a text").to_owned();
    let event: Event = serde_json::from_str(&text("default")).expect("an event");
    assert_eq!(event.version, "0");
    assert!(!message.message.contains(['\u{fffe}', '\u{ffff}']));
    check_email(&text("email"));
    assert!(text("sms").len() <= sms::LONGEST);
    match chat {
        ChatChannel::Present => check_chat(&serde_json::from_str(&text("https")).expect("JSON")),
        ChatChannel::Absent => assert_eq!(text("https"), text("default")),
    }
    for (name, value) in &message.attributes {
        assert!(!value.is_empty() && !value.chars().any(is_hidden), "{name}: {value:?}");
    }
}

fn length(text: &Value) -> usize {
    text.as_str().expect("a text").chars().count()
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => vec![],
    }
}

/// The part of JSON Schema that our schema uses.
fn conforms(schema: &Value, value: &Value, at: &str) {
    let kind = match value {
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::Null | Value::Bool(_) | Value::Number(_) => "other",
    };
    assert_eq!(schema["type"], kind, "{at}");
    if let Some(allowed) = schema["enum"].as_array() {
        assert!(allowed.contains(value), "{at} is {value}");
    }
    if let Some(text) = value.as_str() {
        let size = text.chars().count() as u64;
        assert!(size >= schema["minLength"].as_u64().unwrap_or(0), "{at} is too short");
        assert!(size <= schema["maxLength"].as_u64().unwrap_or(u64::MAX), "{at} has {size}");
    }
    for item in value.as_array().into_iter().flatten() {
        conforms(&schema["items"], item, &format!("{at}[]"));
    }
    let Some(fields) = value.as_object() else { return };
    for name in schema["required"].as_array().into_iter().flatten() {
        assert!(fields.contains_key(name.as_str().expect("a name")), "{at} lacks {name}");
    }
    for (name, field) in fields {
        let own = schema["properties"].get(name);
        let rule = own.unwrap_or(&schema["additionalProperties"]);
        assert!(rule.is_object(), "{at} has a field too many: {name}");
        conforms(rule, field, &format!("{at}.{name}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 128,
        max_shrink_iters: 500,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_rule_of_every_channel_holds_for_any_text(event in event()) {
        check(&event);
    }
}

#[test]
fn every_rule_holds_for_each_sample() {
    sample::all().iter().for_each(check);
}

#[test]
fn every_rule_holds_for_texts_far_beyond_any_limit() {
    for (unit, kind) in [
        ("\0", Kind::StoreImage),
        ("\"<!channel>`'\n", Kind::Bundle),
        ("🙂\u{fffe}", Kind::StoreImage),
    ] {
        let huge = unit.repeat(400_000 / unit.len());
        let mut event = sample::event(kind, Outcome::Failed);
        event.detail.failure = Some(Failure { code: None, message: Some(huge.clone()) });
        check(&event);
        event.detail.subject.bucket = Some(huge.clone());
        event.detail.state.clone_from(&huge);
        event.resources = vec![huge.clone(); 2];
        event.region.clone_from(&huge);
        check(&event);
    }
}

#[test]
fn every_rule_holds_where_all_names_are_long_at_once() {
    // Each kind with every other unit: the channels know no kind, and this takes its time.
    let units = ["0", "\u{a1}", "`&", "\u{a939a}"].into_iter().enumerate();
    let all = units.flat_map(|(n, unit)| Kind::ALL.map(|kind| (n, unit, kind)));
    for (_, unit, kind) in all.filter(|(n, _, kind)| (n + *kind as usize).is_multiple_of(2)) {
        for count in [200, 1_400, 5_000] {
            let long = unit.repeat(count);
            for outcome in [Outcome::Completed, Outcome::Failed, Outcome::Stalled] {
                let mut event = sample::event(kind, outcome);
                event.account.clone_from(&long);
                event.region.clone_from(&long);
                event.resources = vec![long.clone(); 3];
                let detail = &mut event.detail;
                detail.subject.bucket = Some(long.clone());
                detail.state.clone_from(&long);
                detail.previous_state = Some(long.clone());
                detail.failure =
                    Some(Failure { code: Some(long.clone()), message: Some(long.clone()) });
                detail.subject.texts().for_each(|text| text.clone_from(&long));
                check(&event);
            }
        }
    }
}

#[test]
fn every_rule_holds_where_two_names_make_a_link_together() {
    for (bucket, key) in [("b:", "/k"), ("b:/", "k"), ("b:/", "/k"), ("b://", "k"), ("b", "://k")] {
        let mut event = sample::event(Kind::StoreImage, Outcome::Completed);
        event.detail.subject.bucket = Some(bucket.to_owned());
        event.detail.subject.object_key = Some(key.to_owned());
        check(&event);
    }
}

#[test]
fn the_reason_that_fits_is_told_whole() {
    let mut event = sample::event(Kind::StoreImage, Outcome::Failed);
    let reason = "r".repeat(4_000);
    event.detail.failure = Some(Failure { code: None, message: Some(reason.clone()) });
    let message = sns(&event, ChatChannel::Absent);
    let texts: Value = serde_json::from_str(&message.message).expect("JSON");
    assert!(texts["default"].as_str().expect("text").contains(&reason));
    let told: String = texts["email"]
        .as_str()
        .expect("text")
        .lines()
        .filter_map(|line| line.strip_prefix("> "))
        .collect();
    assert_eq!(told, reason);
}
