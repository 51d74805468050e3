"""Set what must stand before torch is imported: one thread for each test process, since two of them run at a time."""

import os

from hypothesis import settings

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

# A loaded machine is slow without being wrong; and a failure must come back at the next run.
settings.register_profile("course", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("course")
