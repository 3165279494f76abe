"""Engines that steps call: local models here, anyone's by dotted path.

Nothing is loaded by importing this package: a session is made in the worker
process that first asks for it, after the fork.
"""
