use super::*;
use crate::{FaultKind, FaultRule, TaskStatus, Throttle};

const LIST: &str = "Action=DescribeStoreImageTasks";

/// All pages of a listing, page by page.
fn pages(world: &World, fields: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut token = String::new();
    loop {
        let reply = call(world, &format!("{LIST}{fields}{token}"));
        assert_eq!(reply.status, 200, "{}", text(&reply));
        pages.push(all(&reply, "amiId"));
        match all(&reply, "nextToken").pop() {
            Some(next) => token = format!("&NextToken={next}"),
            None => return pages,
        }
    }
}

fn image(number: u64) -> String {
    format!("ami-{number:08x}")
}

fn images(numbers: impl IntoIterator<Item = u64>) -> Vec<String> {
    numbers.into_iter().map(image).collect()
}

#[test]
fn an_item_has_exactly_the_elements_of_the_api() {
    let world = world();
    let id = stored(&world, "ami-00000001", 5);
    let reply = call(&world, LIST);
    assert_eq!(
        text(&reply).replace(&reply.request_id, "R"),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DescribeStoreImageTasksResponse \
         xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>R</requestId>\
         <storeImageTaskResultSet><item><amiId>ami-00000001</amiId>\
         <taskStartTime>2026-11-21T23:55:00.000Z</taskStartTime><bucket>b</bucket>\
         <s3objectKey>ami-00000001.bin</s3objectKey><progressPercentage>50</progressPercentage>\
         <storeTaskState>InProgress</storeTaskState>\
         <storeTaskFailureReason></storeTaskFailureReason></item></storeImageTaskResultSet>\
         </DescribeStoreImageTasksResponse>"
    );
    let message = Some("a & b".to_owned());
    world.set_state(id, TaskStatus { message, ..TaskStatus::new("Failed", None) });
    let item = all(&call(&world, LIST), "item").pop().unwrap();
    assert!(item.contains("<storeTaskFailureReason>a &amp; b</storeTaskFailureReason>"));
    assert!(!item.contains("progressPercentage"));
    assert!(world.release_state(id) && text(&call(&world, LIST)).contains("InProgress"));
    assert!(world.remove_task(id) && !world.remove_task(id));
    assert_eq!(pages(&world, ""), [Vec::<String>::new()]);
}

#[test]
fn a_listing_runs_from_the_newest_back_over_31_days() {
    let world = world();
    let day = 24 * 60;
    for (number, minutes_ago) in [(1, 31 * day + 1), (2, 31 * day), (3, 0), (4, 60)] {
        stored(&world, &image(number), minutes_ago);
    }
    let start = crate::clock::later(world.now(), minutes(1));
    let future = StorePlan::new(image(5), "b", start, minutes(10));
    world.add_store_task(ACCOUNT, REGION, future);
    assert_eq!(pages(&world, ""), [images([3, 4, 2])]);
    world.advance(minutes(1));
    assert_eq!(pages(&world, ""), [images([5, 3, 4])]);
    assert_eq!(all(&call_in(&world, "us-west-2", LIST), "amiId").len(), 0);
}

#[test]
fn pages_follow_one_another_without_gap_or_overlap() {
    let world = world_with(Settings { throttle: Throttle::Off, ..Settings::default() });
    for number in 0..7 {
        // Two of each start.
        stored(&world, &image(number), number / 2);
    }
    for size in 1..=8 {
        let pages = pages(&world, &format!("&MaxResults={size}"));
        // Of one start the last added first.
        assert_eq!(pages.concat(), images([1, 0, 3, 2, 5, 4, 6]), "size {size}");
        assert_eq!(pages.len(), 7_usize.div_ceil(size), "size {size}");
    }
}

#[test]
fn a_token_may_come_with_a_full_last_page() {
    let world = world_with(Settings { trailing_token: true, ..Settings::default() });
    for number in 0..4 {
        stored(&world, &image(number), number);
    }
    assert_eq!(pages(&world, "&MaxResults=2"), [images([0, 1]), images([2, 3]), vec![]]);
}

#[test]
fn a_token_outlives_the_tasks_after_it() {
    let world = world();
    stored(&world, &image(1), 31 * 24 * 60 - 1);
    stored(&world, &image(2), 31 * 24 * 60);
    let token = all(&call(&world, &format!("{LIST}&MaxResults=1")), "nextToken").pop().unwrap();
    world.advance(minutes(10));
    let reply = call(&world, &format!("{LIST}&NextToken={token}"));
    assert_eq!((reply.status, all(&reply, "amiId").len()), (200, 0));
    let elsewhere = call_in(&world, "eu-west-1", &format!("{LIST}&NextToken={token}"));
    assert_eq!(all(&elsewhere, "Code"), ["InvalidPaginationToken"]);
}

