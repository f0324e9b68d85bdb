use super::*;
use crate::BundlePlan;

const LIST: &str = "Action=DescribeBundleTasks";
const CREATE: &str = "Action=BundleInstance&InstanceId=i-00000001&Storage.S3.Bucket=b\
                      &Storage.S3.Prefix=p&Storage.S3.AWSAccessKeyId=AKID\
                      &Storage.S3.UploadPolicy=cG9saWN5&Storage.S3.UploadPolicySignature=sig";

#[test]
fn a_bundle_runs_keeps_its_secrets_and_leaves_the_list_after_its_end() {
    let world = world();
    let made = call(&world, CREATE);
    let id = all(&made, "bundleId").pop().unwrap();
    assert!(text(&made).contains("<bundleInstanceTask><instanceId>i-00000001</instanceId>"));
    assert_eq!(outcome(&world, CREATE), (400, "BundlingInProgress".to_owned()));

    world.advance(minutes(5));
    let reply = call(&world, &format!("{LIST}&BundleId.1={id}"));
    assert_eq!(
        all(&reply, "item"),
        [format!(
            "<instanceId>i-00000001</instanceId><bundleId>{id}</bundleId><state>bundling</state>\
             <startTime>2026-11-22T00:00:00.000Z</startTime>\
             <updateTime>2026-11-22T00:05:00.000Z</updateTime><storage><S3>\
             <AWSAccessKeyId>AKID</AWSAccessKeyId><bucket>b</bucket><prefix>p</prefix>\
             <uploadPolicy>cG9saWN5</uploadPolicy>\
             <uploadPolicySignature>sig</uploadPolicySignature></S3></storage>\
             <progress>50%</progress>"
        )]
    );

    world.advance(minutes(5));
    assert_eq!(all(&call(&world, LIST), "state"), ["complete"]);
    let cancel = format!("Action=CancelBundleTask&BundleId={id}");
    assert_eq!(outcome(&world, &cancel), (400, "IncorrectState".to_owned()));
    world.advance(minutes(61));
    assert_eq!(all(&call(&world, LIST), "state").len(), 0);
    let gone = outcome(&world, &format!("{LIST}&BundleId.1={id}"));
    assert_eq!(gone, (400, "InvalidBundleID.NotFound".to_owned()));
}

#[test]
fn a_cancelled_bundle_is_cancelling_and_then_failed() {
    let world = world();
    let id = all(&call(&world, CREATE), "bundleId").pop().unwrap();
    world.advance(minutes(5));
    let cancelled = call(&world, &format!("Action=CancelBundleTask&BundleId={id}"));
    assert_eq!(all(&cancelled, "state"), ["cancelling"]);
    world.advance(minutes(1));
    let reply = call(&world, LIST);
    assert_eq!(all(&reply, "state"), ["failed"]);
    assert!(text(&reply).contains("<error><code>Client.Cancelled</code><message>"));
}

#[test]
fn every_filter_of_bundle_tasks_works() {
    let world = world();
    let plan = BundlePlan::new("bun-1", "i-1", "b", world.now(), minutes(10));
    world.add_bundle_task(ACCOUNT, REGION, plan.clone().failing("Client.S3Error", "no bucket"));
    let other = BundlePlan { bundle_id: "bun-2".into(), instance_id: "i-2".into(), ..plan };
    let (bucket, prefix) = ("c".to_owned(), "q".to_owned());
    let start = crate::clock::later(world.now(), minutes(1));
    world.add_bundle_task(ACCOUNT, REGION, BundlePlan { bucket, prefix, start, ..other });
    world.advance(Duration::from_secs(630));
    for (name, value) in [
        ("bundle-id", "bun-1"),
        ("error-code", "Client.S3Error"),
        ("error-message", "no bucket"),
        ("instance-id", "i-1"),
        ("progress", "90%25"),
        ("s3-bucket", "b"),
        ("s3-prefix", "image"),
        ("start-time", "2026-11-22T00:00:00.000Z"),
        ("state", "failed"),
        ("update-time", "2026-11-22T00:10:00.000Z"),
    ] {
        let fields = format!("{LIST}&Filter.1.Name={name}&Filter.1.Value.1={value}");
        assert_eq!(all(&call(&world, &fields), "bundleId"), ["bun-1"], "{name}");
    }
}

#[test]
fn bundles_come_in_an_order_that_varies() {
    let world = world();
    for number in 0..10 {
        let id = format!("bun-{number}");
        let plan = BundlePlan::new(id, "i-1", "b", world.now(), minutes(10));
        world.add_bundle_task(ACCOUNT, REGION, plan);
    }
    let list = || all(&call(&world, LIST), "bundleId");
    assert_ne!(list(), list());
}
