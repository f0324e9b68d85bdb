//! Whether a table can remember: its keys, its expiry, and a write that changes nothing.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, KeyType, ScalarAttributeType, TableDescription, TableStatus, TimeToLiveStatus,
};
use aws_types::SdkConfig;

use super::finding::Finding;
use crate::aws::error::reason;

/// `is_deployed`: a stack's function names the table, so it was there.
pub(super) async fn examine(
    sdk: &SdkConfig,
    endpoint: Option<String>,
    table: &str,
    is_deployed: bool,
) -> Vec<Finding> {
    let mut config = aws_sdk_dynamodb::config::Builder::from(sdk);
    if let Some(url) = endpoint {
        config = config.endpoint_url(url);
    }
    let client = Client::from_conf(config.build());
    let about = format!("table {table}");
    let described = match client.describe_table().table_name(table).send().await {
        Ok(answer) => answer.table,
        Err(error) => {
            let is_gone = error
                .as_service_error()
                .is_some_and(DescribeTableError::is_resource_not_found_exception);
            let mend = if is_gone && is_deployed {
                gone(table)
            } else {
                "name the table as it is called in this account and Region, and permit \
                 dynamodb:DescribeTable"
                    .to_owned()
            };
            let why = format!("DescribeTable: {}", reason(&error));
            return vec![Finding::refused(about, why, mend)];
        }
    };
    let keys = described.map_or_else(
        || Finding::failed(about.clone(), "DynamoDB describes no table", "ask again"),
        |described| keys(&about, &described),
    );
    vec![keys, expiry(&client, table).await, write(&client, table).await]
}

/// The ways out where a stack's table was deleted.
fn gone(table: &str) -> String {
    format!(
        "restore it (aws dynamodb list-backups --table-name {table} --backup-type ALL), or make an \
         empty table, which takes its baseline anew and tells nothing old; then deploy the stack with \
         ExistingTable=NAME (docs/operations/recovery.md, The table)"
    )
}

fn keys(about: &str, table: &TableDescription) -> Finding {
    let key = |role: KeyType| {
        let schema = table.key_schema().iter().find(|key| *key.key_type() == role);
        schema.map(|key| key.attribute_name().to_owned())
    };
    let is_text = |name: &str| {
        let is = |it: &aws_sdk_dynamodb::types::AttributeDefinition| {
            it.attribute_name() == name && *it.attribute_type() == ScalarAttributeType::S
        };
        table.attribute_definitions().iter().any(is)
    };
    let (hash, range) = (key(KeyType::Hash), key(KeyType::Range));
    if (hash.as_deref(), range.as_deref()) != (Some("pk"), Some("sk"))
        || !is_text("pk")
        || !is_text("sk")
    {
        let says = format!(
            "has the keys {} and {}",
            hash.as_deref().unwrap_or("(none)"),
            range.as_deref().unwrap_or("(none)")
        );
        let mend = "make a table with the partition key pk and the sort key sk, both strings";
        return Finding::failed(about, says, mend);
    }
    match table.table_status() {
        Some(TableStatus::Active | TableStatus::Updating) => {
            Finding::ok(about, "is there, with the right keys")
        }
        other => {
            let state = other.map_or("in no known state", TableStatus::as_str);
            Finding::failed(about, format!("is {state}"), "wait until it is ACTIVE, or restore it")
        }
    }
}

async fn expiry(client: &Client, table: &str) -> Finding {
    let about = format!("expiry of {table}");
    let mend = format!(
        "aws dynamodb update-time-to-live --table-name {table} --time-to-live-specification \
         Enabled=true,AttributeName=expires_at"
    );
    let answer = match client.describe_time_to_live().table_name(table).send().await {
        Ok(answer) => answer.time_to_live_description,
        Err(error) => {
            let why = format!("DescribeTimeToLive: {}", reason(&error));
            return Finding::warning(about, why, "permit dynamodb:DescribeTimeToLive");
        }
    };
    let is_on = answer.as_ref().is_some_and(|it| {
        matches!(
            it.time_to_live_status(),
            Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)
        ) && it.attribute_name() == Some("expires_at")
    });
    if is_on {
        Finding::ok(about, "old records go by themselves")
    } else {
        Finding::warning(about, "old records stay for ever", mend)
    }
}

/// A write whose condition never holds: it changes nothing, and says whether it may be made.
async fn write(client: &Client, table: &str) -> Finding {
    let about = format!("writes to {table}");
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let answer = client
        .put_item()
        .table_name(table)
        .item("pk", text("doctor"))
        .item("sk", text("doctor"))
        .condition_expression("attribute_exists(pk) AND attribute_not_exists(pk)")
        .send()
        .await;
    match answer {
        Err(error)
            if matches!(
                error.as_service_error(),
                Some(PutItemError::ConditionalCheckFailedException(_))
            ) =>
        {
            Finding::ok(about, "permitted (nothing was written)")
        }
        Err(error) => Finding::refused(
            about,
            format!("PutItem: {}", reason(&error)),
            "permit dynamodb:PutItem on the table",
        ),
        Ok(_) => Finding::failed(
            about,
            "a write whose condition cannot hold was made: this is no DynamoDB, or not a whole one",
            "look at AWS_ENDPOINT_URL; delete the item with pk = doctor",
        ),
    }
}
