//! Many accounts and Regions.

use super::*;

/// Calls that look at what a place has, or ask for a change that comes to nothing.
const LOOKS: [&str; 9] = [
    "DescribeStoreImageTasks",
    "DescribeStoreImageTasks&ImageId.1=ami-00000001",
    "DescribeBundleTasks",
    "DescribeImages",
    "DescribeImportSnapshotTasks",
    "DescribeExportTasks",
    "CancelBundleTask&BundleId=bun-00000001",
    "CreateStoreImageTask&ImageId=i-1&Bucket=b",
    "ExportImage&ImageId=ami-00000001",
];

#[test]
fn a_place_that_nobody_described_keeps_nothing_of_a_call() {
    let world = world();
    for action in LOOKS {
        call_in(&world, "ca-west-1", &format!("Action={action}"));
    }
    assert!(!world.delete_object(ACCOUNT, "ca-west-1", "b", "k"));
    assert_eq!(world.state().regions_of(ACCOUNT).count(), 0);
    let regions = all(&call(&world, "Action=DescribeRegions"), "regionName");
    assert!(!regions.contains(&"ca-west-1".to_owned()), "{regions:?}");
}

#[test]
fn the_regions_of_an_account_are_not_those_of_its_neighbours() {
    let world = world();
    for (account, region) in [
        ("111111111111", "us-east-1"),
        ("222222222222", "eu-west-1"),
        ("222222222222", "us-west-2"),
        ("333333333333", "ap-south-1"),
    ] {
        world.set_images(account, region, ["ami-00000001"]);
    }
    let state = world.state();
    let of = |account| state.regions_of(account).collect::<Vec<_>>();
    assert_eq!(of("222222222222"), ["eu-west-1", "us-west-2"]);
    assert_eq!(of("333333333333"), ["ap-south-1"]);
    assert!(of("222222222223").is_empty() && of("444444444444").is_empty());
}

#[test]
fn an_account_has_the_regions_that_were_said_and_every_other_the_usual_ones() {
    let world = world();
    let names = |region: &str, more: &str| {
        all(&call_in(&world, region, &format!("Action=DescribeRegions{more}")), "regionName")
    };
    let usual = names("us-east-1", "");
    let every = names("us-east-1", "&AllRegions=true");
    world.set_regions("111122223333", ["eu-west-1"]);
    assert_eq!(names("us-east-1", ""), usual, "of another account");
    world.set_regions(ACCOUNT, ["eu-west-1", "me-south-1", "xx-new-1", "cn-north-1"]);
    stored(&world, "ami-00000001", 1);
    assert_eq!(names("us-east-1", ""), ["eu-west-1", "me-south-1", "xx-new-1"]);
    assert_eq!(names("cn-north-1", ""), ["cn-north-1"]);
    let opted_in = "&Filter.1.Name=opt-in-status&Filter.1.Value.1=opted-in";
    assert_eq!(names("us-east-1", opted_in), ["me-south-1", "xx-new-1"]);
    assert_eq!(names("us-east-1", "&AllRegions=true").len(), every.len() + 1);
    assert_eq!(call_in(&world, "us-west-2", "Action=DescribeBundleTasks").status, 200);
}
