"""The data card: what an export holds, what it was made from, and what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from psychagent.domain.text.tokens import estimate_tokens
from psychagent.domain.words.value import as_text
from psychagent.export.sample import Sample
from psychagent.export.source import RunSource
from psychagent.files.digest import hash_file
from psychagent.files.markdown import markdown_table
from psychagent.llm.prompt import Message

_OWN = "MIT, this project's own"


def count_split(samples: Sequence[Sample]) -> dict[str, Any]:
    """Count what one split holds."""
    prompts = [_tokens(s.prompt) for s in samples]
    answers = [_tokens(s.chosen) for s in samples]
    origins = [s.origin for s in samples]
    return {
        "samples": len(samples),
        "cases": len({(o.modality, o.case_id) for o in origins}),
        "clients": sorted({o.case_id for o in origins}),
        "sessions": len({(o.modality, o.case_id, o.session_index) for o in origins}),
        "by_task": dict(Counter(str(o.task) for o in origins)),
        "by_modality": dict(Counter(o.modality.value for o in origins)),
        "tokens": {
            "prompt": sum(prompts),
            "with_loss": sum(answers),
            "rejected": sum(_tokens(s.rejected) for s in samples),
            "longest": max((p + a for p, a in zip(prompts, answers, strict=True)), default=0),
        },
    }


def _tokens(messages: Sequence[Message]) -> int:
    return sum(estimate_tokens(message["content"]) for message in messages)


def run_facts(source: RunSource) -> dict[str, Any]:
    """Describe the run that the data comes from: models, versions, hashes, and who wrote the words."""
    manifest = source.manifest
    return {
        "run": source.folder.name,
        "manifest_sha256": hash_file(source.folder.manifest_path),
        "language": source.language.value,
        "models": manifest.models,
        "is_script": manifest.is_script,
        "scripted_roles": list(manifest.scripted_roles),
        "note": manifest.note,
        "versions": manifest.versions,
        "prompts": manifest.hashes.prompts,
        "skills": manifest.hashes.skills,
        "changed_since": list(source.changed),
        "licences": _licences(source),
    }


def _licences(source: RunSource) -> dict[str, str]:
    """Name the licence of everything in the data."""
    manifest, settings = source.manifest, source.manifest.settings
    other = "not this project's: {name!r} was named in the settings; see its owner"
    roots = {
        "prompts": settings.baseline.prompts_root,
        "skills": settings.baseline.skills_root,
        "profiles": settings.dataset.root,
    }
    licences = {part: other.format(name=root.name) if root else _OWN for part, root in roots.items()}
    for role in ("counselor", "client", "reflector"):
        words = f"made by {manifest.models.get(role, 'a model')!r}; the terms of its provider hold"
        licences[f"words of the {role}"] = (
            f"{_OWN} (a script, no language model)" if role in manifest.scripted_roles else words
        )
    return licences


def to_markdown(card: Mapping[str, Any]) -> str:
    """Write a card as Markdown, for people."""
    run = card["source"]
    parts = [
        f"# Training data from the run `{run['run']}`",
        f"Format: {card['format']}. {card['history_masking']}",
    ]
    if run["is_script"]:
        parts.append(f"**{run['note']}** Roles played by the script: {', '.join(run['scripted_roles'])}.")
    if run["changed_since"]:
        parts.append(
            "**Rebuilt with other prompts or skills than the run was made with:** "
            + ", ".join(run["changed_since"])
        )
    parts.append("## What it holds\n\n" + _split_table(card["splits"]))
    parts.append("Tokens are estimates: one per CJK character, one per four other characters.")
    parts.append("## What was asked for\n\n" + _list(card["options"]))
    omissions = {"duplicates": card["duplicates"], **card["dropped_sessions"], **card["skipped"]}
    if card["kept_without_thoughts"]:
        parts.append(f"{card['kept_without_thoughts']} replies had no thoughts and stand without.")
    parts.append("## What was left out\n\n" + _list(omissions))
    parts.append("## Models\n\n" + _list(run["models"]))
    parts.append("## Licences\n\n" + _list(run["licences"]))
    parts.append("## Files\n\n" + _list({name: f"sha256 {digest}" for name, digest in card["files"].items()}))
    parts.append(
        f"Manifest of the run: sha256 {run['manifest_sha256']}. Hashes of its prompts and skills are in the "
        "JSON card."
    )
    return "\n\n".join(parts) + "\n"


def _list(values: Mapping[str, Any]) -> str:
    return "\n".join(f"- {name}: {_words(value)}" for name, value in values.items()) or "- nothing"


def _words(value: Any) -> str:
    return ", ".join(map(as_text, value)) if isinstance(value, list | tuple) else as_text(value)


def _split_table(splits: Mapping[str, Any]) -> str:
    header = (
        "split",
        "samples",
        "cases",
        "sessions",
        "tasks",
        "prompt tokens",
        "tokens with loss",
        "longest",
    )
    rows = []
    for name, counts in splits.items():
        tasks = ", ".join(f"{task} {number}" for task, number in counts["by_task"].items())
        sizes = [str(counts[key]) for key in ("samples", "cases", "sessions")]
        tokens = [str(counts["tokens"][key]) for key in ("prompt", "with_loss", "longest")]
        rows.append([name, *sizes, tasks, *tokens])
    return markdown_table(header, rows)
