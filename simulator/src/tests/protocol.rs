use super::*;
use crate::{FaultKind, FaultRule, Throttle};

#[test]
fn every_fault_in_a_request_has_its_documented_code() {
    let world = world();
    world.set_images(ACCOUNT, REGION, ["ami-00000001"]);
    let ids: String = (1..=21).map(|n| format!("&ImageId.{n}=ami-00000001")).collect();
    let filters: String =
        (1..=51).map(|n| format!("&Filter.{n}.Name=bucket&Filter.{n}.Value.1=b")).collect();
    let list = "Action=DescribeStoreImageTasks";
    for (fields, status, code) in [
        ("Action=Nope".to_owned(), 400, "InvalidAction"),
        (String::new(), 400, "MissingAction"),
        (format!("{list}&Version=2010-01-01"), 400, "NoSuchVersion"),
        (format!("{list}&Nope=1"), 400, "UnknownParameter"),
        (format!("{list}&BundleId.1=x"), 400, "UnknownParameter"),
        (format!("{list}&DryRun=true"), 412, "DryRunOperation"),
        (format!("{list}&DryRun=maybe"), 400, "InvalidParameterValue"),
        (format!("{list}&MaxResults=0"), 400, "InvalidParameterValue"),
        (format!("{list}&MaxResults=201"), 400, "InvalidParameterValue"),
        (format!("{list}&MaxResults=ten"), 400, "InvalidMaxResults"),
        (format!("{list}&MaxResults=5&ImageId.1=ami-00000001"), 400, "InvalidParameterCombination"),
        (format!("{list}&NextToken=x&ImageId.1=ami-00000001"), 400, "InvalidParameterCombination"),
        (format!("{list}&NextToken=x"), 400, "InvalidNextToken"),
        (format!("{list}&NextToken="), 400, "InvalidNextToken"),
        (format!("{list}{ids}"), 400, "InvalidParameterValue"),
        (format!("{list}&ImageId.1=i-00000001"), 400, "InvalidAMIID.Malformed"),
        (format!("{list}&ImageId.1=ami-00000002"), 400, "InvalidAMIID.NotFound"),
        (format!("{list}{filters}"), 400, "FilterLimitExceeded"),
        (format!("{list}&Filter.1.Name=state&Filter.1.Value.1=x"), 400, "InvalidParameterValue"),
        (format!("{list}&Filter.1.Name=bucket"), 400, "MissingParameter"),
        ("Action=DescribeBundleTasks&MaxResults=5".into(), 400, "UnknownParameter"),
        ("Action=DescribeBundleTasks&BundleId.1=bun-1".into(), 400, "InvalidBundleID.NotFound"),
        ("Action=DescribeBundleTasks&DryRun=true".into(), 412, "DryRunOperation"),
        ("Action=CreateStoreImageTask&Bucket=b".into(), 400, "MissingParameter"),
        ("Action=CancelBundleTask&BundleId=bun-1".into(), 400, "InvalidBundleID.NotFound"),
        ("Action=BundleInstance&InstanceId=i-00000001".into(), 400, "MissingParameter"),
        ("Action=DescribeRegions&RegionName.1=mars-1".into(), 400, "InvalidParameterValue"),
        ("Action=DescribeRegions".into(), 200, "OK"),
        (list.to_owned(), 200, "OK"),
    ] {
        assert_eq!(outcome(&world, &fields), (status, code.to_owned()), "{fields}");
    }
}

#[test]
fn a_request_without_a_version_is_missing_a_parameter() {
    let world = world();
    let credential = "X-Amz-Credential=AKID/20261122/us-east-1/ec2/aws4_request";
    let uri = format!("/?Action=DescribeRegions&{credential}");
    let request = Request::builder().uri(uri).body(()).unwrap();
    let reply = answer(&world, Incoming::read(&request.into_parts().0, b""));
    assert_eq!((reply.status, all(&reply, "Code")), (400, vec!["MissingParameter".to_owned()]));
}

