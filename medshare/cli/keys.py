"""``keys``: the server's own keys."""

from pathlib import Path

import click

from medshare.access import accounts
from medshare.access.keys import (
    FORMER_HASHING,
    retire_hashing_key,
    rotate_hashing_key,
    rotate_signing_key,
)
from medshare.app import Application, encryption_key_file
from medshare.audit.keys import FORMER_SIGNING, new_log_key, retire_log_key, rotate_log_key
from medshare.audit.tree.notes import signature_by
from medshare.audit.vault.service import former_of
from medshare.cli.running import operation, run, with_application
from medshare.infra.key_files import FormerKeyStandsError
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject
from medshare.settings import load_settings


def _require_retired(former: Path) -> None:
    """Refuse an exchange before it stands in the trail."""
    if former.exists():
        raise FormerKeyStandsError


@click.group()
def keys() -> None:
    """Look after the server's own keys."""


@keys.command("rotate-encryption")
@click.option("--retire", is_flag=True, help="Destroy the former key, a while after a rotation.")
def rotate_encryption(*, retire: bool) -> None:
    """Wrap the keys of the trail's words by a new key; servers pick it up by themselves.

    The former key stays beside it, for what a server wrapped with it meanwhile, until ``--retire``:
    from then on backups from before the rotation open nothing of these words.
    """
    if not retire:
        _require_retired(former_of(encryption_key_file(load_settings())))

    def record(application: Application, context: Context) -> None:
        del application
        context.touched(AuditObject("key", "audit-encryption"))
        context.reason = "former key destroyed" if retire else "new key"

    run(operation("cli.rotate-encryption-key", AuditAction.UPDATE), record)

    def work(application: Application) -> int:
        vault, ledgers = application.trail.vault, application.databases
        return vault.retire(ledgers) if retire else vault.rotate(ledgers)

    click.echo(f"{with_application(work)} keys wrapped anew")


@keys.command("rotate-hashing")
@click.option("--retire", is_flag=True, help="End what the former key hashed, a while later.")
def rotate_hashing(*, retire: bool) -> None:
    """Hash secrets by a new key; restart the servers afterwards.

    Until ``--retire`` secrets that the former key hashed count: a client's goes over to the new key
    when the client next asks for a token. Second factors go over with ``--retire``.
    """
    directory = load_settings().data_dir / "secrets"
    if not retire:
        _require_retired(directory / FORMER_HASHING)

    def record(application: Application, context: Context) -> None:
        context.touched(AuditObject("key", "secret-hashing"))
        context.reason = "former key retired" if retire else "new key"
        if retire:
            with context.write() as uow:
                accounts.reseal_second_factors(uow, application.keys)

    run(operation("cli.rotate-hashing-key", AuditAction.UPDATE), record)
    (retire_hashing_key if retire else rotate_hashing_key)(directory)
    click.echo(f"{'retired' if retire else 'rotated'}; restart the servers")


@keys.command("rotate-audit-signing")
@click.option("--retire", is_flag=True, help="Sign by the new key alone, a while later.")
def rotate_audit_signing(*, retire: bool) -> None:
    """Sign the trail's checkpoints by a new key; restart the servers afterwards.

    Until ``--retire`` the former key signs beside it, so that who knows either can verify. The new
    key stands in an entry of the trail, under checkpoints that the former has signed.
    """
    (_retire_log_key if retire else _rotate_log_key)(load_settings().data_dir / "secrets")


def _rotate_log_key(directory: Path) -> None:
    _require_retired(directory / FORMER_SIGNING)

    def record(application: Application, context: Context) -> bytes:
        key, verifier = new_log_key(application.sealed_log.key.name)
        context.touched(AuditObject("audit-key", str(verifier)))
        return key

    declared = operation("cli.rotate-audit-signing-key", AuditAction.UPDATE)
    rotate_log_key(directory, run(declared, record))
    click.echo("rotated; restart the servers, and give auditors what `audit key` prints")


def _retire_log_key(directory: Path) -> None:
    def record(application: Application, context: Context) -> None:
        newest = application.sealed_log.checkpoint()
        if newest is None or signature_by(application.sealed_log.key, newest[1]) is None:
            raise click.ClickException("the new key has signed nothing yet: restart the servers")
        context.touched(AuditObject("key", "former audit-signing"))

    run(operation("cli.rotate-audit-signing-key", AuditAction.UPDATE), record)
    retire_log_key(directory)
    click.echo("retired; restart the servers")


@keys.command("rotate-signing")
@click.option("--at-once", is_flag=True, help="Tokens of the former key end with the restart.")
def rotate_signing(*, at_once: bool) -> None:
    """Sign access tokens by a new key; restart the servers afterwards."""

    def work(application: Application, context: Context) -> None:
        del application
        context.touched(AuditObject("key", "token-signing"))

    # On record first: files know no transactions, and an unrecorded change must not be.
    run(operation("cli.rotate-signing-key", AuditAction.UPDATE), work)
    rotate_signing_key(load_settings().data_dir / "secrets", at_once=at_once)
    click.echo("rotated; restart the servers")
