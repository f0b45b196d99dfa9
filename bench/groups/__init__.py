"""One file a benchmark group; bench/harness/groups.py says what such a file holds."""
