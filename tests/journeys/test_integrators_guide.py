"""The integrator's guide is executed: every shell block of it, in order, against a live server."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from pytest_django.live_server_helper import LiveServer

from mes.core.models import User
from mes.core.roles import ensure_roles
from tests.plant import make_site

GUIDE = settings.BASE_DIR / "docs" / "integrators-guide.md"
BASH = shutil.which("bash")
PASSWORD = "correct horse battery"


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not (BASH and shutil.which("curl")), reason="the guide's examples need bash and curl")
def test_every_example_of_the_integrators_guide_works(live_server: LiveServer, tmp_path: Path):
    ensure_roles()
    make_site()
    user = User.objects.create_user("paula", password=PASSWORD)
    user.groups.add(Group.objects.get(name="planner"))
    blocks = re.findall(r"^```sh\n(.*?)^```", GUIDE.read_text(), re.DOTALL | re.MULTILINE)
    script = tmp_path / "guide.sh"
    script.write_text("set -euo pipefail\n" + "\n".join(blocks))

    done = subprocess.run(
        [str(BASH), str(script)],
        env=os.environ | {"MES": live_server.url, "MES_USER": "paula", "MES_PASSWORD": PASSWORD},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr + done.stdout
    said = done.stdout.splitlines()
    assert [
        word
        for word in ("released", "ready", "15.0000", "orders.requirement_unproven", "shipped")
        if word not in said
    ] == []
