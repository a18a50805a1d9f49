"""Running Lodestar: everything on one machine, or Prefect's own work pools and workers where one machine is outgrown."""
