//! The actions of the EC2 API, each a function from its parameters to the elements of its answer.

mod bundle;
pub(crate) mod context;
mod regions;
mod store;

use crate::error::ApiError;
use crate::xml::Element;
use context::Context;

/// An action: the parameters that it knows, and what it does.
pub(crate) struct Action {
    name: &'static str,
    pub(crate) parameters: &'static [&'static str],
    pub(crate) run: fn(&mut Context<'_>) -> Result<Vec<Element>, ApiError>,
}

const FILTER_NAME: &str = "Filter.N.Name";
const FILTER_VALUE: &str = "Filter.N.Value.N";

static ACTIONS: [Action; 6] = [
    Action {
        name: "DescribeStoreImageTasks",
        parameters: &["ImageId.N", FILTER_NAME, FILTER_VALUE, "NextToken", "MaxResults"],
        run: store::describe,
    },
    Action {
        name: "CreateStoreImageTask",
        parameters: &["ImageId", "Bucket", "S3ObjectTag.N.Key", "S3ObjectTag.N.Value"],
        run: store::create,
    },
    Action {
        name: "DescribeBundleTasks",
        parameters: &["BundleId.N", FILTER_NAME, FILTER_VALUE],
        run: bundle::describe,
    },
    Action {
        name: "BundleInstance",
        parameters: &[
            "InstanceId",
            "Storage.S3.AWSAccessKeyId",
            "Storage.S3.Bucket",
            "Storage.S3.Prefix",
            "Storage.S3.UploadPolicy",
            "Storage.S3.UploadPolicySignature",
        ],
        run: bundle::create,
    },
    Action { name: "CancelBundleTask", parameters: &["BundleId"], run: bundle::cancel },
    Action {
        name: "DescribeRegions",
        parameters: &["RegionName.N", "AllRegions", FILTER_NAME, FILTER_VALUE],
        run: regions::describe,
    },
];

/// Finds an action by its name.
pub(crate) fn find(name: &str) -> Result<&'static Action, ApiError> {
    ACTIONS.iter().find(|action| action.name == name).ok_or_else(|| {
        if name.is_empty() {
            let message = "The request must contain the parameter Action";
            return ApiError::new("MissingAction", message);
        }
        let message = format!("The action {name} is not valid for this web service.");
        ApiError::new("InvalidAction", message)
    })
}

/// All actions, for a sentence.
pub(crate) fn names() -> String {
    ACTIONS.each_ref().map(|action| action.name).join(", ")
}
