"""Prefect flows, thin: each runs a batch that the stages define, and shows what came of it."""
