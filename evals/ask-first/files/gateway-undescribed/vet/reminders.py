"""Which vaccinations are due within a week, and what the owners are told."""

import json
from datetime import date, timedelta
from pathlib import Path

from vet.deliver import deliver

PATIENTS = Path(__file__).parents[1] / "data" / "patients.json"


def due(patients: list[dict], today: date) -> list[dict]:
    """List the patients whose vaccination is due within a week."""
    last = today + timedelta(days=7)
    return [each for each in patients if today <= date.fromisoformat(each["due"]) <= last]


def text(patient: dict) -> str:
    """Write the message to an owner."""
    return f"{patient['name']} is due for a vaccination on {patient['due']}. Your vet, Dr. Okafor"


def main() -> None:
    """Remind every owner whose animal is due."""
    for patient in due(json.loads(PATIENTS.read_text(encoding="utf-8")), date.today()):
        deliver(patient["phone"], text(patient))


if __name__ == "__main__":
    main()
