//! `ExportImage`.

use super::plan::{ExportImagePlan, KIND};
use crate::actions::context::Context;
use crate::actions::ids::check_image;
use crate::error::ApiError;
use crate::transfer::export::{ExportTarget, FORMATS};
use crate::transfer::start;
use crate::xml::Element;

pub(super) fn start(context: &mut Context<'_>) -> Result<Vec<Element>, ApiError> {
    let params = context.params;
    let image = params.required("ImageId")?.to_owned();
    check_image(context.state.place(context.place), &image)?;
    let format = params.required("DiskImageFormat")?.to_ascii_lowercase();
    params.choice("DiskImageFormat", &FORMATS)?;
    let bucket = params.required("S3ExportLocation.S3Bucket")?;
    let prefix = params.get("S3ExportLocation.S3Prefix").unwrap_or_default();
    let target = ExportTarget { format, ..ExportTarget::new(bucket, prefix) };
    let role_name = params.get("RoleName").map(str::to_owned);
    start::start(context, &KIND, |transfer| {
        let plan = ExportImagePlan::new(transfer, image, target);
        Box::new(ExportImagePlan { role_name, ..plan })
    })
}
