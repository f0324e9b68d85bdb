use super::transfer_case::{TransferCase, pages};
use super::*;
use crate::transfer::kind::Paging;
use crate::{ExportImagePlan, ExportTarget, Scenario, Transfer};

const LIST: &str = "Action=DescribeExportImageTasks";
const INSTANCES: &str = "Action=DescribeExportTasks";
const START: &str = "Action=ExportImage&ImageId=ami-00000001&DiskImageFormat=VHD\
                     &S3ExportLocation.S3Bucket=b&S3ExportLocation.S3Prefix=out/";

fn plan(transfer: Transfer) -> ExportImagePlan {
    ExportImagePlan::new(transfer, "ami-00000001", ExportTarget::new("b", "out/"))
}

pub(super) const CASE: TransferCase = TransferCase {
    list: LIST,
    ids: "ExportImageTaskId",
    id: "exportImageTaskId",
    state: "status",
    filters: "Filter",
    paging: Paging::Pages(Some(500)),
    prefix: "export-ami-",
    unknown: [
        ("export-ami-unknown", "InvalidExportTaskID.NotFound"),
        ("ami-00000001", "InvalidExportTaskID.Malformed"),
    ],
    cancel: "Action=CancelExportTask&ExportTaskId=",
    ending: "deleting",
    ended: "deleted",
    add: |world, transfer| world.add_export_image_task(ACCOUNT, REGION, plan(transfer)),
};

#[test]
fn an_image_is_exported_and_its_task_does_not_name_it() {
    let world = world();
    let made = call(&world, &format!("{START}&RoleName=writer&Description=d"));
    let id = all(&made, "exportImageTaskId").pop().unwrap();
    let fields = |status: &str, named: &str, course: &str| {
        format!(
            "<exportImageTaskId>{id}</exportImageTaskId><s3ExportLocation><s3Bucket>b</s3Bucket>\
             <s3Prefix>out/</s3Prefix></s3ExportLocation><status>{status}</status>{named}{course}\
             <description>d</description>"
        )
    };
    let named = "<imageId>ami-00000001</imageId>";
    let begun = "<progress>0</progress><statusMessage>validating</statusMessage>";
    let more = "<diskImageFormat>vhd</diskImageFormat><roleName>writer</roleName>";
    let expected = format!("{}{more}", fields("active", named, begun));
    assert!(text(&made).contains(&expected), "{}", text(&made));
    assert_eq!(all(&call(&world, LIST), "item"), [fields("active", "", begun)]);
    world.advance(minutes(9));
    let updating = "<progress>90</progress><statusMessage>updating</statusMessage>";
    assert_eq!(all(&call(&world, LIST), "item"), [fields("active", "", updating)]);
    world.advance(minutes(1));
    assert_eq!(all(&call(&world, LIST), "item"), [fields("completed", "", "")]);
}

#[test]
fn the_listing_of_instance_exports_answers_for_it_as_well() {
    let world = world();
    let failing = Transfer::new("export-ami-1", world.now(), minutes(10)).failing("no room");
    world.add_export_image_task(ACCOUNT, REGION, plan(failing));
    for fields in [INSTANCES.to_owned(), format!("{INSTANCES}&ExportTaskId.1=export-ami-1")] {
        let reply = call(&world, &fields);
        assert_eq!(
            all(&reply, "item"),
            ["<exportTaskId>export-ami-1</exportTaskId><exportToS3><diskImageFormat>vmdk\
              </diskImageFormat><s3Bucket>b</s3Bucket><s3Key>out/export-ami-1.vmdk</s3Key>\
              </exportToS3><state>active</state><statusMessage>validating</statusMessage>"]
        );
    }
    world.advance(minutes(10));
    let reply = call(&world, INSTANCES);
    assert_eq!(
        (all(&reply, "state"), all(&reply, "statusMessage")),
        (vec!["cancelled".to_owned()], vec!["no room".to_owned()],)
    );
    let other = "Action=CreateInstanceExportTask&InstanceId=i-00000001&TargetEnvironment=vmware\
                 &ExportToS3.S3Bucket=b";
    let instance = all(&call(&world, other), "exportTaskId").pop().unwrap();
    assert_eq!(all(&call(&world, INSTANCES), "exportTaskId").len(), 2);
    assert_eq!(pages(&world, &CASE, ""), [["export-ami-1"]]);
    let elsewhere = format!("{LIST}&ExportImageTaskId.1={instance}");
    assert_eq!(outcome(&world, &elsewhere).1, "InvalidExportTaskID.NotFound");
}

#[test]
fn a_cancelled_export_says_whose_wish_it_was() {
    let world = world();
    let id = all(&call(&world, START), "exportImageTaskId").pop().unwrap();
    call(&world, &format!("Action=CancelExportTask&ExportTaskId={id}"));
    world.advance(minutes(1));
    let reply = call(&world, LIST);
    assert_eq!(all(&reply, "status"), ["deleted"]);
    assert_eq!(all(&reply, "statusMessage"), ["User initiated task cancelation"]);
}

#[test]
fn what_is_no_export_is_refused() {
    let world = world();
    world.set_images(ACCOUNT, REGION, ["ami-00000001"]);
    for (fields, status, code) in [
        ("Action=ExportImage".to_owned(), 400, "MissingParameter"),
        (START.replace("ami-00000001", "ami-1"), 400, "InvalidAMIID.Malformed"),
        (START.replace("ami-00000001", "ami-00000002"), 400, "InvalidAMIID.NotFound"),
        (START.replace("VHD", "OVA"), 400, "InvalidParameterValue"),
        (START.replace("=VHD", "="), 400, "MissingParameter"),
        (START.replace("S3Bucket=b", "S3Bucket="), 400, "MissingParameter"),
        (format!("{START}&DryRun=true"), 412, "DryRunOperation"),
        (format!("{START}&ClientToken=t"), 200, "OK"),
        (format!("{START}&ClientToken=t"), 200, "OK"),
    ] {
        assert_eq!(outcome(&world, &fields), (status, code.to_owned()), "{fields}");
    }
    assert_eq!(pages(&world, &CASE, "").concat().len(), 1);
}

#[test]
fn a_scenario_names_an_image_and_no_container() {
    let entry = |more: &str| {
        format!("places: [{{export_image_tasks: [{{task_id: export-ami-1, {more}}}]}}]")
    };
    let whole = "image_id: ami-00000001, shows_source: true, target: {bucket: b, format: raw}";
    let scenario = Scenario::parse(&entry(whole), "s.yaml").unwrap();
    let world = world_with(scenario.settings().clone());
    scenario.apply(&world);
    assert_eq!(all(&call(&world, LIST), "imageId"), ["ami-00000001"]);
    assert_eq!(all(&call(&world, INSTANCES), "s3Key"), ["export-ami-1.raw"]);
    for (more, field) in [
        ("image_id: ami-1, target: {bucket: b}", "image_id"),
        ("image_id: ami-00000001, target: {bucket: b, container: ova}", "target.container"),
    ] {
        let error = Scenario::parse(&entry(more), "s.yaml").unwrap_err();
        assert_eq!(error.field, format!("places[0].export_image_tasks[0].{field}"), "{error}");
    }
}
