"""What must not be released."""

import struct
import subprocess

import pytest
from archive import PROGRAMS, Refused, programs, template
from conftest import ROOT, stand_ins

X86_64, AARCH64 = 62, 183


def elf(machine, *texts):
    return b"\x7fELF\x02\x01" + bytes(10) + struct.pack("<HH", 3, machine) + b"\0".join([b"", *texts, b""])


@pytest.fixture
def built(tmp_path):
    def write(**contents):
        (tmp_path / "x86_64").mkdir(exist_ok=True)
        for name in PROGRAMS:
            (tmp_path / "x86_64" / name).write_bytes(contents.get(name, elf(X86_64, b"GLIBC_2.2.5", b"GLIBC_2.17")))
        return tmp_path

    return write


def test_programs_of_the_right_processor_with_an_old_glibc_pass(built):
    programs.check(built(), "x86_64", "2.17", ["/home/someone", "/"])


def test_a_program_of_another_processor_is_refused(built):
    with pytest.raises(Refused, match="webhook is no program for x86_64"):
        programs.check(built(webhook=elf(AARCH64)), "x86_64")


def test_what_is_no_program_is_refused(built):
    with pytest.raises(Refused, match="poller is no program"):
        programs.check(built(poller=b"#!/bin/sh\n"), "x86_64")


def test_a_newer_glibc_is_refused(built):
    with pytest.raises(Refused, match=r"amiwatch needs glibc 2\.34, and has to run with 2\.17"):
        programs.check(built(amiwatch=elf(X86_64, b"GLIBC_2.4", b"GLIBC_2.34")), "x86_64", "2.17")


def test_a_path_of_this_machine_is_refused(built):
    with pytest.raises(Refused, match="holds the path /home/someone of this machine"):
        programs.check(built(poller=elf(X86_64, b"at /home/someone/src/lib.rs")), "x86_64", None, ["/home/someone/"])


def test_a_template_that_builds_something_new_is_refused():
    text = (ROOT / "template.yaml").read_text()
    with pytest.raises(Refused, match="builds .*'other'"):
        template.packaged(text.replace("Binary: webhook", "Binary: other", 1), "x86_64", {})


def test_a_new_use_of_the_processor_in_the_template_is_refused():
    text = (ROOT / "template.yaml").read_text()
    text = text.replace("      Handler:", "      KmsKeyArn: !Ref Architecture\n      Handler:", 1)
    zips = {"poller": "poller.zip", "webhook": "webhook.zip"}
    with pytest.raises(Refused, match="Architecture in a new place"):
        template.packaged(text, "x86_64", zips)


def script(*arguments):
    done = subprocess.run([ROOT / "scripts/release", *arguments], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--fast"], "unknown argument '--fast'"),
        (["--only", "arm64"], "--only is 'arm64': write x86_64 or aarch64"),
        (["--out"], "--out needs a folder"),
    ],
)
def test_a_wrong_argument_is_named(arguments, said):
    code, errors = script(*arguments)
    assert code == 2 and said in errors


def test_stand_ins_are_not_released(tmp_path):
    code, errors = script("--binaries", stand_ins(tmp_path / "binaries"), "--out", tmp_path / "out")
    assert code == 1 and "poller is no program for x86_64" in errors
    assert not (tmp_path / "out").exists()
