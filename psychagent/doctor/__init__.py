"""Check a setup before a run: assets, settings, keys, endpoints, embedder, skill index, disk."""
