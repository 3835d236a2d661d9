"""The worker that makes LTX clips on a machine of one's own; `worker/PROTOCOL.md` says how it is spoken to."""

WORKER_VERSION = "1"
PROTOCOL_VERSION = 1
