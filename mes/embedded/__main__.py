"""`python -m mes.embedded stop FOLDER`: stop the embedded servers of a data folder."""

import sys
from pathlib import Path

from mes import embedded

if len(sys.argv) != 3 or sys.argv[1] != "stop":
    sys.exit(__doc__)
embedded.stop(Path(sys.argv[2]))
