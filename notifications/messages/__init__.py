"""One function a message: each takes what it must say and returns the draft, never the words."""
