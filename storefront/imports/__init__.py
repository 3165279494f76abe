"""Reading of catalogues in others' formats; pure, writes nothing."""
