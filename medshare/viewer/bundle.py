"""The built scripts and styles: which file stands for which source, and its bytes."""

import gzip
import json
import mimetypes
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from medshare.kernel.errors import NotFoundError, UnavailableError

ADDRESS = "/viewer/static/"
MAIN_STYLE = "src/styles/main.css"
_PACKED_BEST = 9
# mimetypes asks the machine's own registry, which differs from one to the next.
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
}
_PACKABLE = frozenset({".js", ".css", ".svg", ".wasm"})


class BundleMissingError(UnavailableError):
    """The pages' scripts were not built."""

    slug = "viewer-not-built"
    title = "The viewer is not built; run scripts/build-viewer"
    title_zh = "浏览器页面尚未构建，请运行 scripts/build-viewer"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent; ``packed`` is gzip, empty where that would not pay."""

    content_type: str
    data: bytes
    packed: bytes


class Bundle:
    """The directory that ``vite build`` writes; names hold the hash of their content."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.read = cache(self._read)

    def script(self, page: str) -> str:
        """Return the address of a page's script.

        Raises
        ------
        BundleMissingError
            Nothing was built, or not from this source.
        """
        return ADDRESS + str(self._entry(f"src/pages/{page}.ts")["file"])

    def styles(self, page: str) -> list[str]:
        """Return the addresses of a page's style sheets, the common one first."""
        own = self._styles_of(f"src/pages/{page}.ts", set())
        return [ADDRESS + each for each in dict.fromkeys([self._main_style, *own])]

    def _read(self, name: str) -> Asset:
        """Return a file of the bundle.

        Raises
        ------
        NotFoundError
            There is none of this name.
        """
        if name not in self._names:
            raise NotFoundError
        path = self._directory / name
        data = path.read_bytes()
        packed = gzip.compress(data, _PACKED_BEST, mtime=0) if path.suffix in _PACKABLE else b""
        guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return Asset(_TYPES.get(path.suffix, guessed), data, packed)

    @cached_property
    def _manifest(self) -> Mapping[str, Any]:
        try:
            text = (self._directory / "manifest.json").read_text(encoding="utf-8")
        except FileNotFoundError:
            raise BundleMissingError from None
        manifest: Mapping[str, Any] = json.loads(text)
        return manifest

    @cached_property
    def _names(self) -> frozenset[str]:
        files = (each for each in self._directory.glob("assets/**/*") if each.is_file())
        return frozenset(each.relative_to(self._directory).as_posix() for each in files)

    @property
    def _main_style(self) -> str:
        return str(self._entry(MAIN_STYLE)["file"])

    def _entry(self, source: str) -> Mapping[str, Any]:
        if source not in self._manifest:
            raise BundleMissingError
        entry: Mapping[str, Any] = self._manifest[source]
        return entry

    def _styles_of(self, source: str, seen: set[str]) -> Iterator[str]:
        if source in seen:
            return
        seen.add(source)
        entry = self._entry(source)
        for imported in entry.get("imports", ()):
            yield from self._styles_of(imported, seen)
        yield from entry.get("css", ())
