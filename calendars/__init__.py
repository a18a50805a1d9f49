"""School days: terms, bank holidays, blackouts, and counting in school days."""
