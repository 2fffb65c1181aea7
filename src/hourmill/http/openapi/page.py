"""The document as a page for people: plain HTML, no script but the one for dark and light."""

from collections.abc import Iterator
from html import escape
from http import HTTPStatus
from json import dumps
from re import sub

from hourmill.http.openapi.document import Json

SCHEMAS = "#/components/schemas/"
HEAD = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <meta name="robots" content="noindex">
  <title>Hourmill: HTTP API</title>
  <link rel="icon" href="assets/VERSION/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="assets/VERSION/css/tokens.css">
  <link rel="stylesheet" href="assets/VERSION/css/page.css">
  <link rel="stylesheet" href="assets/VERSION/css/docs.css">
  <script src="assets/VERSION/js/early.js"></script>
</head>
"""


def html_of(document: Json) -> str:
    """The page."""
    return HEAD + "\n".join(_body(document)) + "\n"


def _body(document: Json) -> Iterator[str]:
    info = document["info"]
    yield '<body class="docs"><a class="skip" href="#routes">Skip to the routes</a>'
    yield f"<header><h1>{escape(info['title'])} <small>HTTP API {escape(info['version'])}</small></h1>"
    yield f"<p>{_text(info['description'])}</p>"
    yield '<p>For programs: <a href="openapi.json">openapi.json</a>. To look at: the <a href="./">dashboard</a>.</p>'
    yield from _contents(document["paths"])
    yield '</header><main id="routes">'
    for tag in document["tags"]:
        yield f"<section><h2>{escape(tag['name'])}</h2>"
        for path, methods in document["paths"].items():
            for method, told in methods.items():
                if tag["name"] in told["tags"]:
                    yield from _operation(method.upper(), path, told)
        yield "</section>"
    yield "<section><h2>Shapes</h2>"
    for name, schema in document["components"]["schemas"].items():
        yield from _shape(name, schema)
    yield "</section></main></body></html>"


def _contents(paths: Json) -> Iterator[str]:
    yield '<nav aria-label="Routes"><ul>'
    for path, methods in paths.items():
        for method, told in methods.items():
            link = f'<a href="#{told["operationId"]}"><code>{escape(path)}</code></a>'
            yield f'<li><span class="method">{method.upper()}</span> {link} {_text(told["summary"])}</li>'
    yield "</ul></nav>"


def _operation(method: str, path: str, told: Json) -> Iterator[str]:
    yield f'<article id="{escape(told["operationId"])}">'
    yield f'<h3><span class="method">{method}</span> <code>{escape(path)}</code></h3>'
    yield f"<p><strong>{_text(told['summary'])}.</strong> {_text(told.get('description', ''))}</p>"
    if told["parameters"]:
        rows = ((_named(one), _kind(one["schema"]), _meaning(one)) for one in told["parameters"])
        yield from _table(("parameter", "", ""), rows)
    if "requestBody" in told:
        schema = told["requestBody"]["content"]["application/json"]["schema"]
        yield f"<p>Takes {_kind(schema)}. {_meaning(schema)}</p>"
    answers = [(int(status), HTTPStatus(int(status)).phrase, one) for status, one in told["responses"].items()]
    for status, phrase, one in answers:
        if status < HTTPStatus.BAD_REQUEST:
            yield f"<p>Answers <code>{status}</code> {phrase}: {_forms(one)}.</p>"
    refused = ", ".join(
        f"<code>{status}</code> {escape(one['description'])}"
        for status, _, one in answers
        if status >= HTTPStatus.BAD_REQUEST
    )
    yield f'<p class="refused">Refuses with a <a href="#Problem">Problem</a>: {refused}.</p>'
    yield "</article>"


def _shape(name: str, schema: Json) -> Iterator[str]:
    yield f'<article id="{escape(name)}"><h3><code>{escape(name)}</code></h3>'
    yield f"<p>{_text(schema.get('description', ''))}</p>"
    needed = schema.get("required", ())
    members = schema.get("properties", {}).items()
    rows = (
        (f"<code>{escape(member)}</code>{'' if member in needed else ' <em>optional</em>'}", _kind(one), _meaning(one))
        for member, one in members
    )
    yield from _table(("member", "", ""), rows)
    yield "</article>"


def _table(headings: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield (
        "<table><thead><tr>"
        + "".join(f'<th scope="col">{heading}</th>' for heading in headings)
        + "</tr></thead><tbody>"
    )
    for first, *others in rows:
        yield f'<tr><th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in others) + "</tr>"
    yield "</tbody></table>"


def _named(parameter: Json) -> str:
    where = " <em>header</em>" if parameter["in"] == "header" else ""
    needed = " <em>required</em>" if parameter.get("required") else ""
    return f"<code>{escape(parameter['name'])}</code>{where}{needed}"


def _forms(told: Json) -> str:
    """An answer, in each form that it has."""
    forms = told.get("content", {}).items()
    return " or ".join(f"{_kind(one['schema'])} <small>{escape(media)}</small>" for media, one in forms) or "nothing"


def _meaning(told: Json) -> str:
    """What a parameter or a member means, with an example."""
    schema = told.get("schema", told)
    examples = [one if isinstance(one, str) else dumps(one) for one in schema.get("examples", ())]
    shown = "".join(f" Like <code>{escape(example)}</code>." for example in examples[:1])
    default = schema.get("default")
    without = f" Without: <code>{escape(str(default))}</code>." if default not in (None, "") else ""
    return _text(told.get("description", "")) + without + shown


def _kind(schema: Json) -> str:
    """What a value is, in a few words."""
    match schema:
        case {"$ref": str(ref)}:
            name = escape(ref.removeprefix(SCHEMAS))
            return f'<a href="#{name}">{name}</a>'
        case {"anyOf": [*kinds]}:
            return " or ".join(map(_kind, kinds))
        case {"enum": [*values]}:
            return " ".join(f"<code>{escape(str(value))}</code>" for value in values)
        case {"type": "array", "items": items}:
            return f"list of {_kind(items)}"
        case {"type": "object", "additionalProperties": dict(inner)} if inner:
            return f"object of {_kind(inner)}"
    return _simple(schema)


def _simple(schema: Json) -> str:
    kind = escape(str(schema.get("format", schema.get("type", "anything"))))
    least, most = schema.get("minimum"), schema.get("maximum")
    if most is not None:
        return f"{kind}, {least} to {most}"
    return f"{kind}, {least} or more" if least is not None else kind


def _text(text: str) -> str:
    return sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
