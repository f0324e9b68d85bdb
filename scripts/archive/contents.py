"""What is in the archive."""

import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from . import ARCHITECTURES, FUNCTIONS, ROOT, Refused, crates, documents, fixed, licences, programs, sbom
from . import standard_library, template
from .fixed import File

SHELLS = {
    "bash": "amiwatch.bash",
    "elvish": "amiwatch.elv",
    "fish": "amiwatch.fish",
    "powershell": "_amiwatch.ps1",
    "zsh": "_amiwatch",
}


def asked(program, *arguments):
    try:
        return subprocess.run((program, *arguments), capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise Refused(f"{program} {' '.join(arguments)}: {error}") from error


def manual(program):
    """Man pages and completions, which the command line writes itself."""
    files = {f"completions/{name}": File(asked(program, "completions", shell)) for shell, name in SHELLS.items()}
    with tempfile.TemporaryDirectory() as folder:
        asked(program, "man", folder)
        files |= {f"man/{page.name}": File(page.read_bytes()) for page in Path(folder).iterdir()}
    return files


def collect(binaries, architectures, epoch):
    """The archive's name, and its files by name."""
    packages, inside = crates.read(architectures)
    [version] = [crate.version for crate in packages.values() if crate.name == "amiwatch"]
    text = (ROOT / "template.yaml").read_text()
    files, built, templates = {}, {}, {}
    for architecture in architectures:
        processor = ARCHITECTURES[architecture]
        # `sam deploy` takes template.yaml where none is named.
        templates[processor] = f"template-{processor}.yaml" if templates else "template.yaml"
        zips = {function: f"functions/{processor}/{function}.zip" for function in FUNCTIONS}
        files[templates[processor]] = File(template.packaged(text, processor, zips).encode())
        for function, path in zips.items():
            data = programs.read(binaries, architecture, function)
            built[path] = function, data
            files[path] = File(fixed.zipped({"bootstrap": File(data, executable=True)}, epoch))
        path = f"bin/{architecture}/amiwatch"
        data = programs.read(binaries, architecture, "amiwatch")
        built[path] = "amiwatch", data
        files[path] = File(data, executable=True)
    here = platform.machine()
    if here in architectures:
        files |= manual((binaries / here / "amiwatch").resolve())
    else:
        print("scripts/release: no man pages and completions: amiwatch does not run on this machine", file=sys.stderr)
    texts = documents.read()
    texts["README.md"] = documents.readme(version, templates)
    texts["samconfig.toml"] = documents.samconfig()
    texts["licences/THIRD-PARTY.txt"] = licences.gathered(packages, architectures)
    texts["sbom.cdx.json"] = sbom.bill(version, packages, inside, built, epoch)
    files |= {place: File(text.encode()) for place, text in texts.items()}
    files["licences/rust-standard-library.html"] = File(standard_library.page())
    sums = "".join(f"{fixed.sha256(file.data)}  {place}\n" for place, file in sorted(files.items()))
    files["SHA256SUMS"] = File(sums.encode())
    return f"amiwatch-{version}", files
