"""Every test that the compliance matrix names is there."""

import ast
import re

from django.conf import settings

NAMED = re.compile(r"`(tests/[\w/]+\.py)?::(test_\w+)`")


def test_every_named_test_exists():
    missing, path, named = [], "", 0
    for line in (settings.BASE_DIR / "docs" / "compliance.md").read_text().splitlines():
        for file, test in NAMED.findall(line):
            path = file or path
            named += 1
            source = settings.BASE_DIR / path
            if not source.exists() or test not in functions_of(source.read_text()):
                missing.append(f"{path}::{test}")

    assert named > 40
    assert missing == []


def test_every_row_names_a_test():
    rows = [
        line
        for line in (settings.BASE_DIR / "docs" / "compliance.md").read_text().splitlines()
        if line.startswith("| ") and not line.startswith(("| clause", "| record |"))
    ]

    assert len(rows) > 20
    assert [row[:30] for row in rows if not NAMED.search(row)] == []


def functions_of(source: str) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)}
