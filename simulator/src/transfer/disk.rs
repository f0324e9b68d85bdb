//! The disk image that an import reads.

use super::elements::given;
use crate::error::ApiError;
use crate::params::Params;
use crate::xml::Element;

/// What a disk image is taken to have where nobody says.
const BYTES: u64 = 705_638_400;

/// A disk image in a bucket or behind a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Disk {
    /// Such as `VMDK`; empty where there is none.
    pub format: String,
    /// Its bucket and key.
    pub object: Option<(String, String)>,
    /// In imports of images: the snapshot that is read in place of a disk image.
    pub snapshot_id: Option<String>,
    /// Its URL, which may be a presigned one: EC2 shows it with its secrets.
    pub url: Option<String>,
    /// Its size in bytes, which is what EC2 tells, though its model says GiB.
    pub bytes: u64,
    /// `description`.
    pub description: Option<String>,
    /// `deviceName`, in imports of images.
    pub device_name: Option<String>,
}

impl Disk {
    /// A disk image in a bucket.
    #[must_use]
    pub fn in_bucket(
        format: impl Into<String>,
        bucket: impl Into<String>,
        key: impl Into<String>,
    ) -> Self {
        Self { object: Some((bucket.into(), key.into())), ..Self::new(format.into()) }
    }

    /// A disk image behind a URL.
    #[must_use]
    pub fn at_url(format: impl Into<String>, url: impl Into<String>) -> Self {
        Self { url: Some(url.into()), ..Self::new(format.into()) }
    }

    pub(crate) fn new(format: String) -> Self {
        Self {
            format,
            object: None,
            snapshot_id: None,
            url: None,
            bytes: BYTES,
            description: None,
            device_name: None,
        }
    }

    /// Reads it from the parameters below `name`; `formats` are those that the call takes.
    pub(crate) fn read(params: Params<'_>, name: &str, formats: &[&str]) -> Result<Self, ApiError> {
        let of = |field: &str| format!("{name}.{field}");
        let given = |field: &str| params.get(&of(field)).map(str::to_owned);
        let snapshot_id = given("SnapshotId");
        let name = of("Format");
        let format = match params.choice(&name, formats)? {
            // A snapshot has no format.
            None if snapshot_id.is_some() => "",
            None => return Err(ApiError::missing(&name)),
            Some(format) => format,
        };
        let url = given("Url");
        let object = match params.get(&of("UserBucket.S3Bucket")) {
            None => None,
            Some(bucket) => {
                Some((bucket.to_owned(), params.required(&of("UserBucket.S3Key"))?.to_owned()))
            }
        };
        Ok(Self {
            object,
            url,
            snapshot_id,
            description: given("Description"),
            device_name: given("DeviceName"),
            ..Self::new(format.to_owned())
        })
    }

    /// Whether it says where the image is.
    pub(crate) fn has_source(&self) -> bool {
        self.object.is_some() || self.url.is_some() || self.snapshot_id.is_some()
    }

    /// What EC2 shows of it; its size is 0 until it is read.
    pub(crate) fn fields(&self, is_read: bool) -> Vec<Element> {
        let bytes = if is_read { self.bytes } else { 0 };
        let mut fields = vec![Element::text("diskImageSize", format!("{bytes}.0"))];
        fields.extend(given("format", Some(self.format.as_str()).filter(|text| !text.is_empty())));
        fields.extend(given("description", self.description.as_deref()));
        fields.extend(given("deviceName", self.device_name.as_deref()));
        fields.extend(given("url", self.url.as_deref()));
        fields.extend(self.object.as_ref().map(|(bucket, key)| {
            let of = vec![
                Element::text("s3Bucket", bucket.as_str()),
                Element::text("s3Key", key.as_str()),
            ];
            Element::parent("userBucket", of)
        }));
        fields
    }
}
