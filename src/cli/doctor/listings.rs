//! Whether EC2 may be asked for the tasks of each Region.

use super::finding::Finding;
use crate::aws::clients::ATTEMPTS;
use crate::aws::ec2::{Ask, Ec2Tasks};
use crate::place::Place;
use crate::poll::PlaceToPoll;
use crate::ports::PageAt;
use crate::task::Kind;

/// A page as small as EC2 gives one, where a listing knows no dry run.
const SMALLEST: i32 = 5;

pub(super) async fn examine(source: &Ec2Tasks, places: &[PlaceToPoll]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for PlaceToPoll { place, kinds } in places {
        for kind in kinds {
            findings.push(listing(source, place, *kind).await);
        }
    }
    findings
}

async fn listing(source: &Ec2Tasks, place: &Place, kind: Kind) -> Finding {
    let region = &place.region;
    let identity = kind.identity();
    let (operation, has_dry_run) = (identity.operation, identity.parameters.has_dry_run);
    let about = match place.account.as_str() {
        "" => format!("{operation} in {region}"),
        account => format!("{operation} in {region} of account {account}"),
    };
    let page_size = if identity.parameters.has_pages { SMALLEST } else { PageAt::LARGEST };
    let at = PageAt::First { page_size };
    let ask = Ask { is_dry_run: has_dry_run, ..Ask::page(at) };
    match source.ask(place, kind, ask, ATTEMPTS).await {
        Ok(_) if has_dry_run => Finding::ok(about, "permitted"),
        Ok(_) => Finding::ok(about, "answers"),
        Err(error) => Finding::refused(
            about,
            error.reason,
            format!(
                "permit ec2:{operation} in {region} (docs/reference/rights.md), or leave the Region \
                 or the kind {kind} out"
            ),
        ),
    }
}
