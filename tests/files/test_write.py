"""Files of a run are written whole or not at all."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from psychagent.errors import RecordError
from psychagent.files.digest import hash_file
from psychagent.files.read import read_json
from psychagent.files.write import whole_file, whole_files, write_json, write_text


def test_json_is_written_with_its_folder_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "c.json"
    write_json(path, {"x": [1, "二"]})
    assert read_json(path) == {"x": [1, "二"]}
    assert path.read_text(encoding="utf-8").endswith("}\n")


def test_nothing_is_left_beside_a_written_file(tmp_path: Path) -> None:
    write_json(tmp_path / "c.json", {"x": 1})
    write_json(tmp_path / "c.json", {"x": 2})
    assert [p.name for p in tmp_path.iterdir()] == ["c.json"]
    assert read_json(tmp_path / "c.json") == {"x": 2}


def test_a_place_that_cannot_be_written_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(RecordError, match=r"file/c\.json: cannot be written \(.*\)"):
        write_json(tmp_path / "file" / "c.json", {})


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_bytes(b'{"x": "\xff"}')
    with pytest.raises(RecordError, match=r"c\.json: is not UTF-8 text \(byte 7 is 0xff\)"):
        read_json(tmp_path / "c.json")


def test_an_error_in_the_block_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    write_json(path, {"x": 1})

    def interrupted() -> None:
        with whole_file(path) as stream:
            stream.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [p.name for p in tmp_path.iterdir()] == ["c.json"]
    assert read_json(path) == {"x": 1}


def test_of_files_that_belong_together_none_is_replaced_before_all_are_written(tmp_path: Path) -> None:
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    first.write_text("old")

    def cut_off() -> None:
        with whole_files() as put:
            put(first, [b"new"])
            put(second, [b"new"])
            assert first.read_text() == "old"
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        cut_off()
    assert [p.name for p in tmp_path.iterdir()] == ["first.txt"]
    with whole_files() as put:
        digests = [put(first, [b"a", b"b"]), put(second, [b"c"])]
    assert (first.read_text(), second.read_text()) == ("ab", "c")
    assert digests == [hash_file(first), hash_file(second)]


def test_half_a_character_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    write_json(path, {"x": "半 \ud83d"})
    assert read_json(path) == {"x": "半 \ud83d"}
    write_text(tmp_path / "c.md", "半 \ud83d")
    assert (tmp_path / "c.md").read_text(encoding="utf-8") == "半 ?"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_is_for_its_owner_alone_and_an_old_one_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    before = os.umask(0o002)
    try:
        write_json(path, {"x": 1})
        assert mode(path) == 0o600
        path.chmod(0o640)
        write_json(path, {"x": 2})
        assert mode(path) == 0o640
    finally:
        os.umask(before)


@pytest.mark.parametrize(
    "text", ['{"x": 1, "x": 2}', "[" * 9000, '{"a":' * 900 + "1" + "}" * 900, "9" * 5000, '"\ud800', "﻿﻿1"]
)
def test_json_that_no_program_of_ours_writes_is_named_with_the_remedy(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.json").write_bytes(text.encode(errors="surrogatepass"))
    with pytest.raises(
        RecordError, match=r"c\.json: is (truncated or not JSON|not UTF-8 text) \(.*\); .*put"
    ):
        read_json(tmp_path / "c.json")


def test_a_byte_order_mark_before_json_is_no_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_bytes(b'\xef\xbb\xbf{"x": 1}')
    assert read_json(tmp_path / "c.json") == {"x": 1}


def test_only_a_plain_file_is_replaced(tmp_path: Path) -> None:
    pipe, folder = tmp_path / "pipe", tmp_path / "folder"
    os.mkfifo(pipe)
    folder.mkdir()
    (tmp_path / "to_pipe").symlink_to(pipe)
    for name, kind in (("pipe", "pipe"), ("to_pipe", "pipe"), ("folder", "folder")):
        with pytest.raises(RecordError) as caught:
            write_text(tmp_path / name, "x")
        assert str(caught.value) == f"{tmp_path / name}: is a {kind}, not a plain file; name another"
    assert pipe.is_fifo()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder", "pipe", "to_pipe"]


def test_a_link_is_followed_and_stays(tmp_path: Path) -> None:
    real = tmp_path / "elsewhere" / "real.txt"
    real.parent.mkdir()
    real.write_text("old")
    real.chmod(0o640)
    link, chain, new = tmp_path / "link", tmp_path / "chain", tmp_path / "new"
    link.symlink_to("elsewhere/real.txt")
    chain.symlink_to("link")
    new.symlink_to("elsewhere/made.txt")
    write_text(chain, "one")
    assert real.read_text() == "one"
    write_text(link, "two")
    assert (real.read_text(), stat.S_IMODE(real.stat().st_mode)) == ("two", 0o640)
    write_text(new, "three")
    assert (tmp_path / "elsewhere" / "made.txt").read_text() == "three"
    assert [p.is_symlink() for p in (link, chain, new)] == [True] * 3
    assert sorted(p.name for p in real.parent.iterdir()) == ["made.txt", "real.txt"]


def test_links_in_a_circle_are_named(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(RecordError, match=r"a: is a link that leads in a circle, not a plain file"):
        write_text(tmp_path / "a", "x")
    assert len(list(tmp_path.iterdir())) == 2


def test_what_a_killed_process_left_half_written_is_swept_by_the_next_writer(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = tmp_path / f".agreement.html.{dead.pid}.part"
    # another's, still at work; one that is no number of a process; and what is not ours
    kept = [tmp_path / f".report.html.{os.getpid()}.part", tmp_path / ".a.b.part", tmp_path / "a.1.part"]
    for path in (left, *kept):
        path.write_text("<p>")
    write_text(tmp_path / "agreement.md", "# whole")
    assert sorted(tmp_path.iterdir()) == sorted([*kept, tmp_path / "agreement.md"])
