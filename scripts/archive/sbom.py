"""What the programs are made of, as a bill of materials of CycloneDX."""

import json
import re
import uuid
from datetime import datetime, timezone

from . import ROOT, fixed


def reference(crate):
    return f"{crate.name}@{crate.version}"


def of_crate(crate):
    it = {
        "type": "library",
        "bom-ref": reference(crate),
        "name": crate.name,
        "version": crate.version,
        "licenses": [{"expression": crate.licence}],
    }
    # What is not from the registry must not be taken for what may have its name there.
    if crate.checksum:
        it["purl"] = f"pkg:cargo/{crate.name}@{crate.version}"
        it["hashes"] = [{"alg": "SHA-256", "content": crate.checksum}]
    return it


def of_sqlite(crates):
    """The SQLite that a package of Cargo compiles in: warnings of its faults go by its own name."""
    for crate in crates.values():
        if crate.name == "libsqlite3-sys":
            header = (crate.folder / "sqlite3/sqlite3.h").read_text()
            version = re.search(r'#define SQLITE_VERSION\s+"([\d.]+)"', header)[1]
            return crate, {
                "type": "library",
                "bom-ref": f"sqlite@{version}",
                "name": "sqlite",
                "version": version,
                "licenses": [{"license": {"name": "Public domain"}}],
                "cpe": f"cpe:2.3:a:sqlite:sqlite:{version}:*:*:*:*:*:*:*",
            }
    raise LookupError("libsqlite3-sys")


def of_page():
    """What the page of `amiwatch history --html` brings of npm. The rest of its packages only build it."""
    packages = json.loads((ROOT / "src/cli/history/page/package-lock.json").read_text())["packages"]
    names, found = ["echarts"], {}
    while names:
        name = names.pop()
        package = packages[f"node_modules/{name}"]
        purl = f"pkg:npm/{name}@{package['version']}"
        names += package.get("dependencies", {})
        found[purl] = {
            "type": "library",
            "bom-ref": purl,
            "name": name,
            "version": package["version"],
            "licenses": [{"expression": package["license"]}],
            "purl": purl,
        }
    return sorted(found.values(), key=lambda it: it["bom-ref"])


def bill(version, crates, inside, programs, epoch):
    """`inside` has the packages of each program; `programs` the bytes of each one, by its path in the archive."""
    [(root_key, root)] = [(key, crate) for key, crate in crates.items() if crate.name == "amiwatch"]
    libraries = {key: crate for key, crate in crates.items() if key != root_key}
    sqlite_crate, sqlite = of_sqlite(crates)
    page = of_page()
    needs = {reference(crate): {reference(crates[key]) for key in crate.needs} for crate in libraries.values()}
    needs[reference(sqlite_crate)].add(sqlite["bom-ref"])
    components = [of_crate(crate) for _, crate in sorted(libraries.items())] + [sqlite, *page]
    for path, (program, data) in sorted(programs.items()):
        direct = {reference(crates[key]) for key in root.needs & inside[program]}
        if program == "amiwatch":
            direct.update(it["bom-ref"] for it in page)
        needs[path] = direct
        components.append(
            {
                "type": "application",
                "bom-ref": path,
                "name": program,
                "version": version,
                "licenses": [{"expression": root.licence}],
                "hashes": [{"alg": "SHA-256", "content": fixed.sha256(data)}],
            }
        )
    needs[reference(root)] = set(programs)
    references = [reference(root), *(it["bom-ref"] for it in components)]
    dependencies = [{"ref": ref, "dependsOn": sorted(needs.get(ref, ()))} for ref in references]
    # The same for the same programs, and for no others.
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([version, components, dependencies]))
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(epoch, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": of_crate(root) | {"type": "application"},
        },
        "components": components,
        "dependencies": dependencies,
    }
    return json.dumps(document, indent=1) + "\n"
