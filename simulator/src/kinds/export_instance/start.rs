//! `CreateInstanceExportTask`.

use super::plan::{ExportInstancePlan, KIND};
use crate::actions::context::Context;
use crate::actions::ids::check_instance;
use crate::error::ApiError;
use crate::transfer::export::{ExportTarget, FORMATS};
use crate::transfer::start;
use crate::xml::Element;

const ENVIRONMENTS: [&str; 3] = ["citrix", "vmware", "microsoft"];

pub(super) fn start(context: &mut Context<'_>) -> Result<Vec<Element>, ApiError> {
    let params = context.params;
    let instance = params.required("InstanceId")?.to_owned();
    check_instance(&instance)?;
    let environment = params.required("TargetEnvironment")?.to_owned();
    params.choice("TargetEnvironment", &ENVIRONMENTS)?;
    let bucket = params.required("ExportToS3.S3Bucket")?;
    let prefix = params.get("ExportToS3.S3Prefix").unwrap_or_default();
    let mut target = ExportTarget::new(bucket, prefix);
    if let Some(format) = params.choice("ExportToS3.DiskImageFormat", &FORMATS)? {
        target.format = format.to_ascii_lowercase();
    }
    let container = params.choice("ExportToS3.ContainerFormat", &["ova"])?;
    target.container = container.map(str::to_ascii_lowercase);
    start::start(context, &KIND, |transfer| {
        let plan = ExportInstancePlan::new(transfer, instance, target);
        Box::new(ExportInstancePlan { environment, ..plan })
    })
}
