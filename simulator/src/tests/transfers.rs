//! What all kinds of import and export tasks have in common, tried with each of them.

use super::transfer_case::{TransferCase, pages};
use super::*;
use crate::transfer::kind::Paging;
use crate::{FaultKind, FaultRule, TaskStatus, Throttle, Transfer, TransferEnd};

/// A new kind is tried as the others are by a line here.
const CASES: &[TransferCase] =
    &[import_snapshot::CASE, import_image::CASE, export_instance::CASE, export_image::CASE];

fn sorted(pages: &[Vec<String>]) -> Vec<String> {
    let mut ids = pages.concat();
    ids.sort();
    ids
}

#[test]
fn a_task_is_listed_from_its_start_to_seven_days_after_its_end() {
    for case in CASES {
        let world = case.world(1, Settings::default());
        let later = crate::clock::later(world.now(), minutes(1));
        (case.add)(&world, Transfer::new(format!("{}late", case.prefix), later, minutes(10)));
        assert_eq!(case.list(&world), ["active"], "{}", case.list);
        world.advance(minutes(10));
        let mut states = case.list(&world);
        states.sort();
        assert_eq!(states, ["active", "completed"], "{}", case.list);
        world.advance(Duration::from_secs(7 * 24 * 3600));
        assert_eq!(case.list(&world).len(), 2, "{}", case.list);
        world.advance(Duration::from_secs(1));
        assert_eq!(pages(&world, case, ""), [[format!("{}late", case.prefix)]]);
        let gone = format!("{}&{}.1={}0z", case.list, case.ids, case.prefix);
        let unknown = outcome(&world, &gone).1;
        assert!(case.unknown.iter().any(|(_, code)| *code == unknown), "{unknown}");
    }
}

#[test]
fn every_end_has_its_state_and_its_text() {
    let failed = |reason: Option<&str>| TransferEnd::Failed {
        reason: reason.map(str::to_owned),
        percent: 30,
    };
    for case in CASES {
        for (end, state, message) in [
            (TransferEnd::Completed, "completed", None),
            (failed(Some("ClientError: no")), case.ended, Some("ClientError: no")),
            (failed(None), case.ended, None),
            (TransferEnd::Expired, case.ended, Some("Task expired and automatically canceled")),
        ] {
            let world = world();
            let plan = Transfer::new(format!("{}1", case.prefix), world.now(), minutes(10));
            (case.add)(&world, plan.ending(end));
            world.advance(minutes(10));
            let reply = call(&world, case.list);
            assert_eq!(case.states(&reply), [state], "{}", text(&reply));
            let found = all(&reply, "statusMessage").pop();
            assert_eq!(found.as_deref(), message, "{}", text(&reply));
            assert!(all(&reply, "progress").is_empty(), "{}", text(&reply));
        }
    }
}

#[test]
fn the_pages_of_a_listing_hold_every_task_once() {
    for case in CASES {
        let free = Settings { throttle: Throttle::Off, ..Settings::default() };
        let world = case.world(7, free);
        let Paging::Pages(bound) = case.paging else {
            assert_eq!(pages(&world, case, "").len(), 1);
            for name in ["MaxResults=5", "NextToken=x", "DryRun=true"] {
                let outcome = outcome(&world, &format!("{}&{name}", case.list));
                assert_eq!(outcome, (400, "UnknownParameter".to_owned()), "{name}");
            }
            continue;
        };
        let whole = pages(&world, case, "").concat();
        for size in 1..=8 {
            let pages = pages(&world, case, &format!("&MaxResults={size}"));
            assert_eq!(pages.concat(), whole, "size {size}");
            assert_eq!(pages.len(), 7_usize.div_ceil(size), "size {size}");
        }
        let with = |size: &str| outcome(&world, &format!("{}&MaxResults={size}", case.list)).1;
        assert_eq!(with("0"), "InvalidParameterValue");
        assert_eq!(with("ten"), "InvalidMaxResults");
        let over = bound.unwrap_or(5_000) + 1;
        let expected = if bound.is_some() { "InvalidParameterValue" } else { "OK" };
        assert_eq!(with(&over.to_string()), expected);
        assert_eq!(outcome(&world, &format!("{}&DryRun=true", case.list)).0, 412);
        world.add_fault(FaultRule::new(FaultKind::ReversedOrder).times(1));
        let turned: Vec<String> = whole.iter().rev().cloned().collect();
        assert_eq!(pages(&world, case, "&MaxResults=2").concat(), turned);
    }
}

