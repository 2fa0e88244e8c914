"""One line of text a happening, on standard error."""

import logging
import sys


def set_up(service: str, level: str = "INFO") -> None:
    """Log to standard error; standard output belongs to the command's answer."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        logging.Formatter(f"%(asctime)s {service:<8} %(levelname)-7s %(name)s: %(message)s")
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("apscheduler").setLevel("WARNING")
