"""For tests: a revision that does not start."""
raise RuntimeError("this revision does not start, on purpose")
