"""Benchmarks: `python/` compares Python modules, `rust/` the engine's crates."""
