"""Pictures of finished tables: the twin of method/, one module a model; nothing is computed here."""
