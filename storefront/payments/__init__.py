"""How orders are paid: a thin port and the built-in test provider."""
