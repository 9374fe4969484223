import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

CHECKOUT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((CHECKOUT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
INSTRUCTIONS = [shlex.split(line) for line in (CHECKOUT / "Dockerfile").read_text().replace("\\\n", " ").splitlines() if line and not line.startswith("#")]


def copied() -> list[str]:
    return [name for word, *names in INSTRUCTIONS if word == "COPY" and not names[0].startswith("--from") for name in names[:-1]]


def test_every_file_that_the_image_copies_is_there_and_sent_to_the_builder() -> None:
    let_through = {line.removeprefix("!") for line in (CHECKOUT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied()
    for name in copied():
        assert (CHECKOUT / name).exists(), name
    assert let_through == set(copied())


def test_the_image_does_not_run_as_root() -> None:
    last_stage = INSTRUCTIONS[max(number for number, (word, *_) in enumerate(INSTRUCTIONS) if word == "FROM") :]
    users = [names[0] for word, *names in last_stage if word == "USER"]
    assert users
    assert "root" not in users


@pytest.mark.parametrize(("service", "variable"), [("db", "POSTGRES_PASSWORD"), ("app", "PGPASSWORD"), ("migrate", "PGPASSWORD")])
def test_without_a_password_compose_stops(service: str, variable: str) -> None:
    assert re.fullmatch(r"\$\{POSTGRES_PASSWORD:\?[^}]+\}", SERVICES[service]["environment"][variable])


def test_the_app_waits_for_a_migrated_healthy_database() -> None:
    assert SERVICES["app"]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert SERVICES["migrate"]["depends_on"] == {"db": {"condition": "service_healthy"}}
    assert "pg_isready" in SERVICES["db"]["healthcheck"]["test"]


def test_the_data_outlives_the_containers() -> None:
    mounted = {volume.split(":")[0] for service in SERVICES.values() for volume in service["volumes"]}
    assert mounted == set(COMPOSE["volumes"])


def test_nothing_is_reachable_from_other_machines() -> None:
    assert all(port.startswith("127.0.0.1:") for service in SERVICES.values() for port in service.get("ports", []))


def test_the_app_is_told_of_the_database_service() -> None:
    assert "@db:5432/" in SERVICES["app"]["environment"]["GCRM_DATABASE_URL"]
