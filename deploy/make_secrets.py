"""Writes the secrets of compose.yaml into FOLDER: made once, kept ever after. Usage: make_secrets.py FOLDER.

Every `docker compose up` runs it before the servers start. POSTGRES_PASSWORD, if it is set, wins over the one kept.
"""

import json
import os
import secrets
import sys
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

USER = "hourmill"  # of RabbitMQ
QUEUES = r"^hourmill\."  # what HOURMILL_QUEUE_PREFIX makes the names begin with
PASSWORD_BYTES = 24  # random; 192 bits


def make(folder: Path, postgres_password: str) -> None:
    """Make what is missing.

    postgres_password  "" for one that is made here
    """
    password_of(folder / "postgres_password", postgres_password)
    password = password_of(folder / "rabbitmq_password", "")
    write(folder / "rabbitmq_url", f"amqp://{USER}:{password}@rabbitmq:5672/")
    write(folder / "rabbitmq_definitions.json", json.dumps(definitions(password), indent=2))


def password_of(path: Path, given: str) -> str:
    """The password of a file: the given one, else that which is there, else a new one."""
    kept = path.read_text() if path.exists() else ""
    password = given or kept or secrets.token_urlsafe(PASSWORD_BYTES)
    if password != kept:
        write(path, password)
    return password


def definitions(password: str) -> dict[str, object]:
    """What RabbitMQ loads whenever it starts. As it loads something, it does not make its user guest.

    source  https://www.rabbitmq.com/docs/passwords, "Computing a Password Hash"
    """
    salt = secrets.token_bytes(4)
    password_hash = b64encode(salt + sha256(salt + password.encode()).digest()).decode()
    return {
        "vhosts": [{"name": "/"}],
        "users": [
            {
                "name": USER,
                "password_hash": password_hash,
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": ["monitoring"],  # may look at everything in the management pages, and change our queues only
            }
        ],
        "permissions": [{"user": USER, "vhost": "/", "configure": QUEUES, "write": WRITABLE, "read": QUEUES}],
        "policies": [
            {
                # RabbitMQ 4 takes a message away after 20 deliveries. Ours is delivered again whenever a worker dies or
                # loses its connection, and is no worse for it: after 20 bad nights its views would be dead letters.
                # What cannot be decoded is rejected at its first delivery, and needs no limit.
                "name": "hourmill",
                "vhost": "/",
                "pattern": QUEUES,
                "apply-to": "queues",
                "priority": 0,
                "definition": {"delivery-limit": -1},
            }
        ],
    }


WRITABLE = rf"{QUEUES}|^amq\.default$"  # amq.default: the exchange through which dead letters go


def write(path: Path, text: str) -> None:
    """Put a file in its place whole, and onto the disk: a server may be made with this password right after.

    Every user may read it, as each server has its own; only containers that mount the volume can.
    """
    unfinished = path.with_suffix(".new")
    with unfinished.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.chmod(0o444)
    unfinished.replace(path)


if __name__ == "__main__":
    make(Path(sys.argv[1]), os.environ.get("POSTGRES_PASSWORD", ""))
