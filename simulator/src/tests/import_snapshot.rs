use super::transfer_case::{TransferCase, pages};
use super::*;
use crate::transfer::kind::Paging;
use crate::{Disk, ImportSnapshotPlan, Transfer};

const LIST: &str = "Action=DescribeImportSnapshotTasks";
const START: &str = "Action=ImportSnapshot&DiskContainer.Format=VMDK\
                     &DiskContainer.UserBucket.S3Bucket=b&DiskContainer.UserBucket.S3Key=d.vmdk";

pub(super) const CASE: TransferCase = TransferCase {
    list: LIST,
    ids: "ImportTaskId",
    id: "importTaskId",
    state: "status",
    filters: "Filters",
    paging: Paging::Pages(None),
    prefix: "import-snap-",
    unknown: [
        ("import-snap-unknown", "InvalidConversionTaskId.Malformed"),
        ("x", "InvalidConversionTaskId.Malformed"),
    ],
    cancel: "Action=CancelImportTask&ImportTaskId=",
    ending: "deleting",
    ended: "deleted",
    add: |world, transfer| {
        let disk = Disk::in_bucket("VMDK", "b", "d.vmdk");
        world.add_import_snapshot_task(ACCOUNT, REGION, ImportSnapshotPlan::new(transfer, disk))
    },
};

#[test]
fn a_snapshot_is_imported_and_its_task_shows_what_ec2_shows() {
    let world = world();
    let made = call(
        &world,
        &format!(
            "{START}&Description=root&Encrypted=true&KmsKeyId=k\
        &TagSpecification.1.ResourceType=import-snapshot-task&TagSpecification.1.Tag.1.Key=team\
        &TagSpecification.1.Tag.1.Value=images"
        ),
    );
    let id = all(&made, "importTaskId").pop().unwrap();
    let item = |at: &str| {
        format!(
            "<importTaskId>{id}</importTaskId><snapshotTaskDetail>{at}</snapshotTaskDetail>\
             <description>root</description><tagSet><item><key>team</key><value>images</value>\
             </item></tagSet>"
        )
    };
    let detail = |size: &str, course: &str, snapshot: &str, status: &str| {
        item(&format!(
            "<diskImageSize>{size}</diskImageSize><format>VMDK</format><userBucket>\
             <s3Bucket>b</s3Bucket><s3Key>d.vmdk</s3Key></userBucket><encrypted>true</encrypted>\
             <kmsKeyId>k</kmsKeyId>{course}<snapshotId>{snapshot}</snapshotId>\
             <status>{status}</status>"
        ))
    };
    let pending = "<statusMessage>pending</statusMessage>";
    let expected = detail("0.0", pending, "", "active");
    assert!(text(&made).contains(&format!("</requestId>{expected}</ImportSnapshotResponse>")));

    world.advance(minutes(5));
    let running = "<progress>50</progress><statusMessage>downloading/converting</statusMessage>";
    let listed = text(&call(&world, LIST));
    assert!(listed.contains(&detail("705638400.0", running, "", "active")), "{listed}");
    world.advance(minutes(5));
    let listed = call(&world, LIST);
    let snapshot = all(&listed, "snapshotId").pop().unwrap();
    assert!(crate::names::is_resource_id("snap-", &snapshot), "{snapshot}");
    let done = detail("705638400.0", "", &snapshot, "completed");
    assert!(text(&listed).contains(&done), "{}", text(&listed));
}

#[test]
fn a_failed_import_says_why_and_has_no_snapshot() {
    let world = world();
    let transfer =
        Transfer::new("import-snap-1", world.now(), minutes(10)).failing("ClientError: no");
    let secret = "https://b.s3.amazonaws.com/d.vmdk?X-Amz-Signature=secret";
    let plan = ImportSnapshotPlan::new(transfer, Disk::at_url("RAW", secret));
    world.add_import_snapshot_task(ACCOUNT, REGION, plan);
    world.advance(minutes(10));
    let listed = text(&call(&world, LIST));
    assert!(listed.contains(&format!("<url>{secret}</url>")), "{listed}");
    let end = "<statusMessage>ClientError: no</statusMessage><snapshotId></snapshotId>\
               <status>deleted</status>";
    assert!(listed.contains(end), "{listed}");
    assert_eq!(pages(&world, &CASE, ""), [["import-snap-1"]]);
}

#[test]
fn what_cannot_be_imported_is_refused() {
    let world = world();
    let disk = "Action=ImportSnapshot&DiskContainer.Format=VMDK";
    let tag = "TagSpecification.1.Tag.1.Key=k&TagSpecification.1.ResourceType";
    for (fields, status, code) in [
        ("Action=ImportSnapshot".to_owned(), 400, "MissingParameter"),
        (disk.to_owned(), 400, "MissingParameter"),
        (format!("{disk}&DiskContainer.UserBucket.S3Bucket=b"), 400, "MissingParameter"),
        (START.replace("VMDK", "OVA"), 400, "InvalidParameterValue"),
        (format!("{START}&Encrypted=maybe"), 400, "InvalidParameterValue"),
        (format!("{START}&{tag}=snapshot"), 400, "InvalidParameterValue"),
        (format!("{START}&DiskContainer.1.Format=RAW"), 400, "UnknownParameter"),
        (format!("{START}&DryRun=true"), 412, "DryRunOperation"),
        (START.to_owned(), 200, "OK"),
    ] {
        assert_eq!(outcome(&world, &fields), (status, code.to_owned()), "{fields}");
    }
    assert_eq!(pages(&world, &CASE, "").concat().len(), 1);
}

#[test]
fn a_call_that_is_made_again_with_its_token_starts_nothing() {
    let world = world();
    let start = |token: &str| {
        let reply = call(&world, &format!("{START}&ClientToken={token}"));
        all(&reply, "importTaskId").pop().unwrap()
    };
    let first = start("a");
    assert_eq!(start("a"), first);
    assert_ne!(start("b"), first);
    assert_eq!(pages(&world, &CASE, "").concat().len(), 2);
}
