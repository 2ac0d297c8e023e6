"""Hashes are those of any other tool, and data hashes the same in any order of its keys."""

from __future__ import annotations

from pathlib import Path

from psychagent.files.digest import hash_file, hash_files, hash_json, hash_text

OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
"""sha256 of "abc".

Source: FIPS 180-2, appendix B.1."""


def test_texts_and_files_have_the_published_hash(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("abc")
    assert hash_text("abc") == hash_file(tmp_path / "a.yaml") == OF_ABC


def test_data_hashes_by_its_content() -> None:
    assert hash_json({"a": 1, "b": ["二"]}) == hash_json({"b": ["二"], "a": 1})
    assert hash_json({"a": 1}) != hash_json({"a": "1"})


def test_a_folder_is_hashed_file_by_file(tmp_path: Path) -> None:
    folder = tmp_path / "prompts"
    (folder / "en").mkdir(parents=True)
    (folder / "en" / "a.jinja2").write_text("abc")
    (folder / "en" / "notes.txt").write_text("abc")
    assert hash_files(folder) == {"prompts/en/a.jinja2": OF_ABC}


def test_half_a_character_is_hashed_like_what_replaces_it() -> None:
    assert hash_text("hi \ud83d") == hash_text("hi ?")
