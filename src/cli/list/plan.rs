//! What a listing is asked for, out of all that can be typed: pure. What cannot be meant is refused
//! before any call, by rule.

use std::collections::BTreeSet;
use std::str::FromStr;

use crate::aws::ec2::Filter;
use crate::cli::args::ListArgs;
use crate::task::{Choice, Kind};

/// `DescribeStoreImageTasks` takes no more ids.
const IMAGE_IDS_MAX: usize = 20;

/// What is asked of one kind's listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) kind: Kind,
    pub(super) ids: Vec<String>,
}

/// The ids of an option, with the option's name.
struct Ids<'a> {
    option: &'static str,
    given: &'a [String],
    kinds: &'static [Kind],
}

fn all_ids(args: &ListArgs) -> [Ids<'_>; 5] {
    let of = |option, given, kinds| Ids { option, given, kinds };
    [
        of("--image-ids", &args.image_ids, &[Kind::StoreImage]),
        of("--bundle-ids", &args.bundle_ids, &[Kind::Bundle]),
        of("--import-task-ids", &args.import_task_ids, &[Kind::ImportSnapshot, Kind::ImportImage]),
        of("--export-image-task-ids", &args.export_image_task_ids, &[Kind::ExportImage]),
        of("--export-task-ids", &args.export_task_ids, &[Kind::ExportInstance]),
    ]
}

/// What to ask, kind by kind.
pub(super) fn plan(args: &ListArgs) -> Result<Vec<Plan>, String> {
    let mut plans: Vec<Plan> = Vec::new();
    for Ids { option, given, kinds } in all_ids(args) {
        for id in given {
            let prefix = |kind: &&Kind| id.starts_with(kind.identity().id_prefix);
            let Some(kind) = kinds.iter().find(prefix) else {
                let begins: Vec<&str> = kinds.iter().map(|it| it.identity().id_prefix).collect();
                let begins = begins.join(" or ");
                return Err(format!("{option} {id}: such an id begins with {begins}"));
            };
            match plans.iter_mut().find(|plan| plan.kind == *kind) {
                Some(plan) if plan.ids.contains(id) => {}
                Some(plan) => plan.ids.push(id.clone()),
                None => plans.push(Plan { kind: *kind, ids: vec![id.clone()] }),
            }
        }
    }
    if plans.is_empty() {
        let kinds = Choice::kinds(&args.place.kinds);
        plans = kinds.into_iter().map(|kind| Plan { kind, ids: Vec::new() }).collect();
    } else {
        check_ids(args, &plans)?;
    }
    check_pages(args, &plans)?;
    check_filters(args, &plans)?;
    let kinds: BTreeSet<Kind> = plans.iter().map(|plan| plan.kind).collect();
    if args.since.is_some() {
        refuse(&kinds, |kind| !gives_starts(kind), "--since", "EC2 gives no start times of")?;
    }
    if args.dry_run {
        let has_none = |kind: Kind| !kind.identity().parameters.has_dry_run;
        refuse(&kinds, has_none, "--dry-run", "EC2 has no dry run for the listing of")?;
    }
    Ok(plans)
}

fn check_ids(args: &ListArgs, plans: &[Plan]) -> Result<(), String> {
    args.place.without_kinds()?;
    if args.max_items.is_some() || args.starting_token.is_some() {
        return Err(
            "EC2 takes no page of a list of ids: leave --max-items and --starting-token out".into(),
        );
    }
    let images = plans.iter().find(|plan| plan.kind == Kind::StoreImage);
    let Some(images) = images else { return Ok(()) };
    if !args.filters.is_empty() {
        return Err("EC2 ignores filters beside --image-ids: give one or the other".to_owned());
    }
    if images.ids.len() > IMAGE_IDS_MAX {
        let count = images.ids.len();
        return Err(format!(
            "--image-ids takes {IMAGE_IDS_MAX} ids at most, and here are {count}: list them in parts"
        ));
    }
    Ok(())
}

fn check_pages(args: &ListArgs, plans: &[Plan]) -> Result<(), String> {
    let option = match (&args.starting_token, args.max_items) {
        (Some(_), _) => "--starting-token",
        (None, Some(_)) => "--max-items",
        (None, None) => return Ok(()),
    };
    let [plan] = plans else {
        return Err(format!("{option} is about one listing: name its kind with --kind"));
    };
    if args.place.regions.len() > 1 || args.all_regions {
        return Err(format!("{option} is about one Region's listing: name one Region"));
    }
    if !args.accounts.is_unsaid() {
        return Err(format!(
            "{option} is about one account's listing: use the credentials of that account, and name none"
        ));
    }
    if args.starting_token.is_some() && !plan.kind.identity().parameters.has_pages {
        return Err(format!("EC2 gives the {} tasks in one page: leave {option} out", plan.kind));
    }
    Ok(())
}

fn check_filters(args: &ListArgs, plans: &[Plan]) -> Result<(), String> {
    for NamedFilter(Filter { name, .. }) in &args.filters {
        for plan in plans {
            let known = plan.kind.identity().parameters.filters;
            if !known.is_empty() && !known.contains(&name.as_str()) {
                let known = known.join(", ");
                let kind = plan.kind;
                return Err(format!(
                    "--filters Name={name}: the listing of {kind} tasks filters by {known}; name the kind \
                     that is meant with --kind"
                ));
            }
        }
    }
    Ok(())
}

fn gives_starts(kind: Kind) -> bool {
    kind.identity().gives_starts
}

fn refuse(
    kinds: &BTreeSet<Kind>,
    is_wrong: impl Fn(Kind) -> bool,
    option: &str,
    why: &str,
) -> Result<(), String> {
    let wrong: Vec<&str> =
        kinds.iter().filter(|kind| is_wrong(**kind)).map(|kind| kind.name()).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!("{option}: {why} {} tasks; name other kinds with --kind", wrong.join(", ")))
}

/// `Name=task-state,Values=Completed,Failed`, as the AWS CLI has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedFilter(pub Filter);

impl FromStr for NamedFilter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.strip_prefix("Name=").and_then(|rest| rest.split_once(",Values="));
        let (name, values) = parts
            .filter(|(name, values)| !name.is_empty() && !values.is_empty())
            .ok_or("write it as Name=task-state,Values=Completed,Failed")?;
        let values = values.split(',').map(str::to_owned).collect();
        Ok(Self(Filter { name: name.to_owned(), values }))
    }
}
