"""Addresses in two halves: the catalogue, and all behind the basket.

A site whose pages serve the shop themselves includes only the second.
"""
