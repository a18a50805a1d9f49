import asyncio

from models.words import Stage


def test_everything_is_deployed_with_a_limit_and_stages_with_a_trigger_of_their_own(prefect_server: object) -> None:
    from deployments.catalogue import DAILY, deployments

    found = {deployment.name: deployment for deployment in asyncio.run(deployments())}
    assert {stage.value for stage in Stage} <= set(found)
    assert {"commission", "reminders", "deliver", "import-register", "report", "play", "daily-sweep"} <= set(found)
    for stage in Stage:
        (trigger,) = found[stage.value].triggers
        assert trigger.match.root["lodestar.stage"] == stage.value
    schedule = found["daily-sweep"].schedules[0].schedule
    assert (schedule.cron, schedule.timezone) == (DAILY, "Europe/London")
