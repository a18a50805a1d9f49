from models.database import Database
from models.migrating import check_current, differences


def test_a_migrated_database_is_current_and_agrees_with_the_models(database: Database) -> None:
    check_current(database)
    assert differences(database) == []
