"""Archives whose bytes follow from what is in them: fixed times, owners, modes and order.

How well is compressed depends on the machine's zlib. With another one the compressed bytes differ, and what is
unpacked does not.
"""

import gzip
import hashlib
import io
import stat
import tarfile
import time
import zipfile
from dataclasses import dataclass


@dataclass(frozen=True)
class File:
    """A file of the archive."""

    data: bytes
    executable: bool = False

    @property
    def mode(self):
        return 0o755 if self.executable else 0o644


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def zipped(files, epoch):
    """A zip of files by name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, file in sorted(files.items()):
            info = zipfile.ZipInfo(name, time.gmtime(epoch)[:6])
            info.create_system = 3  # Unix, on every machine, so that the mode counts
            info.external_attr = (stat.S_IFREG | file.mode) << 16
            archive.writestr(info, file.data, zipfile.ZIP_DEFLATED, 9)
    return buffer.getvalue()


def write_tar(path, top, files, epoch):
    """Writes a tar.gz that has files by name under one top folder."""
    folders = {""}
    for name in files:
        parts = name.split("/")[:-1]
        folders.update("/".join(parts[: end + 1]) for end in range(len(parts)))
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", 9, raw, mtime=epoch) as compressed,
        tarfile.open(mode="w", fileobj=compressed, format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name in sorted(folders | files.keys()):
            # Nobody's name: owner and group are 0.
            info = tarfile.TarInfo(f"{top}/{name}".rstrip("/"))
            info.mtime = epoch
            if name in folders:
                info.type, info.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(info)
            else:
                info.size, info.mode = len(files[name].data), files[name].mode
                tar.addfile(info, io.BytesIO(files[name].data))