#[test]
fn filters_and_values_combine() {
    let world = world_with(Settings { wildcards: true, ..Settings::default() });
    stored(&world, &image(1), 5);
    stored(&world, &image(2), 50);
    let other = StorePlan::new(image(3), "other", world.now(), minutes(10));
    world.add_store_task(ACCOUNT, REGION, other);
    let state = |values: &str| format!("&Filter.1.Name=task-state&{values}");
    for (fields, found) in [
        (state("Filter.1.Value.1=Completed"), vec![2]),
        (state("Filter.1.Value.1=Completed&Filter.1.Value.2=InProgress"), vec![3, 1, 2]),
        (state("Filter.1.Value.1=completed"), vec![]),
        (state("Filter.1.Value.1=In*&Filter.2.Name=bucket&Filter.2.Value.1=b"), vec![1]),
    ] {
        assert_eq!(pages(&world, &fields).concat(), images(found), "{fields}");
    }
}

#[test]
fn with_ids_filters_are_ignored_and_only_the_newest_task_of_each_comes() {
    let world = world();
    stored(&world, &image(1), 50);
    let newest = stored(&world, &image(1), 5);
    stored(&world, &image(2), 60);
    let ids = format!(
        "&ImageId.1={}&ImageId.2={}&ImageId.3={}&ImageId.4={}",
        image(2),
        image(1),
        image(9),
        image(2)
    );
    let fields = format!("{LIST}{ids}&Filter.1.Name=bucket&Filter.1.Value.1=none");
    let reply = call(&world, &fields);
    assert_eq!(all(&reply, "amiId"), images([1, 2]));
    assert_eq!(all(&reply, "storeTaskState"), ["InProgress", "Completed"]);
    world.remove_task(newest);
    assert_eq!(all(&call(&world, &fields), "storeTaskState"), ["Completed", "Completed"]);
}

#[test]
fn a_fault_can_turn_the_whole_listing_round() {
    let world = world();
    for number in 0..5 {
        stored(&world, &image(number), number);
    }
    world.add_fault(FaultRule::new(FaultKind::ReversedOrder).times(1));
    assert_eq!(pages(&world, "&MaxResults=2").concat(), images((0..5).rev()));
    assert_eq!(pages(&world, "&MaxResults=2").concat(), images(0..5));
    world.add_fault(FaultRule::new(FaultKind::ShuffledPage));
    let mut shuffled = pages(&world, "").concat();
    assert_ne!(shuffled, images(0..5));
    shuffled.sort();
    assert_eq!(shuffled, images(0..5));
}

#[test]
fn an_ami_is_stored_once_at_a_time_and_once_in_a_bucket_until_the_object_is_gone() {
    let world = world();
    let create = "Action=CreateStoreImageTask&ImageId=ami-00000001&Bucket=b";
    let elsewhere = "Action=CreateStoreImageTask&ImageId=ami-00000001&Bucket=c";
    assert_eq!(outcome(&world, &format!("{create}&DryRun=true")).0, 412);
    assert_eq!(all(&call(&world, create), "objectKey"), ["ami-00000001.bin"]);
    assert_eq!(outcome(&world, elsewhere), (400, "InvalidRequest".to_owned()));
    world.advance(minutes(10));
    assert_eq!(outcome(&world, create), (400, "InvalidRequest".to_owned()));
    assert_eq!(outcome(&world, elsewhere).0, 200);
    world.advance(minutes(10));
    assert!(world.delete_object(ACCOUNT, REGION, "b", "ami-00000001.bin"));
    assert!(!world.delete_object(ACCOUNT, REGION, "b", "ami-00000001.bin"));
    assert_eq!(outcome(&world, create).0, 200);
    assert_eq!(pages(&world, "").concat().len(), 3);
}

#[test]
fn two_stores_of_an_ami_never_have_one_start() {
    let world = world();
    let create = "Action=CreateStoreImageTask&ImageId=ami-00000001&Bucket=b";
    for _ in 0..3 {
        assert_eq!(outcome(&world, create).0, 200);
        let id = crate::TaskId(world.calls().len() as u64);
        assert!(world.set_state(id, TaskStatus::new("Failed", 1)));
    }
    world.advance(Duration::from_secs(1));
    let reply = call(&world, LIST);
    assert_eq!(
        all(&reply, "taskStartTime"),
        ["2026-11-22T00:00:00.002Z", "2026-11-22T00:00:00.001Z", "2026-11-22T00:00:00.000Z"]
    );
}

#[test]
fn where_it_is_said_which_amis_exist_a_deregistered_one_does_not_though_it_was_stored() {
    let world = world();
    stored(&world, "ami-00000001", 5);
    world.set_images(ACCOUNT, REGION, ["ami-00000002"]);
    assert_eq!(all(&call(&world, LIST), "amiId"), ["ami-00000001"]);
    let by_id = outcome(&world, &format!("{LIST}&ImageId.1=ami-00000001"));
    assert_eq!(by_id, (400, "InvalidAMIID.NotFound".to_owned()));
}

#[test]
fn ten_thousand_tasks_are_fifty_pages() {
    let world = world_with(Settings { throttle: Throttle::Off, ..Settings::default() });
    for number in 0..10_000 {
        stored(&world, &image(number), number);
    }
    assert_eq!(pages(&world, "&MaxResults=200").len(), 50);
}
