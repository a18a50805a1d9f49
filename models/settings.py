"""Settings, read from the environment only; all state lives under one folder."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.errors import BadInput


class Settings(BaseSettings):
    """Everything an installation can set, each as an environment variable LODESTAR_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="LODESTAR_", frozen=True)

    home: Path = Field(default=Path.home() / ".lodestar", description="Folder that holds all state of this installation.")
    database_url: SecretStr | None = Field(default=None, description="SQLAlchemy address of the database; without it SQLite under the home folder.")
    mail: Literal["mailbox", "smtp"] = Field(default="mailbox", description="How messages leave: into a mailbox folder, or to a mail server.")
    smtp_host: str = Field(default="127.0.0.1", description="Mail server.")
    smtp_port: int = Field(default=1025, ge=1, le=65535, description="Port of the mail server.")
    smtp_starttls: bool = Field(default=False, description="Whether to use STARTTLS towards the mail server.")
    smtp_user: str | None = Field(default=None, description="User name at the mail server, if it asks for one.")
    smtp_password: SecretStr | None = Field(default=None, description="Password at the mail server.")
    sender_name: str = Field(default="Lodestar", description="Name that messages come from.")
    sender_address: str = Field(default="lodestar@partnership.example", description="Address that messages come from.")
    alerts_url: SecretStr | None = Field(
        default=None, description="Apprise address for alerts to operations (Teams, Slack, mail...); without it a log line."
    )
    prefect_port: int = Field(default=4200, ge=1, le=65535, description="Port of the Prefect server that `lodestar up` starts.")
    prefect_auth: SecretStr | None = Field(
        default=None, description="user:password for the Prefect server; without it `lodestar up` makes one and keeps it in the home folder."
    )
    mail_catcher_port: int = Field(default=1025, ge=1, le=65535, description="Port of the local mail catcher in development.")

    def __init__(self, **values: Any) -> None:
        """Read the settings; BadInput names the one that cannot be used, without its value, which may be a secret."""
        try:
            super().__init__(**values)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise BadInput(f"LODESTAR_{str(first['loc'][0]).upper()} cannot be used: {first['msg']}.") from error

    @property
    def mailbox(self) -> Path:
        """Return the folder for messages that go into files."""
        return self.home / "mailbox"

    @property
    def sqlite_file(self) -> Path:
        """Return the file of the embedded database."""
        return self.home / "lodestar.db"

    @property
    def prefect_home(self) -> Path:
        """Return the folder for Prefect's own state."""
        return self.home / "prefect"

    @property
    def serving_file(self) -> Path:
        """Return the file that is there once all deployments are registered and served."""
        return self.home / "serving"

    def url(self) -> str:
        """Return the SQLAlchemy address of the database."""
        return self.database_url.get_secret_value() if self.database_url else f"sqlite:///{self.sqlite_file}"
