//! `ImportSnapshot`.

use super::plan::{ImportSnapshotPlan, KIND};
use crate::actions::context::Context;
use crate::error::ApiError;
use crate::transfer::disk::Disk;
use crate::transfer::start;
use crate::xml::Element;

const FORMATS: [&str; 3] = ["VHD", "VMDK", "RAW"];

pub(super) fn start(context: &mut Context<'_>) -> Result<Vec<Element>, ApiError> {
    let params = context.params;
    let disk = Disk::read(params, "DiskContainer", &FORMATS)?;
    if !disk.has_source() {
        return Err(ApiError::missing("DiskContainer.UserBucket"));
    }
    let encrypted = params.flag("Encrypted")?;
    let kms_key_id = params.get("KmsKeyId").map(str::to_owned);
    start::start(context, &KIND, |transfer| {
        let plan = ImportSnapshotPlan::new(transfer, disk);
        Box::new(ImportSnapshotPlan { encrypted, kms_key_id, ..plan })
    })
}
