"""make sbom: everything that is installed with Hourmill is in it, with version and digest, and nothing that is not."""

import json
import subprocess
import tomllib
from pathlib import Path
from typing import Any

from tests.client import PATIENCE_S
from tests.documents import ROOT, text_of

LOCK: dict[str, Any] = tomllib.loads(text_of("uv.lock"))


def installed() -> set[tuple[str, str]]:
    """Name and version of all that uv.lock has us stand on, at run time."""
    packages = {package["name"]: package for package in LOCK["package"]}
    found: set[str] = set()
    waiting = ["hourmill"]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [needed["name"] for needed in packages[name].get("dependencies", [])]
    return {(name, packages[name]["version"]) for name in found - {"hourmill"}}


def test_the_bill_of_materials_is_what_is_installed(tmp_path: Path) -> None:
    subprocess.run(["make", "sbom", f"DIST={tmp_path}"], cwd=ROOT, check=True, capture_output=True, timeout=PATIENCE_S)
    bill = json.loads((tmp_path / "hourmill.cdx.json").read_text())
    assert (bill["bomFormat"], bill["metadata"]["component"]["name"]) == ("CycloneDX", "hourmill")
    assert {(part["name"], part["version"]) for part in bill["components"]} == installed()
    for part in bill["components"]:
        assert part["purl"].startswith(f"pkg:pypi/{part['name']}@{part['version']}")
        files = [file for file in part["externalReferences"] if file["type"] == "distribution"]
        assert all(file["hashes"][0]["alg"] == "SHA-256" for file in files)
        assert files