#[test]
fn a_token_of_one_listing_is_none_of_another() {
    let world = world_with(Settings { trailing_token: true, page_size: 1, ..Settings::default() });
    for case in CASES {
        (case.add)(&world, Transfer::new(format!("{}1", case.prefix), world.now(), minutes(10)));
    }
    stored(&world, "ami-00000001", 5);
    let stores = call(&world, "Action=DescribeStoreImageTasks");
    let token = all(&stores, "nextToken").pop().unwrap();
    for case in CASES.iter().filter(|case| matches!(case.paging, Paging::Pages(_))) {
        let fields = format!("{}&NextToken={token}", case.list);
        assert_eq!(outcome(&world, &fields).1, "InvalidPaginationToken", "{}", case.list);
        assert_eq!(pages(&world, case, "").len(), 2, "a full last page has a token as well");
    }
}

#[test]
fn ids_and_filters_choose_tasks() {
    for case in CASES {
        let world = case.world(3, Settings::default());
        let ended = Transfer::new(format!("{}9", case.prefix), world.now(), minutes(1));
        (case.add)(&world, ended);
        world.advance(minutes(1));
        let (ids, prefix) = (case.ids, case.prefix);
        let chosen = pages(&world, case, &format!("&{ids}.1={prefix}2z&{ids}.2={prefix}9"));
        assert_eq!(sorted(&chosen), [format!("{prefix}2z"), format!("{prefix}9")]);
        for (id, code) in case.unknown {
            let fields = format!("{}&{ids}.1={prefix}2z&{ids}.2={id}", case.list);
            assert_eq!(outcome(&world, &fields), (400, code.to_owned()), "{fields}");
        }
        let filter = |name: &str, value: &str| {
            let filters = case.filters;
            format!("&{filters}.1.Name={name}&{filters}.1.Value.1={value}")
        };
        let wrong = format!("{}{}", case.list, filter("state", "active"));
        assert_eq!(outcome(&world, &wrong).1, "InvalidParameterValue");
        if matches!(case.paging, Paging::Pages(_)) {
            let completed = pages(&world, case, &filter("task-state", "completed"));
            assert_eq!(completed, [[format!("{prefix}9")]]);
            assert_eq!(pages(&world, case, &filter("task-state", "active")).concat().len(), 3);
            assert_eq!(pages(&world, case, &filter("task-state", "Active")).concat().len(), 0);
        }
    }
}

#[test]
fn a_task_is_cancelled_once_and_a_task_that_has_ended_not_at_all() {
    for case in CASES {
        let world = case.world(1, Settings::default());
        let cancel = format!("{}{}0z", case.cancel, case.prefix);
        world.advance(minutes(5));
        let reply = call(&world, &cancel);
        assert_eq!(reply.status, 200, "{}", text(&reply));
        assert_eq!(case.list(&world), [case.ending]);
        assert_eq!(outcome(&world, &cancel).0, 200);
        world.advance(minutes(1));
        assert_eq!(case.list(&world), [case.ended]);
        assert_eq!(outcome(&world, &cancel), (400, "IncorrectState".to_owned()));
        let unknown = format!("{}{}", case.cancel, case.unknown[0].0);
        assert_eq!(outcome(&world, &unknown).1, case.unknown[0].1);
    }
}

#[test]
fn a_state_set_by_hand_holds_until_it_is_taken_back() {
    for case in CASES {
        let world = case.world(0, Settings::default());
        let plan = Transfer::new(format!("{}1", case.prefix), world.now(), minutes(10));
        let id = (case.add)(&world, plan);
        assert!(world.set_state(id, TaskStatus::new("odd", 7)));
        assert_eq!(case.list(&world), ["odd"]);
        assert!(world.release_state(id));
        assert_eq!(case.list(&world), ["active"]);
        assert!(world.remove_task(id) && !world.remove_task(id));
        assert_eq!(case.list(&world).len(), 0);
    }
}

#[test]
fn a_listing_has_the_ordinary_bucket_of_a_describe_action() {
    for case in CASES {
        let world = world();
        let through = (0..150).take_while(|_| outcome(&world, case.list).0 == 200).count();
        assert_eq!(through, 100, "{}", case.list);
        world.advance(Duration::from_secs(2));
        let through = (0..150).take_while(|_| outcome(&world, case.list).0 == 200).count();
        assert_eq!(through, 40, "{}", case.list);
    }
}

#[test]
fn faults_take_elements_out_of_the_items_of_a_listing() {
    for case in CASES {
        let world = case.world(2, Settings::default());
        let fields = vec![case.state.to_owned()];
        world.add_fault(FaultRule::new(FaultKind::MissingFields { fields, item: Some(0) }));
        let reply = call(&world, case.list);
        assert_eq!((all(&reply, case.id).len(), case.states(&reply).len()), (2, 1));
    }
}
