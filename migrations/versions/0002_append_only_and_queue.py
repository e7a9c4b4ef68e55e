"""Append-only triggers and the job queue's own objects."""

from alembic import op

from core.schema import APPEND_ONLY_FUNCTION, append_only_trigger, queue_schema

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "audit_event",
    "score_record",
    "ledger_entry",
    "consent",
    "decision",
)


def upgrade() -> None:
    op.execute(APPEND_ONLY_FUNCTION)
    for table in APPEND_ONLY:
        op.execute(append_only_trigger(table))
    op.get_bind().exec_driver_sql(queue_schema().replace("%", "%%"))


def downgrade() -> None:
    for table in APPEND_ONLY:
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
    op.execute("DROP FUNCTION refuse_change()")
    # The queue's objects carry its prefix: tables take their triggers along, then types and functions go.
    op.execute(
        """
        DO $$
        DECLARE found record;
        BEGIN
            FOR found IN SELECT tablename FROM pg_tables
                WHERE schemaname = current_schema() AND starts_with(tablename, 'procrastinate_')
            LOOP EXECUTE format('DROP TABLE IF EXISTS %I CASCADE', found.tablename); END LOOP;
            FOR found IN SELECT p.oid::regprocedure AS signature FROM pg_proc p
                WHERE p.pronamespace = current_schema()::regnamespace AND starts_with(p.proname, 'procrastinate_')
            LOOP EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', found.signature); END LOOP;
            FOR found IN SELECT t.typname FROM pg_type t
                WHERE t.typnamespace = current_schema()::regnamespace AND starts_with(t.typname, 'procrastinate_')
                AND (t.typtype = 'e' OR EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c'))
            LOOP EXECUTE format('DROP TYPE IF EXISTS %I CASCADE', found.typname); END LOOP;
        END $$
        """
    )
