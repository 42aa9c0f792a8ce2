"""Alembic's entry: runs on the connection that ``medshare.migrations`` opened."""

from alembic import context

from medshare.migrations.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    user_module_prefix="",
)
with context.begin_transaction():
    context.run_migrations()
