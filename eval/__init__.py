"""Is it good? The measuring harness."""
