"""bench/run: what the four kinds of import and export add to a quiet poll."""

from collections import Counter

from stack import ACCOUNTS, Stack

# EC2 lists an import or export for seven days: so many of each kind that have ended.
ENDED = 20
TRANSFERS = {
    "import_snapshot_tasks": {"task_id": "import-snap-", "disk": {"format": "VMDK", "bucket": "disks", "key": "root.vmdk"}},
    "import_image_tasks": {"task_id": "import-ami-", "disks": [{"format": "OVA", "bucket": "disks", "key": "vm.ova"}]},
    "export_image_tasks": {"task_id": "export-ami-", "image_id": "ami-0123456789abcdef0", "target": {"bucket": "exports"}},
    "export_instance_tasks": {"task_id": "export-i-", "instance_id": "i-0123456789abcdef0", "target": {"bucket": "exports"}},
}
LISTINGS = [
    "DescribeImportSnapshotTasks",
    "DescribeImportImageTasks",
    "DescribeExportImageTasks",
    "DescribeExportTasks",
]


def kinds_case(old, open_tasks, quiet_polls, folder, in_turn, median_of):
    """Quiet polls of amiwatch with two kinds and with six, in turn."""
    stack = Stack(old, open_tasks, folder)
    for kind, fields in TRANSFERS.items():
        ended = [
            {**fields, "task_id": f"{fields['task_id']}{number:016x}", "start": "-3h", "duration": "1h"}
            for number in range(ENDED)
        ]
        stack.admin("POST", "/tasks", {"account": ACCOUNTS["amiwatch"], kind: ended})
    functions = {
        "2 kinds": stack.function("amiwatch"),
        "6 kinds": stack.function("amiwatch", AMIWATCH_KINDS="all"),
    }
    for function in functions.values():
        while function.poll()["baseline"]:
            stack.advance("60s")
    polls = in_turn(stack, functions, quiet_polls, "60s")
    for function in functions.values():
        function.end()
    stack.end()
    result = {name: median_of(some) for name, some in polls.items()}
    more = Counter(result["6 kinds"]["calls"]) - Counter(result["2 kinds"]["calls"])
    if more != Counter(LISTINGS):
        raise SystemExit(f"a quiet poll of six kinds made these calls more: {dict(more)}")
    return result
