"""What docs/safety.md says of the audit's hashes holds outside the program."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support.audits import audit_lines, leave_audit


def test_a_line_s_hash_is_that_of_what_stands_before_it(tmp_path: Path) -> None:
    path = tmp_path / "safety.jsonl"
    leave_audit(path)
    for line, stored in zip(path.read_bytes().splitlines(), audit_lines(path), strict=True):
        before, _, _ = line.partition(b',"hash":')
        told = subprocess.run(["sha256sum"], input=before, capture_output=True, check=True)
        assert told.stdout.decode().split()[0] == stored["hash"]
