"""Records the servers' answers, for tests that must not depend on running servers."""
