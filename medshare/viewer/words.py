"""The words of the pages, one catalogue a language, and which language a request wants."""

import json
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Protocol

from flask import request

COOKIE = "medshare-language"
SCRIPT_PREFIX = "script."


class Language(StrEnum):
    """The languages of the pages (BCP 47)."""

    CHINESE = "zh-CN"
    ENGLISH = "en"

    def choose(self, zh: str, en: str) -> str:
        """Return the one of two texts that is in this language, else the other."""
        first, second = (zh, en) if self is Language.CHINESE else (en, zh)
        return first or second


class Translate(Protocol):
    """Turns a key of the catalogue into words."""

    def __call__(self, key: str, /, **values: object) -> str:
        """Return the words, with values put into their places."""
        ...


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Return every word of a language by its key."""
    text = (files(__package__) / "words" / f"{language}.json").read_text(encoding="utf-8")
    words: dict[str, str] = json.loads(text)
    return words


def translator(language: Language) -> Translate:
    """Return what translates into a language."""
    words = catalogue(language)

    def translate(key: str, /, **values: object) -> str:
        return words[key].format(**values)

    return translate


@cache
def script_words(language: Language) -> Mapping[str, str]:
    """Return the words that scripts say, by their keys without the prefix."""
    return {
        key.removeprefix(SCRIPT_PREFIX): words
        for key, words in catalogue(language).items()
        if key.startswith(SCRIPT_PREFIX)
    }


def wanted_language() -> Language:
    """Return the language chosen on the page before, else the browser's, else Chinese."""
    chosen = request.cookies.get(COOKIE, "")
    if chosen in set(Language):
        return Language(chosen)
    for tag, quality in request.accept_languages:
        main = tag.lower().partition("-")[0]
        if quality > 0 and main in ("zh", "en"):
            return Language.CHINESE if main == "zh" else Language.ENGLISH
    return Language.CHINESE
