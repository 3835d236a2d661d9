"""The worker that runs LTX-2.3 on one device of this machine. `python -m ltx_worker` speaks the protocol of PROTOCOL.md."""

__version__ = "1"

WORKER_VERSION = __version__
PROTOCOL_VERSION = 1
