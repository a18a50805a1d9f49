"""The offers as data: one YAML file a programme, read and checked here."""
