//! A disk image of a scenario.

use serde::Deserialize;

use super::disk::Disk;
use crate::scenario::check::{Problem, check_text, check_words};
use crate::scenario::course::check_bucket;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DiskSpec {
    #[serde(default = "default_format")]
    format: String,
    bucket: Option<String>,
    key: Option<String>,
    url: Option<String>,
    bytes: Option<u64>,
    description: Option<String>,
    device_name: Option<String>,
}

fn default_format() -> String {
    "VMDK".to_owned()
}

impl DiskSpec {
    /// Finds what the shape alone does not forbid.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        check_text("format", &self.format, |text| !text.is_empty(), "format", "VMDK")?;
        let words = [
            ("format", Some(&self.format)),
            ("bucket", self.bucket.as_ref()),
            ("key", self.key.as_ref()),
            ("url", self.url.as_ref()),
            ("description", self.description.as_ref()),
            ("device_name", self.device_name.as_ref()),
        ];
        words.into_iter().try_for_each(|(field, text)| check_words(field, text))?;
        match (&self.bucket, &self.key, &self.url) {
            (Some(bucket), Some(_), _) => check_bucket(bucket),
            (None, None, Some(_)) => Ok(()),
            (Some(_), None, _) => Err(Problem::new("key", "is missing beside bucket", "add key")),
            (None, Some(_), _) => {
                Err(Problem::new("bucket", "is missing beside key", "add bucket"))
            }
            (None, None, None) => {
                let rule = "there is neither a bucket nor a URL";
                Err(Problem::new("bucket", rule, "add bucket and key, or url"))
            }
        }
    }

    pub(crate) fn disk(&self) -> Disk {
        let object = self.bucket.clone().zip(self.key.clone());
        let mut disk = Disk {
            object,
            url: self.url.clone(),
            description: self.description.clone(),
            device_name: self.device_name.clone(),
            ..Disk::new(self.format.clone())
        };
        if let Some(bytes) = self.bytes {
            disk.bytes = bytes;
        }
        disk
    }
}
