"""The share of a processor that Lambda gives a function of 128 MB, by the kernel's bandwidth control."""

import os
from pathlib import Path

# 128 of the 1,769 MB at which a function has a whole processor.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
SHARE = 128 / 1769
PERIOD_US = 20_000
VERSION_1 = Path("/sys/fs/cgroup/cpu")
VERSION_2 = Path("/sys/fs/cgroup")


class Share:
    """A control group with so much of a processor. Its processes are moved into it when they have started, as
    Lambda gives a whole processor until then."""

    def __init__(self):
        name = f"amiwatch-bench-{os.getpid()}"
        quota = round(PERIOD_US * SHARE)
        if (VERSION_1 / "cpu.cfs_quota_us").exists():
            self.folder = VERSION_1 / name
            settings = {"cpu.cfs_period_us": PERIOD_US, "cpu.cfs_quota_us": quota}
        else:
            self.folder = VERSION_2 / name
            settings = {"cpu.max": f"{quota} {PERIOD_US}"}
        self.folder.mkdir()
        for file, value in settings.items():
            (self.folder / file).write_text(str(value))

    def take(self, pid):
        (self.folder / "cgroup.procs").write_text(str(pid))

    def end(self):
        """Its processes have ended."""
        self.folder.rmdir()


def share():
    """A share, or none where control groups cannot be made here."""
    try:
        return Share()
    except OSError:
        return None
