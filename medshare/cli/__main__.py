"""``python -m medshare.cli``."""

import sys

from medshare.cli import main

sys.exit(main())
