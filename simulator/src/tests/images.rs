use super::*;
use crate::{Disk, ImportImagePlan, Transfer};

const LIST: &str = "Action=DescribeImages";

/// `<id> <name>` of each image of an answer.
fn named(world: &World, fields: &str) -> Vec<String> {
    let reply = call(world, &format!("{LIST}{fields}"));
    let names = all(&reply, "name");
    all(&reply, "imageId").iter().zip(names).map(|(id, name)| format!("{id} {name}")).collect()
}

#[test]
fn an_image_is_called_as_was_said_or_like_the_import_that_made_it_or_after_its_id() {
    let world = world();
    world.name_image(ACCOUNT, REGION, "ami-00000002", "web-golden-2026-11");
    let transfer = Transfer::new("import-ami-1", world.now(), minutes(10));
    let plan = ImportImagePlan::new(transfer, vec![Disk::in_bucket("OVA", "b", "v.ova")]);
    let made = plan.image_id.clone();
    world.add_import_image_task(ACCOUNT, REGION, plan);

    assert_eq!(named(&world, ""), ["ami-00000002 web-golden-2026-11"]);
    assert_eq!(
        named(&world, "&ImageId.1=ami-00000001&ImageId.2=ami-00000002"),
        ["ami-00000001 image-00000001", "ami-00000002 web-golden-2026-11"]
    );
    world.advance(minutes(10));
    assert_eq!(named(&world, &format!("&ImageId.1={made}")), [format!("{made} import-ami-1")]);
}

#[test]
fn an_id_that_ec2_does_not_know_spoils_a_call_and_is_left_out_by_a_filter() {
    let world = world();
    world.set_images(ACCOUNT, REGION, ["ami-00000001"]);
    let code = |fields: &str| outcome(&world, &format!("{LIST}{fields}")).1;
    assert_eq!(code("&ImageId.1=ami-00000001"), "OK");
    assert_eq!(code("&ImageId.1=ami-00000001&ImageId.2=ami-00000002"), "InvalidAMIID.NotFound");
    assert_eq!(code("&ImageId.1=snap-00000001"), "InvalidAMIID.Malformed");
    assert_eq!(code("&Filter.1.Name=mood&Filter.1.Value.1=good"), "InvalidParameterValue");
    assert_eq!(code("&DryRun=true"), "DryRunOperation");
    let several = call(&world, &format!("{LIST}&ImageId.1=ami-00000002&ImageId.2=ami-00000003"));
    let message = all(&several, "Message").concat();
    assert_eq!(message, "The image ids &apos;[ami-00000002, ami-00000003]&apos; do not exist");
    let filter =
        "&Filter.1.Name=image-id&Filter.1.Value.1=ami-00000002&Filter.1.Value.2=ami-00000001";
    assert_eq!(named(&world, filter), ["ami-00000001 image-00000001"]);
}

#[test]
fn filters_and_owners_choose_among_images() {
    let world = world();
    world.name_image(ACCOUNT, REGION, "ami-00000001", "web");
    world.name_image(ACCOUNT, REGION, "ami-00000002", "db");
    for (fields, names) in [
        ("&Filter.1.Name=name&Filter.1.Value.1=web", vec!["ami-00000001 web"]),
        ("&Owner.1=self", vec!["ami-00000001 web", "ami-00000002 db"]),
        ("&Owner.1=amazon", vec![]),
        ("&Filter.1.Name=is-public&Filter.1.Value.1=true", vec![]),
        (
            "&Filter.1.Name=owner-id&Filter.1.Value.1=123456789012&Filter.2.Name=state&Filter.2.Value.1=available",
            vec!["ami-00000001 web", "ami-00000002 db"],
        ),
    ] {
        assert_eq!(named(&world, fields), names, "{fields}");
    }
}