#[test]
fn faults_answer_with_their_codes_and_come_before_a_dry_run() {
    let world = world();
    for (kind, status, code) in [
        (FaultKind::Throttle, 503, "RequestLimitExceeded"),
        (FaultKind::InternalError, 500, "InternalError"),
        (FaultKind::Unavailable, 503, "Unavailable"),
        (FaultKind::ServiceUnavailable, 503, "ServiceUnavailable"),
        (FaultKind::Denied, 403, "UnauthorizedOperation"),
        (FaultKind::ExpiredToken, 400, "RequestExpired"),
        (FaultKind::AuthFailure, 401, "AuthFailure"),
    ] {
        world.add_fault(FaultRule::new(kind).on("DescribeBundleTasks").times(1));
        let fields = "Action=DescribeBundleTasks&DryRun=true";
        assert_eq!(outcome(&world, fields), (status, code.to_owned()));
        assert_eq!(outcome(&world, fields).0, 412);
    }
}

#[test]
fn faults_change_the_items_that_they_mean() {
    let world = world();
    stored(&world, "ami-00000001", 5);
    stored(&world, "ami-00000002", 4);
    let fields = vec!["bucket".to_owned()];
    let missing = FaultKind::MissingFields { fields, item: Some(1) };
    world.add_fault(FaultRule::new(missing).times(1));
    let text_fault = FaultKind::RawText {
        element: "storeTaskFailureReason".into(),
        text: "&#xD800;".into(),
        item: Some(0),
    };
    world.add_fault(FaultRule::new(text_fault).times(1));
    let reply = call(&world, "Action=DescribeStoreImageTasks");
    let items = all(&reply, "item");
    assert!(items[0].contains("<bucket>b</bucket>") && items[0].contains("&#xD800;"));
    assert!(!items[1].contains("<bucket>") && !items[1].contains("&#xD800;"));

    world.add_fault(FaultRule::new(FaultKind::MalformedXml).times(1));
    assert!(!text(&call(&world, "Action=DescribeStoreImageTasks")).ends_with("Response>"));
}

#[test]
fn a_fault_can_change_what_stands_beside_the_items() {
    let world = world();
    stored(&world, "ami-00000001", 5);
    stored(&world, "ami-00000002", 4);
    let list = "Action=DescribeStoreImageTasks&MaxResults=1";
    let with = |kind| {
        world.clear_faults();
        world.add_fault(FaultRule::new(kind));
        text(&call(&world, list))
    };
    let missing = |name: &str| FaultKind::MissingFields { fields: vec![name.into()], item: None };
    assert!(!with(missing("nextToken")).contains("nextToken"));
    assert!(!with(missing("storeImageTaskResultSet")).contains("Set"));
    let raw = |element: &str, text: &str, item| FaultKind::RawText {
        element: element.into(),
        text: text.into(),
        item,
    };
    let answer = with(raw("nextToken", "", None));
    assert!(answer.contains("</storeImageTaskResultSet><nextToken></nextToken>"), "{answer}");
    assert_eq!(answer.matches("<nextToken>").count(), 1);
    world.clear_faults();
    let token = all(&call(&world, list), "nextToken").pop().unwrap();
    world.add_fault(FaultRule::new(raw("nextToken", "", None)));
    let ending = text(&call(&world, &format!("{list}&NextToken={token}")));
    assert!(ending.contains("<nextToken></nextToken>"), "on the last page, too: {ending}");
    assert_eq!(with(FaultKind::Body("<html>busy</html>".into())), "<html>busy</html>");
    let created = raw("objectKey", "other", None);
    world.clear_faults();
    world.add_fault(FaultRule::new(created));
    let answer = call(&world, "Action=CreateStoreImageTask&ImageId=ami-00000009&Bucket=b");
    assert_eq!(all(&answer, "objectKey"), ["other"]);
}

#[test]
fn what_fails_within_ec2_takes_a_token_and_what_is_refused_before_does_not() {
    let world = world();
    let list = "Action=DescribeStoreImageTasks";
    world.add_fault(FaultRule::new(FaultKind::Denied).times(60));
    assert!((0..60).all(|_| outcome(&world, list).0 == 403));
    world.add_fault(FaultRule::new(FaultKind::InternalError));
    assert!((0..50).all(|_| outcome(&world, list).0 == 500));
    assert_eq!(outcome(&world, list), (503, "RequestLimitExceeded".to_owned()));
}

#[test]
fn of_two_errors_the_second_keeps_its_hits() {
    let world = world();
    world.add_fault(FaultRule::new(FaultKind::Throttle).times(2));
    world.add_fault(FaultRule::new(FaultKind::InternalError).times(2));
    let list = "Action=DescribeBundleTasks";
    let seen: Vec<u16> = (0..5).map(|_| outcome(&world, list).0).collect();
    assert_eq!(seen, [503, 503, 500, 500, 200]);
}

