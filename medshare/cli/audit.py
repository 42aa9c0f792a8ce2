"""``audit``: verify an export, witness the log; both need the log's key and no server's files."""

import base64
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TextIO, cast
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import click

from medshare.audit.keys import load_log_signer, load_signer
from medshare.audit.tree.merkle import extends
from medshare.audit.tree.notes import (
    BadNoteError,
    Checkpoint,
    Signer,
    VerifierKey,
    open_checkpoint,
    read_key,
)
from medshare.audit.verify import Verification
from medshare.settings import load_settings

TIMEOUT_S = 30


class Key(click.ParamType[VerifierKey]):
    """A verifier key in C2SP's form, or the name of a file that holds it."""

    name = "key"

    def convert(
        self, value: str | VerifierKey, param: click.Parameter | None, ctx: click.Context | None
    ) -> VerifierKey:
        """Read the key."""
        if isinstance(value, VerifierKey):
            return value
        try:
            text = Path(value).read_text(encoding="utf-8") if Path(value).is_file() else value
            return read_key(text)
        except (OSError, ValueError):
            self.fail("not a verifier key (name+id+key), nor a file that holds one", param, ctx)


@click.group()
def audit() -> None:
    """Check the sealed trail from outside."""


@audit.command("key")
def audit_key() -> None:
    """Print the key that others verify this server's checkpoints by."""
    settings = load_settings()
    signer = load_log_signer(settings.data_dir / "secrets", settings.effective_base_url)
    click.echo(str(signer.verifier))


@audit.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", type=Key(), required=True, help="The log's key, as `audit key` prints it.")
@click.option("--checkpoint", type=click.File("r"), help="A checkpoint kept from before.")
@click.option("--witness", "witnesses", type=Key(), multiple=True, help="A known witness's key.")
@click.option("--quorum", type=click.IntRange(0), help="How many must vouch; else all of them.")
def audit_verify(
    file: Path,
    key: VerifierKey,
    checkpoint: TextIO | None,
    witnesses: tuple[VerifierKey, ...],
    quorum: int | None,
) -> None:
    """Verify the sealed export FILE; exit code 1 where anything is wrong with it."""
    kept = _checkpoint(checkpoint.read(), key) if checkpoint else None
    wanted = len(witnesses) if quorum is None else quorum
    verification = Verification(key, kept, witnesses, wanted)
    with file.open("rb") as lines:
        verification.read(lines)
    for each in verification.findings:
        where = "" if each.index is None else f", index {each.index}"
        click.echo(f"{each.fault}: line {each.line}{where}: {each.detail}")
    click.echo(
        f"{verification.entries} entries read ({verification.forgotten} with forgotten parts), "
        f"{verification.left_out} left out by hash"
    )
    for name, size in sorted(verification.vouched.items()):
        click.echo(f"{name} vouches for the first {size} entries")
    for gone in verification.dropped:
        click.echo(f"entries {gone.start} to {gone.stop - 1} were dropped by retention")
    if verification.findings:
        raise SystemExit(1)
    click.echo("sound")


@audit.command("witness")
@click.argument("address")
@click.option("--key", type=Key(), required=True, help="The log's key, got from elsewhere.")
@click.option(
    "--keep",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Where the newest cosigned checkpoint is kept; the witness's key stands beside it.",
)
@click.option("--name", default="witness", help="The name that the witness signs under.")
@click.option("--send", is_flag=True, help="Hand the cosignature to the log, which shows it.")
def audit_witness(address: str, key: VerifierKey, keep: Path, name: str, *, send: bool) -> None:
    """Check that the log at ADDRESS continues the one seen last; cosign and keep its checkpoint."""
    note = _get(f"{address}/api/v1/audit/checkpoint").decode()
    newest = _checkpoint(note, key)
    signer = load_signer(keep.with_name(f"{keep.name}.pem"), name)
    if keep.exists():
        _require_continued(address, _kept(keep.read_text(encoding="utf-8"), key, signer), newest)
    cosignature = signer.cosign(newest, int(time.time()))
    keep.write_text(note + cosignature, encoding="utf-8")
    if send:
        _send(f"{address}/api/v1/audit/cosignatures", note + cosignature)
    click.echo(note + cosignature, nl=False)


@audit.command("witness-key")
@click.option(
    "--keep",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Where the newest cosigned checkpoint is kept; the witness's key stands beside it.",
)
@click.option("--name", default="witness", help="The name that the witness signs under.")
def audit_witness_key(keep: Path, name: str) -> None:
    """Print the key that others verify this witness's cosignatures by."""
    click.echo(str(load_signer(keep.with_name(f"{keep.name}.pem"), name).witness))


def _kept(note: str, key: VerifierKey, signer: Signer) -> Checkpoint:
    """Return what was kept: the log may have signed it by a former key, the witness by its own."""
    with suppress(BadNoteError):
        return open_checkpoint(note, signer.witness)
    return _checkpoint(note, key)


def _require_continued(address: str, kept: Checkpoint, newest: Checkpoint) -> None:
    if newest.size < kept.size:
        raise click.ClickException(
            f"rollback: the log has {newest.size} entries, and had {kept.size} already"
        )
    sizes = urlencode({"old": kept.size, "new": newest.size})
    answer = cast(
        "Mapping[str, list[str]]", json.loads(_get(f"{address}/api/v1/audit/consistency?{sizes}"))
    )
    proof = [base64.b64decode(each) for each in answer["hashes"]]
    if not extends(kept.size, kept.root, newest.size, newest.root, proof):
        raise click.ClickException(
            f"rewritten: the log of {newest.size} entries does not continue that of {kept.size}"
        )


def _checkpoint(note: str, key: VerifierKey) -> Checkpoint:
    try:
        return open_checkpoint(note, key)
    except BadNoteError:
        raise click.ClickException(f"wrong-key: a checkpoint is not signed by {key}") from None


def _get(url: str) -> bytes:
    if not url.startswith(("http://", "https://")):
        raise click.ClickException("ADDRESS begins with http:// or https://")
    try:
        with urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310  # held to HTTP above
            return cast("bytes", answer.read())
    except (URLError, OSError) as error:
        raise click.ClickException(f"the log cannot be read: {error}") from None


def _send(url: str, note: str) -> None:
    """Hand a cosigned note to the log."""
    sent = Request(url, note.encode(), {"Content-Type": "text/plain"})  # noqa: S310  # held to HTTP
    try:
        with urlopen(sent, timeout=TIMEOUT_S):  # noqa: S310  # as above
            pass
    except (URLError, OSError) as error:
        raise click.ClickException(f"the log does not take the cosignature: {error}") from None
