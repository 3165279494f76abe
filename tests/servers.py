"""Real servers for tests: private, on loopback, in temporary folders."""
