use super::transfer_case::{TransferCase, pages};
use super::*;
use crate::transfer::kind::Paging;
use crate::{ExportInstancePlan, ExportTarget, Transfer, TransferEnd};

const LIST: &str = "Action=DescribeExportTasks";
const START: &str = "Action=CreateInstanceExportTask&InstanceId=i-00000001\
                     &TargetEnvironment=vmware&ExportToS3.S3Bucket=b&ExportToS3.S3Prefix=out/\
                     &ExportToS3.DiskImageFormat=VMDK";

fn plan(transfer: Transfer) -> ExportInstancePlan {
    ExportInstancePlan::new(transfer, "i-00000001", ExportTarget::new("b", "out/"))
}

pub(super) const CASE: TransferCase = TransferCase {
    list: LIST,
    ids: "ExportTaskId",
    id: "exportTaskId",
    state: "state",
    filters: "Filter",
    paging: Paging::None,
    prefix: "export-i-",
    unknown: [
        ("export-i-unknown", "InvalidExportTaskID.NotFound"),
        ("import-ami-1", "InvalidExportTaskID.Malformed"),
    ],
    cancel: "Action=CancelExportTask&ExportTaskId=",
    ending: "cancelling",
    ended: "cancelled",
    add: |world, transfer| world.add_export_instance_task(ACCOUNT, REGION, plan(transfer)),
};

#[test]
fn an_instance_is_exported_and_its_task_does_not_name_it() {
    let world = world();
    let tag = "TagSpecification.1.ResourceType=export-instance-task&TagSpecification.1.Tag.1.Key=k";
    let made = call(&world, &format!("{START}&Description=d&{tag}"));
    let id = all(&made, "exportTaskId").pop().unwrap();
    assert!(id.starts_with("export-i-"));
    let fields = |instance: &str, state: &str| {
        format!(
            "<exportTaskId>{id}</exportTaskId><exportToS3><diskImageFormat>vmdk\
             </diskImageFormat><s3Bucket>b</s3Bucket><s3Key>out/{id}.vmdk</s3Key></exportToS3>\
             <instanceExport>{instance}<targetEnvironment>vmware</targetEnvironment>\
             </instanceExport><state>{state}</state><description>d</description><tagSet><item>\
             <key>k</key><value></value></item></tagSet>"
        )
    };
    let named = fields("<instanceId>i-00000001</instanceId>", "active");
    assert!(text(&made).contains(&format!("<exportTask>{named}</exportTask>")), "{}", text(&made));
    assert!(text(&call(&world, LIST)).contains(&fields("", "active")));
    world.advance(minutes(10));
    assert!(text(&call(&world, LIST)).contains(&fields("", "completed")));
}

#[test]
fn an_export_that_expires_says_so_and_one_that_is_cancelled_says_nothing() {
    let world = world();
    let hours = Duration::from_secs(100 * 3600);
    let long = Transfer::new("export-i-1", world.now(), hours).ending(TransferEnd::Expired);
    let shows_source = ExportInstancePlan { shows_source: true, ..plan(long) };
    world.add_export_instance_task(ACCOUNT, REGION, shows_source);
    assert_eq!(all(&call(&world, LIST), "instanceId"), ["i-00000001"]);
    world.advance(hours);
    let started = all(&call(&world, START), "exportTaskId").pop().unwrap();
    let listed = |id: &str| call(&world, &format!("{LIST}&ExportTaskId.1={id}"));
    let expired = listed("export-i-1");
    assert_eq!(all(&expired, "state"), ["cancelled"]);
    let said = all(&expired, "statusMessage");
    assert_eq!(said, ["Task expired and automatically canceled"]);
    let reply = call(&world, &format!("Action=CancelExportTask&ExportTaskId={started}"));
    assert_eq!(all(&reply, "return"), ["true"]);
    for state in ["cancelling", "cancelled"] {
        assert_eq!(all(&listed(&started), "state"), [state]);
        assert!(all(&listed(&started), "statusMessage").is_empty());
        world.advance(minutes(1));
    }
}

#[test]
fn what_cannot_be_exported_is_refused() {
    let world = world();
    for (fields, status, code) in [
        ("Action=CreateInstanceExportTask".to_owned(), 400, "MissingParameter"),
        (START.replace("i-00000001", "vm-1"), 400, "InvalidInstanceID.Malformed"),
        (START.replace("=vmware", "=qemu"), 400, "InvalidParameterValue"),
        (START.replace("S3Bucket", "S3Bucke"), 400, "UnknownParameter"),
        (START.replace("VMDK", "OVA"), 400, "InvalidParameterValue"),
        (format!("{START}&ExportToS3.ContainerFormat=zip"), 400, "InvalidParameterValue"),
        // It has no dry run, and is not to be taken for one.
        (format!("{START}&DryRun=true"), 400, "UnknownParameter"),
        (
            "Action=CancelExportTask&ExportTaskId=export-i-1&DryRun=true".to_owned(),
            400,
            "UnknownParameter",
        ),
        (format!("{START}&ExportToS3.ContainerFormat=ova"), 200, "OK"),
    ] {
        assert_eq!(outcome(&world, &fields), (status, code.to_owned()), "{fields}");
    }
    assert_eq!(pages(&world, &CASE, "").concat().len(), 1);
    let listed = call(&world, LIST);
    let id = all(&listed, "exportTaskId").concat();
    assert_eq!(all(&listed, "s3Key"), [format!("out/{id}.ova")]);
}

#[test]
fn a_scenario_says_where_the_file_goes_and_may_let_the_task_expire() {
    let entry = |more: &str| {
        format!("places: [{{export_instance_tasks: [{{task_id: export-i-1, {more}}}]}}]")
    };
    let whole = "instance_id: i-00000001, start: -101h, duration: 100h, end: expired, \
                 environment: citrix, shows_source: true, \
                 target: {bucket: b, prefix: p/, format: VHD, container: ova}";
    let scenario = crate::Scenario::parse(&entry(whole), "s.yaml").unwrap();
    let world = world_with(scenario.settings().clone());
    scenario.apply(&world);
    let listed = call(&world, LIST);
    for (name, value) in [
        ("state", "cancelled"),
        ("statusMessage", "Task expired and automatically canceled"),
        ("instanceId", "i-00000001"),
        ("targetEnvironment", "citrix"),
        ("s3Key", "p/export-i-1.ova"),
        ("diskImageFormat", "vhd"),
    ] {
        assert_eq!(all(&listed, name), [value], "{name}");
    }
    for (more, field) in [
        ("instance_id: i-1, target: {bucket: b}", "instance_id"),
        ("instance_id: i-00000001, target: {bucket: \"\"}", "target.bucket"),
        ("instance_id: i-00000001, target: {bucket: b, format: ova}", "target.format"),
        ("instance_id: i-00000001, target: {bucket: b, container: zip}", "target.container"),
    ] {
        let error = crate::Scenario::parse(&entry(more), "s.yaml").unwrap_err();
        assert_eq!(error.field, format!("places[0].export_instance_tasks[0].{field}"), "{error}");
    }
}
