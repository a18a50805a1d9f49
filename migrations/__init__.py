"""Alembic's migrations, which own the schema of both databases."""
