"""Ways for a message to leave, all Apprise plugins with a structured outcome."""
