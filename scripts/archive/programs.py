"""Whether built programs are what they are packaged as."""

import re
import struct

from . import PROGRAMS, Refused

# What an ELF file calls its processor.
MACHINES = {"x86_64": 62, "aarch64": 183}


def read(folder, architecture, name):
    path = folder / architecture / name
    if not path.is_file():
        raise Refused(f"{path} is missing: build it, or give --only for one processor")
    return path.read_bytes()


def machine(data):
    """The processor of an ELF file of 64 bits, else none."""
    if data[:6] != b"\x7fELF\x02\x01" or len(data) < 20:
        return None
    return struct.unpack_from("<H", data, 18)[0]


def newest_glibc(data):
    """The newest version of glibc of which a program needs something."""
    versions = {tuple(map(int, found.split(b"."))) for found in re.findall(rb"GLIBC_(\d+(?:\.\d+)+)", data)}
    return max(versions, default=())


def check(folder, architecture, glibc=None, paths=()):
    for name in PROGRAMS:
        data = read(folder, architecture, name)
        path = folder / architecture / name
        if machine(data) != MACHINES[architecture]:
            raise Refused(f"{path} is no program for {architecture}")
        needs = newest_glibc(data)
        if glibc and needs > tuple(map(int, glibc.split("."))):
            raise Refused(f"{path} needs glibc {'.'.join(map(str, needs))}, and has to run with {glibc}")
        for foreign in paths:
            foreign = foreign.rstrip("/")
            # The root folder, where some containers have their home, is in every path.
            if foreign and f"{foreign}/".encode() in data:
                raise Refused(f"{path} holds the path {foreign} of this machine")
