import asyncio
import inspect
from pathlib import Path

import pytest
from sqlmodel import col, select

from models.database import Database
from models.migrating import upgrade
from models.settings import Settings
from models.supporter import Supporter
from models.words import Role, Stage
from programmes.catalogue import find_programme
from simulation.setting_up import Setting, first_moment, prepare
from simulation.wexcombe import write_register
from stages.broker.declarations import declare
from stages.broker.supporters import NewSupporter, take_on_supporters
from stages.record import Actor

pytestmark = pytest.mark.prefect
AT = first_moment()


@pytest.fixture
def opened(home: Path) -> Setting:
    database = Database(Settings().url())
    upgrade(database)
    return prepare(database, find_programme("most-at-risk"), home, None, None, 1, AT)


def described(key: str) -> str:
    """Return the description of the latest artifact with `key`, as the server's own interface gives it."""
    import os

    import httpx

    user, password = os.environ["PREFECT_API_AUTH_STRING"].split(":", 1)
    reply = httpx.get(f"{os.environ['PREFECT_API_URL']}/artifacts/{key}/latest", auth=(user, password))
    return str(reply.raise_for_status().json()["description"])


def test_a_stage_flow_moves_what_is_ready_leaves_an_artifact_and_does_nothing_the_second_time(opened: Setting) -> None:
    from flows.diagnose import diagnose

    first = asyncio.run(diagnose(opened.opened.reference, AT))
    assert first["moves"] == {"gather": 6, "assess": 6}
    assert asyncio.run(diagnose(opened.opened.reference, AT)) == {"moves": {}, "stayed": {}}
    assert "cases were ready" in described(f"diagnose-{opened.opened.reference}")


def test_the_commission_flow_goes_on_until_everything_waits_for_people(opened: Setting) -> None:
    from flows.commission import commission

    done = asyncio.run(commission(opened.opened.reference, AT))
    assert set(done) == {Stage.DIAGNOSE.value}
    assert asyncio.run(commission(opened.opened.reference, AT)) == {}


def test_the_daily_sweep_reaches_every_running_commission_and_delivers(opened: Setting, home: Path) -> None:
    from flows.sweep import sweep

    assert asyncio.run(sweep(AT)) == [opened.opened.reference]
    assert list((home / "mailbox").glob("*.eml"))


def test_a_flow_that_fails_tells_operations_in_one_sentence(opened: Setting, caplog: pytest.LogCaptureFixture) -> None:
    from flows.diagnose import diagnose
    from models.errors import NotFound

    with pytest.raises(NotFound):
        asyncio.run(diagnose("nosuch", AT))
    assert any("Diagnose need failed" in record.getMessage() for record in caplog.records)


def test_the_import_flow_loads_the_register(home: Path) -> None:
    from flows.register_import import register_import

    upgrade(Database(Settings().url()))
    file = write_register(home / "edubasealldata20260801.csv", 1)
    assert asyncio.run(register_import(str(file), "999", AT))["open_state_funded"] == "100"


def test_the_report_flow_writes_a_page_and_keeps_the_kpis(opened: Setting) -> None:
    from flows.report import report

    path = Path(asyncio.run(report(opened.opened.reference, AT)))
    assert "Good or better at the next inspection" in path.read_text(encoding="utf-8")


def test_the_relay_tells_what_is_new_once_and_names_the_stages_that_have_work(opened: Setting) -> None:
    from flows.relay import ask_for_run, relay_once

    database = Database(Settings().url())
    wanted = relay_once(database, AT)
    assert wanted == [(opened.opened.commission_id, opened.opened.reference, Stage.DIAGNOSE)]
    ask_for_run(wanted[0])
    assert relay_once(database, AT) == []


def test_what_a_supporter_declares_wakes_every_commission_that_has_work(opened: Setting) -> None:
    from flows.relay import relay_once

    database = Database(Settings().url())
    wanted = relay_once(database, AT)
    with database.writing() as session:
        supporter = session.exec(select(Supporter).order_by(col(Supporter.id))).first()
        assert supporter is not None
        declare(session, supporter, [], Actor(Role.SUPPORTER, "supporter"), AT)
    assert relay_once(database, AT) == wanted != []
    assert relay_once(database, AT) == []
    database.close()


def test_supporters_who_are_new_wake_every_commission_that_has_work(opened: Setting) -> None:
    from flows.relay import relay_once

    database = Database(Settings().url())
    wanted = relay_once(database, AT)
    new = NewSupporter.model_validate(
        {"name": "New here", "email": "n@x.example", "kind": "adviser", "skills": "reading:1:primary", "days_a_year": 9, "pounds_a_day": 500}
    )
    with database.writing() as session:
        take_on_supporters(session, [new], Actor(Role.LEAD, "partnership lead"), AT)
    assert relay_once(database, AT) == wanted != []
    database.close()


def test_work_that_was_left_while_nothing_ran_is_found_without_any_news(opened: Setting) -> None:
    from flows.relay import left_over, relay_once

    database = Database(Settings().url())
    expected = relay_once(database, AT)
    assert relay_once(database, AT) == []
    assert expected and left_over(database, AT) == set(expected)
    database.close()


def test_every_flow_has_a_name_a_sentence_and_described_parameters(home: Path) -> None:
    from deployments.catalogue import OTHERS, STAGES
    from flows.sweep import sweep

    for flow in (*STAGES.values(), *OTHERS.values(), sweep):
        assert flow.description, flow.name
        assert flow.on_failure_hooks, flow.name
        assert inspect.iscoroutinefunction(flow.fn)
        for name, shown in flow.parameters.properties.items():
            assert shown.get("description") or shown.get("anyOf"), (flow.name, name)
            assert shown["title"] != name, (flow.name, name)
