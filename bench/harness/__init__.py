"""The measuring side of brood's benchmark; see bench/run.py."""
