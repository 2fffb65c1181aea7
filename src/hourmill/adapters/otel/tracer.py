"""Spans for OpenTelemetry, sent from a thread of its own."""

from time import time_ns

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

ANSWERS_WITHIN_S = 5
ENDS_WITHIN_MS = 2_000


class OtelTracer:
    """A Tracer. What cannot be sent waits, 2,048 spans at most, then new ones are dropped.

    url  of the collector, for OTLP over HTTP
    """

    def __init__(self, url: str) -> None:
        exporter = OTLPSpanExporter(endpoint=url, timeout=ANSWERS_WITHIN_S)
        self._provider = TracerProvider(resource=Resource({SERVICE_NAME: "hourmill"}), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("hourmill")

    def span(self, name: str, took_s: float, **figures: int) -> None:
        ended_ns = time_ns()
        attributes = {f"hourmill.{figure}": value for figure, value in figures.items()}
        span = self._tracer.start_span(name, start_time=ended_ns - round(took_s * 1e9), attributes=attributes)
        span.end(ended_ns)

    def end(self) -> None:
        """Send what waits, if it can be done soon."""
        self._provider.force_flush(ENDS_WITHIN_MS)
