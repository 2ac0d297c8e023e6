"""Check a setup before a run: settings, texts, keys, servers, skill index, disk; write settings that fit."""
