"""Figures of the site and its pipeline, each beside a peer taken in the same run.

Machines are noisy: CPU seconds rather than wall time, ratios rather than
milliseconds, and the median of interleaved rounds.
"""
