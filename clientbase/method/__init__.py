"""The method: one module a model, pure functions from tables and numbers to tables."""
