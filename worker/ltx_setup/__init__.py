"""What `ltx local setup` asks an environment's own Python: how large a download will be, what is installed, models of a hub.

Comes in: arguments and standard input. Goes out: one line of JSON each.
To know: nothing here imports torch or the worker, except `versions`, whose task it is to try.
"""
