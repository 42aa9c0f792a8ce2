"""A document's content as HTML and as plain text; every word of it is escaped.

The page brings its own style, named by its hash in the policy under which it leaves: nothing else
in it may do anything.
"""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape

from medshare.imaging.rendering.content_tree import Content, Line
from medshare.imaging.rendering.labels import Labels

STYLE = """
body { margin: 1.5rem auto; max-width: 46rem; padding: 0 1rem; font: 1rem/1.6 system-ui, sans-serif; color: #1c2430; background: #fff; }
h1 { font-size: 1.35rem; } h2 { font-size: 1.15rem; } h3, h4, h5, h6 { font-size: 1rem; }
h1, h2, h3, h4, h5, h6 { margin: 1rem 0 0.25rem; }
.doc-about { margin: 0; color: #4a5568; }
.doc-name { color: #4a5568; }
.doc-value { white-space: pre-line; overflow-wrap: anywhere; }
.doc-under { margin-left: 1.25rem; }
.doc-aside { color: #4a5568; }
.doc-cut { font-weight: 600; }
"""  # noqa: E501  # a rule a line
STYLE_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
_HEADING_LAST = 6
_INDENT = "  "


@dataclass(frozen=True, slots=True)
class Document:
    """A document to be written.

    Parameters
    ----------
    about
        Lines that say whose it is and how it stands.
    content
        Its first line is the root, whose name is the title.
    """

    title: str
    about: Sequence[str]
    content: Content
    language: str


def as_html(document: Document, say: Labels) -> str:
    """Write a page: containers as headings, what stands below a value further in."""
    body = [f"<h1>{escape(document.title)}</h1>"]
    body += [f'<p class="doc-about">{escape(each)}</p>' for each in document.about]
    body += _nested(document.content.lines[1:])
    if not document.content.is_whole:
        body.append(f'<p class="doc-cut">{escape(say("cut"))}</p>')
    declared = f' lang="{escape(document.language)}"' if document.language else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{say.language}">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(document.title)}</title>\n<style>{STYLE}</style></head>\n"
        f'<body>\n<article class="doc"{declared}>\n' + "\n".join(body) + "\n</article>\n</body>\n"
        "</html>\n"
    )


def _nested(lines: Sequence[Line]) -> Iterator[str]:
    """Open an element for each line, and close it behind the last line below it."""
    open_ends: list[tuple[int, str]] = []
    for line in lines:
        while open_ends and open_ends[-1][0] >= line.depth:
            yield open_ends.pop()[1]
        opening, ending = _container(line) if line.is_container else _item(line)
        yield opening
        open_ends.append((line.depth, ending))
    for _, ending in reversed(open_ends):
        yield ending


def _container(line: Line) -> tuple[str, str]:
    level = min(line.depth + 1, _HEADING_LAST)
    heading = f"<h{level}>{escape(line.name)}</h{level}>" if line.name else ""
    return f"<section>{heading}", "</section>"


def _item(line: Line) -> tuple[str, str]:
    value = f'<span class="doc-value">{escape(line.value)}</span>'
    if line.is_flowing and not line.is_aside:
        return f'<span class="doc-flow">{value} ', "</span>"
    name = f'<span class="doc-name">{escape(line.name)}:</span> ' if line.name else ""
    if line.is_aside:
        return f'<span class="doc-aside">[{name}{value}', "]</span>"
    kind = "doc-item" if line.depth <= 1 else "doc-item doc-under"
    return f'<div class="{kind}">{name}{value}', "</div>"


def as_plain(document: Document, say: Labels) -> str:
    """Write plain text: a line a content item, indented by how deep it stands."""
    parts = [document.title, *document.about, ""]
    was_flowing = False
    for line in document.content.lines[1:]:
        margin = _INDENT * (line.depth - 1)
        if line.is_container:
            parts += ["", margin + line.name] if line.name else [""]
        elif line.is_flowing and was_flowing:
            parts[-1] += f" [{_named(line)}]" if line.is_aside else f" {line.value}"
        else:
            written = line.value if line.is_flowing else _named(line)
            parts.append(margin + written.replace("\n", f"\n{margin}"))
        was_flowing = line.is_flowing and not line.is_container
    if not document.content.is_whole:
        parts += ["", say("cut")]
    return "\n".join(parts).strip() + "\n"


def _named(line: Line) -> str:
    return f"{line.name}: {line.value}" if line.name else line.value
