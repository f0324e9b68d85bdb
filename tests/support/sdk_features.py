"""Checks that every build compiles aws-sdk-ec2 with the same features of all that it stands on.

    sdk_features.py OPTIONS…

Each argument holds the options of one `cargo tree`, which are those of the build. Cargo compiles a
crate once for each set of features of its dependencies, and aws-sdk-ec2 takes minutes and gigabytes.
"""

import subprocess
import sys

SDK = "aws-sdk-ec2"


def nodes(options):
    """What each package of a build depends on. A package is its name, version and features."""
    command = ["cargo", "tree", "--locked", "--prefix", "depth", "--format", " {p}|{f}", *options.split()]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    graph, path = {}, []
    for line in filter(None, printed.splitlines()):
        depth, package = line.split(" ", 1)
        # A subtree is printed once; cargo marks where it would come again.
        package = package.removesuffix(" (*)")
        del path[int(depth) :]
        if path:
            graph[path[-1]].add(package)
        graph.setdefault(package, set())
        path.append(package)
    return graph


def below(graph, package):
    found, to_visit = set(), [package]
    while to_visit:
        package = to_visit.pop()
        if package not in found:
            found.add(package)
            to_visit.extend(graph[package])
    return found


def main(builds):
    first = None
    for options in builds:
        graph = nodes(options)
        roots = [package for package in graph if package.startswith(f"{SDK} ")]
        if len(roots) != 1:
            sys.exit(f"cargo tree {options}: {len(roots)} builds of {SDK}, where one is expected: {roots}")
        used = below(graph, roots[0])
        first = used if first is None else first
        if used != first:
            print(f"{SDK} is compiled anew for `cargo tree {options}`, because these differ:", file=sys.stderr)
            for sign, packages in (("-", first - used), ("+", used - first)):
                for package in sorted(packages):
                    print(f"  {sign} {package}", file=sys.stderr)
            sys.exit("ask for the union of the features in Cargo.toml, under [dependencies]")
    print(f"{SDK} and the {len(first) - 1} packages below it are the same in {len(builds)} builds")


main(sys.argv[1:])
