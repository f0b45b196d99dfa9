"""A folder for what one run starts, of which nothing is left: the end of every program here that starts others."""

import os
import shutil
import signal
import tempfile
from contextlib import contextmanager
from pathlib import Path

from . import processes
from .peers import quiet_environment


def _end(number, _frame):
    raise SystemExit(128 + number)


@contextmanager
def workplace(name):
    """Gives the folder. However the run ends, SIGTERM and Ctrl-C among it, all that it has started is stopped, and the
    folder is gone."""
    signal.signal(signal.SIGTERM, _end)
    folder = Path(tempfile.mkdtemp(prefix=f"brood-{name}-"))
    folder.chmod(0o755)  # a server that drops root must get in
    os.environ.update(quiet_environment(folder))
    try:
        yield folder
    except KeyboardInterrupt:
        raise SystemExit(128 + signal.SIGINT) from None
    finally:
        processes.stop_all()
        shutil.rmtree(folder, ignore_errors=True)
