"""`DescribeImages` as boto3 and the AWS CLI read it."""

import pytest
from botocore.exceptions import ClientError

NAMED = {"images": ["ami-00000001", "ami-00000002"], "image_names": {"ami-00000002": "web-golden"}}


def test_boto3_reads_names_and_is_told_which_image_is_gone(sim):
    sim.admin("POST", "/tasks", NAMED)
    ec2 = sim.client()
    images = ec2.describe_images(Owners=["self"], IncludeDeprecated=True)["Images"]
    assert {image["ImageId"]: image["Name"] for image in images} == {
        "ami-00000001": "image-00000001",
        "ami-00000002": "web-golden",
    }
    with pytest.raises(ClientError, match="ami-00000003") as error:
        ec2.describe_images(ImageIds=["ami-00000001", "ami-00000003"])
    assert error.value.response["Error"]["Code"] == "InvalidAMIID.NotFound"
    wanted = [{"Name": "image-id", "Values": ["ami-00000003", "ami-00000002"]}]
    found = ec2.describe_images(Filters=wanted)["Images"]
    assert [image["Name"] for image in found] == ["web-golden"]


def test_the_image_that_an_import_made_is_there_once_it_is_done(sim):
    ec2 = sim.client()
    disk = {"Format": "OVA", "UserBucket": {"S3Bucket": "b", "S3Key": "v.ova"}}
    task = ec2.import_image(DiskContainers=[disk])["ImportTaskId"]
    sim.advance("1h")
    image = ec2.describe_import_image_tasks(ImportTaskIds=[task])["ImportImageTasks"][0]["ImageId"]
    assert ec2.describe_images(ImageIds=[image])["Images"][0]["Name"] == task
    assert ec2.get_waiter("image_available").wait(ImageIds=[image]) is None


def test_the_aws_cli_reads_names(sim, aws):
    sim.admin("POST", "/tasks", NAMED)
    code, names, _ = aws("describe-images", "--owners", "self", "--query", "Images[].Name")
    assert code == 0 and sorted(names) == ["image-00000001", "web-golden"]
