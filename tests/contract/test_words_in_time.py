"""No view says what it touched after its change is committed: the entry stands by then.

``Context`` raises ``LateWordError`` there, and the caller is told of a failure although the change
stands. So the order is held here, in every function: words first, or inside ``context.write()``.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2] / "medshare"
WORDS = {"touched", "concerns", "concerns_nobody", "counted", "exports"}


def within(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and what runs with it: not the bodies of functions defined in it."""
    yield node
    for each in ast.iter_child_nodes(node):
        if not isinstance(each, ast.FunctionDef | ast.ClassDef | ast.Lambda):
            yield from within(each)


def is_context(node: ast.AST) -> bool:
    return "context" in (getattr(node, "id", ""), getattr(node, "attr", "").lstrip("_"))


def called_on_context(node: ast.AST) -> str:
    """Return the name of the method of a context that is called, empty where none is."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr if is_context(node.func.value) else ""
    return ""


def is_change(node: ast.AST) -> bool:
    return isinstance(node, ast.With) and any(
        called_on_context(each.context_expr) == "write" for each in node.items
    )


def handed_to(node: ast.AST) -> str:
    """Return the name of the function that a call hands its context to, empty where none."""
    if isinstance(node, ast.Call):
        given = [*node.args, *(each.value for each in node.keywords)]
        if any(map(is_context, given)):
            return getattr(node.func, "id", getattr(node.func, "attr", ""))
    return ""


@dataclass
class Function:
    """A function: whether it speaks or changes, itself or by those whom it hands its context to."""

    body: Sequence[ast.stmt]
    name: str
    speaks: bool
    changes: bool
    hands_to: set[str]
    peers: dict[str, "Function"] = field(default_factory=dict)


def read(module: ast.Module) -> Iterator[Function]:
    for function in ast.walk(module):
        if isinstance(function, ast.FunctionDef):
            nodes = [node for each in function.body for node in within(each)]
            yield Function(
                function.body,
                function.name,
                any(called_on_context(each) in WORDS for each in nodes),
                any(map(is_change, nodes)),
                {name for each in nodes if (name := handed_to(each))},
            )


def late_in(*sources: str) -> list[str]:
    """Return the names of functions that speak after their change."""
    modules = [list(read(ast.parse(each))) for each in sources]
    everywhere = {each.name: each for some in modules for each in some}
    functions = [each for some in modules for each in some]
    for some in modules:
        own = {each.name: each for each in some}
        for each in some:
            each.peers = {n: found for n in each.hands_to if (found := (everywhere | own).get(n))}
    growing = True
    while growing:
        growing = False
        for each in functions:
            reached = [*each.peers.values()]
            now = (
                each.speaks or any(peer.speaks for peer in reached),
                each.changes or any(peer.changes for peer in reached),
            )
            growing |= now != (each.speaks, each.changes)
            each.speaks, each.changes = now
    return sorted(each.name for each in functions if each.changes and Order(each).late(each.body))


@dataclass
class Order:
    """Goes through statements as they run, and remembers whether the change is over."""

    function: Function
    changed: bool = False

    def late(self, body: Sequence[ast.stmt]) -> bool:
        found = [self._late(each) for each in body]  # all of them: each may change
        return any(found)

    def _late(self, node: ast.stmt) -> bool:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            return False
        if is_change(node):
            self.changed = True
            return False
        if isinstance(node, ast.If):
            return self._speaks(node.test) or self._branches([node.body, node.orelse])
        if isinstance(node, ast.Try):
            paths = [[*node.body, *node.orelse], *(each.body for each in node.handlers)]
            return self._branches(paths) or self.late(node.finalbody)
        if isinstance(node, ast.With | ast.For | ast.While):
            return self.late(node.body)
        late = self._speaks(node)
        self.changed |= any(
            peer.changes for each in within(node) if (peer := self._peer(each)) is not None
        )
        return late

    def _branches(self, paths: Sequence[Sequence[ast.stmt]]) -> bool:
        before, late, after = self.changed, False, []
        for each in paths:
            self.changed = before
            late |= self.late(each)
            if not each or not isinstance(each[-1], ast.Return | ast.Raise | ast.Continue):
                after.append(self.changed)
        self.changed = any(after)
        return late

    def _speaks(self, node: ast.AST) -> bool:
        return self.changed and any(
            called_on_context(each) in WORDS or ((peer := self._peer(each)) and peer.speaks)
            for each in within(node)
        )

    def _peer(self, node: ast.AST) -> Function | None:
        return self.function.peers.get(handed_to(node))


CHANGE = "    with context.write() as uow:\n        add(uow)\n"
SAY = "    context.touched(thing)\n"


def test_a_late_word_is_seen_also_through_others() -> None:
    early = f"def early(context):\n{SAY}{CHANGE}"
    inside = f"def inside(context):\n{CHANGE}        context.touched(thing)\n"
    apart = f"def apart(context):\n    if new:\n        return change(context)\n{SAY}"
    say, change = f"def say(context):\n{SAY}", f"def change(context):\n{CHANGE}"
    assert late_in(early, inside, apart, say, change) == []
    late = f"def late(context):\n{CHANGE}{SAY}"
    both = "def both(context):\n    change(context)\n    if x:\n        return say(context)\n"
    assert late_in(early, late, say, change, both) == ["both", "late"]


def test_nobody_speaks_after_the_change() -> None:
    assert late_in(*(each.read_text(encoding="utf-8") for each in ROOT.rglob("*.py"))) == []
