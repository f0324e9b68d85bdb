use super::transfer_case::{TransferCase, pages};
use super::*;
use crate::transfer::kind::Paging;
use crate::{Disk, ImportImagePlan, Transfer};

const LIST: &str = "Action=DescribeImportImageTasks";
const START: &str = "Action=ImportImage&DiskContainer.1.Format=OVA\
                     &DiskContainer.1.UserBucket.S3Bucket=b&DiskContainer.1.UserBucket.S3Key=v.ova";

pub(super) const CASE: TransferCase = TransferCase {
    list: LIST,
    ids: "ImportTaskId",
    id: "importTaskId",
    state: "status",
    filters: "Filters",
    paging: Paging::Pages(None),
    prefix: "import-ami-",
    unknown: [
        ("import-ami-unknown", "InvalidConversionTaskId.Malformed"),
        ("import-snap-1", "InvalidConversionTaskId.Malformed"),
    ],
    cancel: "Action=CancelImportTask&ImportTaskId=",
    ending: "deleting",
    ended: "deleted",
    add: |world, transfer| {
        let disks = vec![Disk::in_bucket("OVA", "b", "v.ova")];
        world.add_import_image_task(ACCOUNT, REGION, ImportImagePlan::new(transfer, disks))
    },
};

#[test]
fn an_image_is_imported_in_the_steps_of_ec2() {
    let world = world();
    let made =
        call(&world, &format!("{START}&Platform=Linux&Architecture=x86_64&LicenseType=BYOL"));
    let mut seen = vec![all(&made, "statusMessage")];
    for _ in 0..20 {
        world.advance(Duration::from_secs(30));
        seen.push(all(&call(&world, LIST), "statusMessage"));
    }
    seen.dedup();
    let steps = [
        "pending",
        "validating",
        "validated",
        "converting",
        "updating",
        "updated",
        "preparing to boot",
        "booting",
        "booted",
        "preparing ami",
    ];
    assert_eq!(seen.concat(), steps);
    let listed = call(&world, LIST);
    let image = all(&listed, "imageId").pop().unwrap();
    assert!(crate::names::is_resource_id("ami-", &image), "{image}");
    assert!(all(&listed, "progress").is_empty());
    for (name, value) in
        [("platform", "Linux"), ("architecture", "x86_64"), ("licenseType", "BYOL")]
    {
        assert_eq!(all(&listed, name), [value]);
    }
}

#[test]
fn snapshots_are_completed_long_before_the_task_and_though_it_fails() {
    let world = world();
    let disks = vec![
        Disk { device_name: Some("/dev/sda1".into()), ..Disk::in_bucket("VMDK", "b", "root.vmdk") },
        Disk::at_url("VMDK", "https://b.s3.amazonaws.com/data.vmdk?X-Amz-Signature=secret"),
    ];
    let failing = Transfer::new("import-ami-1", world.now(), minutes(10)).failing(
        "FirstBootFailure: This import request failed because the instance failed to boot",
    );
    world.add_import_image_task(ACCOUNT, REGION, ImportImagePlan::new(failing, disks));
    let snapshots = || all(&call(&world, LIST), "snapshotDetailSet").pop().unwrap();
    let begun = snapshots();
    assert_eq!(within(&begun, "status"), ["active", "active"]);
    assert_eq!(within(&begun, "snapshotId"), ["", ""]);
    assert_eq!(within(&begun, "diskImageSize"), ["0.0", "0.0"]);
    assert_eq!(within(&begun, "url").len(), 1, "with its secret: {begun}");
    assert_eq!(within(&begun, "deviceName"), ["/dev/sda1"]);
    for (wait, state) in [(9, "active"), (1, "deleted")] {
        world.advance(minutes(wait));
        assert_eq!(CASE.list(&world), [state]);
        let done = snapshots();
        assert_eq!(within(&done, "status"), ["completed", "completed"]);
        assert!(within(&done, "snapshotId").iter().all(|id| id.starts_with("snap-")), "{done}");
        assert_eq!(within(&done, "diskImageSize"), ["705638400.0", "705638400.0"]);
    }
    let listed = call(&world, LIST);
    assert!(all(&listed, "statusMessage").concat().starts_with("FirstBootFailure"));
    assert!(all(&listed, "imageId").is_empty());
}

#[test]
fn an_import_is_cancelled_whatever_it_imports() {
    let world = world();
    let image = all(&call(&world, START), "importTaskId").pop().unwrap();
    let reply = call(&world, &format!("Action=CancelImportTask&ImportTaskId={image}"));
    assert!(text(&reply).contains(&format!(
        "<importTaskId>{image}</importTaskId><previousState>active</previousState>\
         <state>deleting</state>"
    )));
    let said = "User initiated task cancelation";
    assert_eq!(all(&call(&world, LIST), "statusMessage"), [said]);
    world.advance(minutes(1));
    assert_eq!(CASE.list(&world), ["deleted"]);
    assert_eq!(all(&call(&world, LIST), "statusMessage"), [said]);
    let export = "Action=CancelImportTask&ImportTaskId=export-i-1";
    assert_eq!(outcome(&world, export).1, "InvalidConversionTaskId.Malformed");
    assert_eq!(outcome(&world, "Action=CancelImportTask").1, "MissingParameter");
}

#[test]
fn what_is_no_image_is_refused() {
    let world = world();
    let snapshot = "Action=ImportImage&DiskContainer.1.SnapshotId=snap-00000001";
    for (fields, status, code) in [
        ("Action=ImportImage".to_owned(), 400, "MissingParameter"),
        ("Action=ImportImage&DiskContainer.1.Format=OVA".to_owned(), 400, "MissingParameter"),
        (START.replace("Format=OVA", "Description=d"), 400, "MissingParameter"),
        (START.replace("OVA", "ISO"), 400, "InvalidParameterValue"),
        (format!("{START}&BootMode=uefi-preferred"), 400, "InvalidParameterValue"),
        (format!("{START}&DiskContainer.2.Format=RAW"), 400, "MissingParameter"),
        (format!("{START}&DiskContainer.Format=RAW"), 400, "UnknownParameter"),
        (format!("{START}&DryRun=true"), 412, "DryRunOperation"),
        (snapshot.to_owned(), 200, "OK"),
    ] {
        assert_eq!(outcome(&world, &fields), (status, code.to_owned()), "{fields}");
    }
    assert_eq!(pages(&world, &CASE, "").concat().len(), 1);
    assert_eq!(all(&call(&world, LIST), "snapshotId"), ["snap-00000001"]);
}
