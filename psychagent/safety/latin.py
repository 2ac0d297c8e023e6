"""What hides a word that is typed in Latin letters: accents, look-alikes, digits, faces, fillers, pauses."""

from __future__ import annotations

import re
import unicodedata

_ACCENTS = re.compile(r"(?<=[a-z])[\u0300-\u036f]+")
_WORD = re.compile(r"\w+")
_LATIN = re.compile(r"[a-z]")
_LOOKALIKES = str.maketrans("аеіїорсухкмтвнαειοκνυ", "aeiiopcyxkmtbhaeiokvu")
_LETTERS_FOR = str.maketrans("013457@$", "oieastas")
_DIGIT_IN_WORD = re.compile(r"(?<=[a-z])[013457@$](?=[a-z])")
_FACES = r"[\u2639-\u2764\U0001f494-\U0001f49f\U0001f610-\U0001f64f\U0001f90d-\U0001f97a]"
_FACE_BETWEEN = re.compile(rf"(?<=[a-z]) ?{_FACES}+ ?(?=[a-z])")
# "I want to, um, like, kill, uh, myself"
_FILLERS = re.compile(
    r"(?:, (?:u[mh]+|er+m+|hm+|like|you know|i mean|well|idk))+, "
    r"|\b(?:u[mh]+|er+m+)\b(?! ?-?(?:huh|uh))[,.]* (?=\w)"
)
# a pause after a word that cannot end a sentence, or before what was hard to say
_PAUSE = re.compile(r"\b(to|my|the|i|im|and|of|want|wanna|gonna|kill|end)[.…]{2,} ?|[.…]{2,} ?(?=my ?self\b)")


def undisguise(text: str) -> str:
    """Undo what hides a word written in Latin letters from rules, and join words that were parted."""
    bare = _ACCENTS.sub("", unicodedata.normalize("NFD", text)) if not text.isascii() else text
    if not bare.isascii():
        bare = unicodedata.normalize("NFC", bare)
        bare = _FACE_BETWEEN.sub(" ", _WORD.sub(_latin, bare))
    spelled = _DIGIT_IN_WORD.sub(lambda found: found[0].translate(_LETTERS_FOR), bare)
    return _PAUSE.sub(lambda found: f"{found[1] or ''} ", _FILLERS.sub(_parted_by_comma, spelled))


def _latin(word: re.Match[str]) -> str:
    """Write the look-alikes of a word in Latin letters, if it has any of those."""
    return word[0].translate(_LOOKALIKES) if _LATIN.search(word[0]) else word[0]


def _parted_by_comma(filler: re.Match[str]) -> str:
    return " " if filler[0].startswith(",") else ""
