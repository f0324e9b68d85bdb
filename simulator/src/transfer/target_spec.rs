//! Where an export of a scenario puts its file.

use serde::Deserialize;

use super::export::{ExportTarget, FORMATS};
use crate::scenario::check::{Problem, check_text, check_words};
use crate::scenario::course::check_bucket;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TargetSpec {
    bucket: String,
    #[serde(default)]
    prefix: String,
    format: Option<String>,
    container: Option<String>,
}

impl TargetSpec {
    /// Finds what the shape alone does not forbid.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        check_bucket(&self.bucket)?;
        check_words("bucket", Some(&self.bucket))?;
        check_words("prefix", Some(&self.prefix))?;
        if let Some(format) = &self.format {
            let is_right =
                |text: &str| FORMATS.iter().any(|known| known.eq_ignore_ascii_case(text));
            check_text("format", format, is_right, "format of an export", "vmdk, raw or vhd")?;
        }
        if let Some(container) = &self.container {
            check_text("container", container, |text| text == "ova", "container format", "ova")?;
        }
        Ok(())
    }

    pub(crate) fn target(&self) -> ExportTarget {
        let mut target = ExportTarget::new(self.bucket.as_str(), self.prefix.as_str());
        if let Some(format) = &self.format {
            target.format = format.to_ascii_lowercase();
        }
        target.container.clone_from(&self.container);
        target
    }
}
