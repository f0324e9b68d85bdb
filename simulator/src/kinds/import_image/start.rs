//! `ImportImage`.

use super::plan::{ImportImagePlan, KIND};
use crate::actions::context::Context;
use crate::error::ApiError;
use crate::transfer::disk::Disk;
use crate::transfer::start;
use crate::xml::Element;

const FORMATS: [&str; 5] = ["OVA", "VHD", "VHDX", "VMDK", "RAW"];
/// AWS names a third one, `uefi-preferred`, and says that imports do not support it.
const BOOT_MODES: [&str; 2] = ["legacy-bios", "uefi"];
/// Parameters that the listing shows again, and the elements in which it does.
const SHOWN: [(&str, &str); 6] = [
    ("Architecture", "architecture"),
    ("BootMode", "bootMode"),
    ("Hypervisor", "hypervisor"),
    ("LicenseType", "licenseType"),
    ("Platform", "platform"),
    ("UsageOperation", "usageOperation"),
];

pub(super) fn start(context: &mut Context<'_>) -> Result<Vec<Element>, ApiError> {
    let params = context.params;
    let containers = params.members("DiskContainer");
    if containers.is_empty() {
        return Err(ApiError::missing("DiskContainer"));
    }
    let mut disks = Vec::new();
    for container in &containers {
        let disk = Disk::read(params, container, &FORMATS)?;
        if !disk.has_source() {
            return Err(ApiError::missing(&format!("{container}.UserBucket")));
        }
        disks.push(disk);
    }
    params.choice("BootMode", &BOOT_MODES)?;
    let encrypted = params.flag("Encrypted")?;
    let kms_key_id = params.get("KmsKeyId").map(str::to_owned);
    let shown = SHOWN.iter().filter_map(|(name, element)| Some((*element, params.get(name)?)));
    let given = shown.map(|(element, text)| (element.to_owned(), text.to_owned())).collect();
    let mut licenses = Vec::new();
    for license in params.members("LicenseSpecifications") {
        licenses.push(params.required(&format!("{license}.LicenseConfigurationArn"))?.to_owned());
    }
    start::start(context, &KIND, |transfer| {
        let plan = ImportImagePlan::new(transfer, disks);
        Box::new(ImportImagePlan { encrypted, kms_key_id, given, licenses, ..plan })
    })
}
