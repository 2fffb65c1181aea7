"""What is well and what is not of a RabbitMQ, and what to do about it."""

from collections.abc import Iterator, Sequence

from hourmill.core.plural import counted
from hourmill.ports.probe import BrokerFacts, QueuePolicy
from hourmill.services.findings import Finding, fault, skipped, warning, well

SILENT = "it confirms no message, most likely because of a memory or disk alarm: nothing can be accepted"
NO_LIMIT = -1
LOSING = ("message-ttl", "expires")
FILLING = ("max-length", "max-length-bytes")
IDLE = ("overflow", "dead-letter-exchange", "dead-letter-routing-key", "dead-letter-strategy")


def of_broker(facts: BrokerFacts) -> Iterator[Finding]:
    """Judge a RabbitMQ that answers."""
    yield well("RabbitMQ", f"version {facts.version} answers")
    if facts.silent:
        yield fault(
            "RabbitMQ",
            SILENT,
            "Make room on its disk, or give it more memory; `rabbitmq-diagnostics alarms` says which.",
        )
        return
    if facts.refused is not None:
        yield fault("RabbitMQ", f"our user may not make, bind, fill and empty queues: {facts.refused}",
                     "rabbitmqctl set_permissions --vhost VHOST USER '^PREFIX' '^(PREFIX|amq.default)' '^PREFIX', "
                     "with HOURMILL_QUEUE_PREFIX for PREFIX.")  # fmt: skip
        return
    for reason in facts.unusable:
        yield fault("queue", reason, "Drain it, delete it, and let an API process or worker make it again.")
    for difference in facts.differing:
        yield warning("queue", difference, "Once it is empty, delete it; it is then made anew, as the settings say.")
    if facts.delivery_limit is not None:
        yield warning("RabbitMQ", f"a batch that was delivered {facts.delivery_limit} times becomes a dead letter",
                       "Lift the limit by a policy: docs/on-postgresql.md, \"RabbitMQ 3.10 and 4.x\".")  # fmt: skip
    if facts.message_bytes is not None:
        yield warning("RabbitMQ", f"it takes messages of {facts.message_bytes:,} bytes at most: larger batches with a "
                       "key are refused", "Raise max_message_size in rabbitmq.conf, 16777216 will do.")  # fmt: skip
    if facts.missing:
        yield warning("queue", f"{counted(len(facts.missing), 'queue')} not there yet, {facts.missing[0]} among them",
                       "An API process or worker makes them when it connects; start one.")  # fmt: skip
    elif not facts.unusable:
        yield well(
            "queues", f"all {len(facts.waiting)} are there, {counted(sum(facts.waiting.values()), 'message')} ready"
        )
    if facts.dead:
        yield warning("dead letters", f"{counted(facts.dead, 'message')} put aside",
                       "Find out who published them, replay them: docs/operating.md, \"Dead letters\".")  # fmt: skip


def of_policies(policies: Sequence[QueuePolicy]) -> Iterator[Finding]:
    """Judge what is set for our queues past us."""
    set_for: dict[tuple[str, str, object], list[str]] = {}
    for policy in policies:
        for name, value in policy.definition.items():
            set_for.setdefault((policy.name, name, value), []).append(policy.queue)
    findings = [finding for given, queues in set_for.items() for finding in _of_definition(*given, queues)]
    yield from findings or [well("policies", "none of them changes our queues")]


def _of_definition(policy: str, name: str, value: object, queues: Sequence[str]) -> Iterator[Finding]:
    found = f"{policy} sets {name} {value} for {counted(len(queues), 'queue')}, {queues[0]} among them"
    if name in LOSING:
        remedy = "Take it out of the policy, or narrow its pattern so that it leaves out our queues."
        yield fault("policy", f"{found}: accepted views are lost", remedy)
    elif name in FILLING:
        remedy = "Take it out of the policy; HOURMILL_QUEUE_MAX_BYTES says how much a queue holds."
        yield warning("policy", f"{found}: the smaller limit holds", remedy)
    elif name == "delivery-limit" and value != NO_LIMIT:
        yield warning("policy", found, 'Set -1 there, on RabbitMQ 4: docs/on-postgresql.md, "RabbitMQ 3.10 and 4.x".')
    elif name in IDLE:
        yield warning("policy", f"{found}: it has no effect, our queues have their own", "Take it out of the policy.")


def policies_unseen(reason: str) -> Finding:
    """They could not be asked for."""
    remedy = "Set HOURMILL_RABBITMQ_MANAGEMENT_URL to the management API, for a user with the tag `monitoring`."
    return skipped("policies", reason, remedy)
