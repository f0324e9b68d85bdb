//! Where an export puts its file.

use super::elements::given;
use crate::xml::Element;

/// The formats that an export can write.
pub(crate) const FORMATS: [&str; 3] = ["VMDK", "RAW", "VHD"];

/// The bucket of an export, and its file there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportTarget {
    /// The bucket.
    pub bucket: String,
    /// The beginning of the file's key.
    pub prefix: String,
    /// `vmdk`, `raw` or `vhd`: EC2 tells it in lower case, though its model has it in upper case.
    pub format: String,
    /// `ova`, where the disk image is put into one.
    pub container: Option<String>,
}

impl ExportTarget {
    /// A VMDK image in this bucket.
    #[must_use]
    pub fn new(bucket: impl Into<String>, prefix: impl Into<String>) -> Self {
        let (bucket, prefix) = (bucket.into(), prefix.into());
        Self { bucket, prefix, format: "vmdk".to_owned(), container: None }
    }

    /// The file's key.
    #[must_use]
    pub fn key(&self, task_id: &str) -> String {
        let ending = self.container.as_deref().unwrap_or(&self.format);
        format!("{}{task_id}.{ending}", self.prefix)
    }

    /// `exportToS3`, as `DescribeExportTasks` shows it.
    pub(crate) fn element(&self, task_id: &str) -> Element {
        let mut fields = vec![
            Element::text("diskImageFormat", self.format.as_str()),
            Element::text("s3Bucket", self.bucket.as_str()),
            Element::text("s3Key", self.key(task_id)),
        ];
        fields.extend(given("containerFormat", self.container.as_deref()));
        Element::parent("exportToS3", fields)
    }
}
