"""The editors' workbench: one queue of photos, and one page to look at each."""
