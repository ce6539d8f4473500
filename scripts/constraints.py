"""Print the exact versions of everything that this environment has for Plumbline, for `constraints.txt`.

Run it in an environment in which the tests pass: `.venv/bin/python scripts/constraints.py > constraints.txt`.
"""

from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement

EXTRAS = {"dev", "gpu", "llama-cpp"}


def closure(name: str, extras: set[str], found: dict[str, str], seen: set[tuple[str, str]]) -> None:
    """Add `name` and what it needs to `found`, as installed here; what is not installed is not needed here."""
    try:
        package = distribution(name)
    except PackageNotFoundError:
        return
    if name != "plumbline-assistant":
        found[package.metadata["Name"].lower().replace("_", "-")] = package.version.split("+")[0]
    for text in package.requires or ():
        requirement = Requirement(text)
        marker = requirement.marker
        wanted = [extra for extra in extras | {""} if marker is None or marker.evaluate({"extra": extra})]
        for extra in wanted:
            if (requirement.name, extra) not in seen:
                seen.add((requirement.name, extra))
                closure(requirement.name, set(requirement.extras), found, seen)


def main() -> None:
    """Print one `name==version` per line, sorted."""
    found: dict[str, str] = {}
    closure("plumbline-assistant", EXTRAS, found, set())
    print("# Exact versions that were tested together; made by scripts/constraints.py")
    for name, version in sorted(found.items()):
        print(f"{name}=={version}")


if __name__ == "__main__":
    main()
