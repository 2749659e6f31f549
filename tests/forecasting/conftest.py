import json
import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("MES_SHARED", Path(__file__).parents[2].parent / "shared"))


@pytest.fixture(scope="session")
def known_optima():
    path = SHARED / "data" / "inventory" / "known_optima.json"
    if not path.exists():
        pytest.skip(f"{path} is not there; set MES_SHARED to the folder that holds the published optima.")
    return json.loads(path.read_text())["cases"]
