"""A commission's own life: opening with the selection of schools, pausing, resuming, closing; schools that leave or change."""
