"""The packages that are compiled into the programs, as Cargo resolves them."""

import json
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from . import ROOT, Refused

# How scripts/release builds each program.
FEATURES = {
    "poller": ("--no-default-features", "--features", "webhook"),
    "webhook": ("--no-default-features", "--features", "webhook"),
    "amiwatch": (),
}


@dataclass
class Crate:
    """A package of Cargo."""

    name: str
    version: str
    licence: str
    authors: list
    folder: Path
    # In the registry, by which a download is told from another one. None for this project's own.
    checksum: str | None = None
    needs: set = field(default_factory=set)

    @property
    def key(self):
        return self.name, self.version


def cargo(*arguments):
    return subprocess.run(("cargo", *arguments), cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout


def compiled_in(features, triples):
    """What Cargo compiles for a set of features, without what only runs while it builds."""
    found = set()
    for triple in triples:
        tree = cargo(
            "tree", "--locked", "--package", "amiwatch", "--edges", "normal,no-proc-macro", "--prefix", "none",
            "--format", "{p}", "--target", triple, *features,
        )  # fmt: skip
        for line in tree.splitlines():
            name, version = line.split()[:2]
            found.add((name, version.removeprefix("v")))
    return found


def locked():
    """The checksum of each package that is downloaded. Python 3.10 reads no TOML."""
    for package in (ROOT / "Cargo.lock").read_text().split("[[package]]")[1:]:
        values = dict(re.findall(r'^(name|version|checksum) = "(.*)"$', package, re.MULTILINE))
        yield (values["name"], values["version"]), values.get("checksum")


def expression(licence):
    """A licence as SPDX writes it; older packages have a slash for OR."""
    return " OR ".join(part.strip() for part in licence.split("/"))


def read(architectures):
    """The packages by name and version, and for each program those that are in it."""
    triples = [f"{architecture}-unknown-linux-gnu" for architecture in architectures]
    # The functions are built alike.
    sets = {features: compiled_in(features, triples) for features in set(FEATURES.values())}
    inside = {program: sets[features] for program, features in FEATURES.items()}
    everything = set().union(*sets.values())
    checksums = dict(locked())
    metadata = json.loads(cargo("metadata", "--locked", "--format-version", "1", "--features", "webhook"))
    crates, ids = {}, {}
    for package in metadata["packages"]:
        key = package["name"], package["version"]
        if key not in everything:
            continue
        if not package["license"]:
            raise Refused(f"{' '.join(key)} names no licence")
        ids[package["id"]] = key
        folder = Path(package["manifest_path"]).parent
        licence = expression(package["license"])
        crates[key] = Crate(*key, licence, package["authors"], folder, checksums[key])
    for node in metadata["resolve"]["nodes"]:
        if node["id"] in ids:
            needed = (
                ids.get(dependency["pkg"])
                for dependency in node["deps"]
                if any(kind["kind"] is None for kind in dependency["dep_kinds"])
            )
            crates[ids[node["id"]]].needs.update(key for key in needed if key)
    if missing := everything - crates.keys():
        raise Refused(f"Cargo says nothing of {sorted(missing)}")
    return crates, inside