#[test]
fn every_bucket_has_its_documented_size_and_a_set_one_its_own() {
    for (action, capacity, refused_after_2_s) in [
        ("DescribeStoreImageTasks", 50, 1),
        ("DescribeBundleTasks", 100, 40),
        ("DescribeRegions", 100, 40),
        ("CancelBundleTask&BundleId=bun-00000001", 200, 10),
    ] {
        let world = world();
        let fields = format!("Action={action}");
        let allowed =
            |most: u32| (0..most).take_while(|_| outcome(&world, &fields).0 != 503).count();
        assert_eq!(allowed(1_000), capacity, "{action}");
        world.advance(Duration::from_secs(2));
        assert_eq!(allowed(1_000), refused_after_2_s, "{action}");
    }
    let own = [("DescribeStoreImageTasks".to_owned(), crate::Bucket::new(2.0, 1.0))].into();
    let world = world_with(Settings { throttle: Throttle::With(own), ..Settings::default() });
    let list = "Action=DescribeStoreImageTasks";
    let seen: Vec<u16> = (0..3).map(|_| outcome(&world, list).0).collect();
    assert_eq!(seen, [200, 200, 503]);
    assert!((0..100).all(|_| outcome(&world, "Action=DescribeBundleTasks").0 == 200));
}

#[test]
fn the_bucket_empties_refills_with_the_clock_and_can_be_lifted() {
    let world = world();
    let list = "Action=DescribeStoreImageTasks";
    assert!((0..50).all(|_| outcome(&world, list).0 == 200));
    assert_eq!(outcome(&world, list), (503, "RequestLimitExceeded".to_owned()));
    assert_eq!(call_in(&world, "us-west-2", list).status, 200);
    world.advance(Duration::from_secs(2));
    assert_eq!([outcome(&world, list).0, outcome(&world, list).0], [200, 503]);

    let free = world_with(Settings { throttle: Throttle::Off, ..Settings::default() });
    assert!((0..200).all(|_| outcome(&free, list).0 == 200));
}

#[test]
fn a_request_of_another_time_is_expired_only_where_that_is_checked() {
    let list = "Action=DescribeRegions";
    assert_eq!(outcome(&world(), list).0, 200);
    let strict = world_with(Settings { check_request_time: true, ..Settings::default() });
    assert_eq!(outcome(&strict, list), (400, "RequestExpired".to_owned()));
}

#[test]
fn calls_are_recorded_with_their_parameters_and_answers() {
    let world = world();
    call(&world, "Action=DescribeStoreImageTasks&MaxResults=7");
    call(&world, "Action=DescribeStoreImageTasks&MaxResults=0");
    let calls = world.calls();
    assert_eq!(calls[0].parameter("MaxResults"), Some("7"));
    assert_eq!((calls[0].account.as_str(), calls[0].region.as_str()), (ACCOUNT, REGION));
    assert!(calls[0].response_bytes > 100 && calls[0].error.is_none());
    assert_eq!(calls[1].error.as_deref(), Some("InvalidParameterValue"));
    world.reset_calls();
    assert_eq!(world.calls(), []);
}

#[test]
fn regions_are_those_of_the_callers_partition() {
    let world = world();
    let names = |region, fields: &str| {
        all(&call_in(&world, region, &format!("Action=DescribeRegions{fields}")), "regionName")
    };
    assert!(!names("us-east-1", "").contains(&"me-south-1".to_owned()));
    assert!(names("us-east-1", "&AllRegions=true").contains(&"me-south-1".to_owned()));
    assert_eq!(names("us-gov-west-1", ""), ["us-gov-east-1", "us-gov-west-1"]);
    assert_eq!(names("eu-west-1", "&RegionName.1=eu-west-1"), ["eu-west-1"]);
    // Where the caller has something, or calls from, is opted in.
    world.add_store_task(
        ACCOUNT,
        "ca-west-1",
        StorePlan::new("ami-00000001", "b", world.now(), minutes(1)),
    );
    let opted_in = "&Filter.1.Name=opt-in-status&Filter.1.Value.1=opted-in";
    assert_eq!(names("me-south-1", opted_in), ["ca-west-1", "me-south-1"]);
    assert!(names("us-east-1", "").contains(&"ca-west-1".to_owned()));
}
