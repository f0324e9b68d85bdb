//! Import and export tasks in scenarios: what is read, and what is refused.

use super::transfer_case::{TransferCase, pages};
use super::*;
use crate::Scenario;

/// A kind's list in a scenario.
struct List {
    name: &'static str,
    case: TransferCase,
    /// The fields of a small entry, but for its id.
    fields: &'static str,
    /// Whether its tasks show a progress.
    has_progress: bool,
}

/// A new kind is tried as the others are by an entry here.
const LISTS: &[List] = &[
    List {
        name: "import_snapshot_tasks",
        case: import_snapshot::CASE,
        fields: "disk: {bucket: b, key: d.vmdk}",
        has_progress: true,
    },
    List {
        name: "import_image_tasks",
        case: import_image::CASE,
        fields: "disks: [{format: OVA, bucket: b, key: v.ova}], platform: Linux",
        has_progress: true,
    },
    List {
        name: "export_instance_tasks",
        case: export_instance::CASE,
        fields: "instance_id: i-00000001, target: {bucket: b}",
        has_progress: false,
    },
    List {
        name: "export_image_tasks",
        case: export_image::CASE,
        fields: "image_id: ami-00000001, target: {bucket: b}",
        has_progress: true,
    },
];

impl List {
    fn text(&self, more: &str) -> String {
        let (prefix, fields) = (self.case.prefix, self.fields);
        format!("places: [{{{}: [{{task_id: {prefix}1z, {fields}{more}}}]}}]", self.name)
    }

    fn world(&self, more: &str) -> World {
        let scenario = Scenario::parse(&self.text(more), "s.yaml").unwrap();
        let world = world_with(scenario.settings().clone());
        scenario.apply(&world);
        world
    }
}

/// The first state, progress and message of a listing.
fn seen(world: &World, list: &List) -> (String, Option<String>, Option<String>) {
    let reply = call(world, list.case.list);
    let only = |name: &str| all(&reply, name).pop();
    (list.case.states(&reply).pop().unwrap(), only("progress"), only("statusMessage"))
}

#[test]
fn an_entry_takes_effect_as_it_is_written() {
    for list in LISTS {
        let ended = list.case.ended;
        for (end, state, message) in [
            ("", "completed", None),
            (", end: Failed, reason: why", ended, Some("why")),
            (", end: failed", ended, None),
        ] {
            let world = list.world(&format!(", start: -20m, duration: 20m{end}"));
            let seen = seen(&world, list);
            assert_eq!(seen, (state.to_owned(), None, message.map(str::to_owned)), "{end}");
        }
        let labelled = list.world(", description: d, tags: {team: images}, omit: [description]");
        let reply = text(&call(&labelled, list.case.list));
        assert!(reply.contains("<key>team</key><value>images</value>"), "{reply}");
        assert!(!reply.contains("<description>d</description>"), "{reply}");
        let odd = list.world(", timeline: [{after: 0s, state: Odd, progress: 7, message: why}]");
        assert_eq!(seen(&odd, list).0, "Odd");
        assert_eq!(seen(&odd, list).2.as_deref(), Some("why"));
    }
}

#[test]
fn progress_stands_still_and_the_message_with_it_or_not() {
    for list in LISTS.iter().filter(|list| list.has_progress) {
        let stall = "start: -50m, duration: 1h, stall: {percent: 3, from: 1m, until: 59m}";
        let world = list.world(&format!(", {stall}"));
        let (state, progress, standing) = seen(&world, list);
        assert_eq!((state.as_str(), progress.as_deref()), ("active", Some("3")));
        let world = list.world(&format!(", {stall}, message_moves: true"));
        let (_, progress, moving) = seen(&world, list);
        assert_eq!(progress.as_deref(), Some("3"));
        assert_ne!(standing, moving);
    }
}

#[test]
fn an_entry_that_could_not_be_is_refused() {
    for list in LISTS {
        let mut wrong = vec![
            (", end: Gone", "end", "unknown variant"),
            (", reason: why", "reason", "only for a task that fails"),
            (", percent: 7", "percent", "only for a task that fails"),
            (", end: Failed, percent: 101", "percent", "101"),
            (", message_moves: true", "message_moves", "stands still"),
            (", start: soon", "start", "not a time"),
            (", omit: [amiId]", "omit", "no element"),
            (", tags: {a: \"\\x01\"}", "tags", "XML"),
            (", timeline: [{after: 1m, state: x, code: y}]", "timeline[0].code", "bundle"),
            (", nope: 1", "", "unknown field"),
        ];
        if list.has_progress {
            let stall = ", end: Failed, stall: {percent: 80, from: 1m, until: 2m}";
            wrong.push((stall, "stall.percent", "more than the 50"));
            wrong.push((", end: Expired", "end", "export of an instance"));
        } else {
            wrong.push((", stall: {percent: 1, from: 1m, until: 2m}", "stall", "no progress"));
        }
        for (more, field, rule) in wrong {
            let error = Scenario::parse(&list.text(more), "s.yaml").unwrap_err();
            let expected = format!("places[0].{}[0].{field}", list.name);
            assert!(error.field.starts_with(expected.trim_end_matches('.')), "{more}: {error}");
            assert!(error.rule.contains(rule), "{more}: {error}");
        }
        let text = list.text("").replace(list.case.prefix, "import-vm-");
        let error = Scenario::parse(&text, "s.yaml").unwrap_err();
        assert!(error.way_out.contains(list.case.prefix), "{error}");
        let twice = list
            .text("")
            .replace("]}]", &format!(", {{task_id: {}1z, {}}}]}}]", list.case.prefix, list.fields));
        let error = Scenario::parse(&twice, "s.yaml").unwrap_err();
        assert_eq!(error.field, format!("places[0].{}[1].task_id", list.name), "{error}");
        assert_eq!(pages(&list.world(""), &list.case, ""), [[format!("{}1z", list.case.prefix)]]);
    }
}

#[test]
fn a_disk_image_has_a_place() {
    for (disk, field, rule) in [
        ("{}", "disk.bucket", "neither"),
        ("{bucket: b}", "disk.key", "beside bucket"),
        ("{key: d}", "disk.bucket", "beside key"),
        ("{bucket: \"\", key: d}", "disk.bucket", "no bucket"),
        ("{url: u, size: 1}", "disk", "unknown field"),
        ("{url: u}, snapshot_id: s", "snapshot_id", "no snapshot id"),
    ] {
        let task = format!("{{task_id: import-snap-1, disk: {disk}}}");
        let text = format!("places: [{{import_snapshot_tasks: [{task}]}}]");
        let error = Scenario::parse(&text, "s.yaml").unwrap_err();
        let expected = format!("places[0].import_snapshot_tasks[0].{field}");
        assert!(error.field.starts_with(&expected), "{disk}: {error}");
        assert!(error.rule.contains(rule), "{disk}: {error}");
    }
}
